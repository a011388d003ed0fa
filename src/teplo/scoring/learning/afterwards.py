"""What gives a column away without any model: its shape, and with that its name.

Three shapes of what is known only afterwards: filled for one outcome only, whatever the share; the day of closing; and
what exists only because the act took place, such as how long a call was (whom one hardly spoke to did not buy).
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from teplo.scoring.learning.curves import auc
from teplo.scoring.learning.features import Feature
from teplo.scoring.learning.frames import Bools, Floats

LEAST_FILLED = 12
BY_CHANCE = 1e-6
"""How unlikely it must be that so many filled cells are of one outcome by chance."""
MOSTLY = 0.99

_CALL = re.compile(
    r"(call|talk|phone|convers|звон|разговор|дзвін|дзвон|розмов)\w*[\W_]*(dur|len|time|sec|min|длит|продолж|трив|врем|час|сек)"
    r"|(dur|len|time|длит|продолж|трив|врем|час)\w*[\W_]*(of[\W_]*)?(the[\W_]*)?(call|talk|convers|звон|разговор|дзвін|розмов)"
    r"|bill[\W_]?sec|talk[\W_]?time",
    re.IGNORECASE,
)
_LENGTH = re.compile(
    r"^[\W_]*(duration|duration[\W_]*(s|sec|seconds|min)|длительность|продолжительность|тривалість)[\W_]*$", re.I
)
_CLOSING = re.compile(
    r"(clos(e|ed|ing)|won|lost|resol(ved|ution)|outcome|convert(ed)?|conversion|paid|payment|purchase[d]?)"
    r"[\W_]*(date|day|time|at|on)\b"
    r"|(date|day)[\W_]*(of[\W_]*)?(clos|won|lost|resol|outcome|conver|paid|payment|purchase)"
    r"|(дата|день)[\W_]*(закрыт|закритт|заверш|выигрыш|проигрыш|отказа|оплат|покупк|продаж|виграш|програш|відмови|придбан)"
    r"|^[\W_]*(закрыта?|закрито|завершена?|оплачена?)[\W_]*(дата|в|о)?[\W_]*$",
    re.IGNORECASE,
)
_PLANNED = re.compile(
    r"expect|plan|target|forecast|estim|ожид|план|прогноз|очік|previous|last|prior|прошл|попередн|мин", re.I
)


def why_afterwards(several: Sequence[Feature], won: Bools) -> str:
    """The code of a leak that the shape of a column shows by itself; empty if it shows none."""
    feature = several[0]
    if len(several) == 1 and is_filled_for_one_outcome(feature, won):
        return "filled-after"
    label = feature.told.label
    if feature.kind in ("day", "age") and _CLOSING.search(label) and not _PLANNED.search(label):
        return "outcome-date"
    if feature.kind == "number" and lasts_as_long_as_the_act(feature, won):
        return "of-the-act"
    return ""


def is_filled_for_one_outcome(feature: Feature, won: Bools) -> bool:
    """Whether the cells that say something (not empty, not nought where most are nought) are of one outcome only."""
    return any(_is_one_sided(filled, won) for filled in _fillings(feature))


def _fillings(feature: Feature) -> list[Bools]:
    """Which rows say something, by each way of saying nothing."""
    empty = feature.levels == 0
    if feature.numbers is not None:
        empty = empty & np.isnan(feature.numbers)
    ways = [~empty] if empty.any() else []
    if feature.numbers is not None and feature.kind == "number":
        nothing = empty | (feature.numbers == 0)
        if nothing.mean() >= 0.3 and (feature.numbers == 0).any():
            ways.append(~nothing)
    return ways


def _is_one_sided(filled: Bools, won: Bools) -> bool:
    """Nearly all of the filled cells are of one outcome, and that is no chance."""
    count = int(filled.sum())
    if count < LEAST_FILLED or count == filled.size:
        return False
    good = int(won[filled].sum())
    base = float(won.mean())
    for seen, expected in ((good, base), (count - good, 1 - base)):
        rest = 1 - won[~filled].mean() if seen == count - good else won[~filled].mean()
        if seen >= MOSTLY * count and expected**seen * (count if seen < count else 1) <= BY_CHANCE and rest < expected:
            return True
    return False


def lasts_as_long_as_the_act(feature: Feature, won: Bools) -> bool:
    """The length of a call: there because it took place, hardly ever nought, and hardly anybody bought in a short one.

    By its name and shape together; an unnamed one is left to the figures.
    """
    label, numbers = feature.told.label, feature.numbers
    of_call, bare = bool(_CALL.search(label)), bool(_LENGTH.search(label))
    if numbers is None or not (of_call or bare):
        return False
    known = ~np.isnan(numbers)
    values, bought = numbers[known], won[known]
    if values.size < 200 or values.min() < 0 or np.unique(values).size < 20 or not 0 < bought.sum() < bought.size:
        return False
    if (values == 0).mean() > 0.2 or values.mean() < 1.1 * np.median(values):
        return False
    alone = auc(values, bought)
    short = _share_of_short(values, bought)
    return alone >= 0.6 and short <= 0.5 if of_call else alone >= 0.68 and short <= 0.2


def _share_of_short(values: Floats, bought: Bools) -> float:
    """How the shortest tenth buys, as a share of how all do."""
    short = values <= np.quantile(values, 0.1)
    return float(bought[short].mean() / bought.mean())
