"""Columns that count all that another counts, and more: what they have more may hold the answer.

All touches beside touches in the first month, the day a deal was closed beside the day it was opened: each column alone
is honest enough, but what lies between them happened later, perhaps after the outcome.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.stats import rankdata

from teplo.scoring.learning.banding import best_gains
from teplo.scoring.learning.features import Feature
from teplo.scoring.learning.frames import Bools, Floats

LIKENESS = 0.6
_NEVER_LESS = 0.995
_LEAST_MORE, _LEAST_KNOWN = 0.1, 0.3
_LOOKED_AT = 20_000
_LEAST_ROWS = 200
MOST_PAIRS = 12


@dataclass(frozen=True)
class Surplus:
    """`more` counts all of `less` and more; `feature` is the difference, `turns`: it goes up with the outcome and then
    down, or down and then up. `kind`: of counts or of days."""

    more: str
    less: str
    feature: Feature
    turns: bool
    kind: str

    @property
    def key(self) -> str:
        """A name for the difference that no column has."""
        return f"{self.more}\0{self.less}"


def find_surplus(features: Mapping[str, Sequence[Feature]], won: Bools) -> list[Surplus]:
    """Pairs of columns of which one is never less than the other and goes along with it, the most alike first."""
    rows = np.arange(won.size)
    if won.size > _LOOKED_AT:
        rows = np.sort(np.random.default_rng(5).permutation(won.size)[:_LOOKED_AT])
    comparable = {key: told for key, several in features.items() if (told := _counted(several)) is not None}
    found = []
    for more, less in _pairs(comparable):
        if features[more][0].told.known_at == "before":
            continue  # its history says so: nothing of it came later
        likeness = _likeness(comparable[more][1][rows], comparable[less][1][rows])
        if likeness >= LIKENESS:
            found.append((-likeness, more, less))
    return [
        _surplus(features[more][0], more, less, comparable[more][1] - comparable[less][1], won)
        for _, more, less in sorted(found)[:MOST_PAIRS]
    ]


def _counted(several: Sequence[Feature]) -> tuple[str, Floats] | None:
    """A column of counts or of days as numbers that grow with time; None for anything else."""
    feature = several[0]
    if len(several) != 1 or feature.numbers is None:
        return None
    if feature.kind in ("day", "age"):
        return "day", feature.numbers if feature.kind == "day" else -feature.numbers
    known = feature.numbers[~np.isnan(feature.numbers)]
    if feature.kind not in ("number", "times") or not known.size or known.min() < 0 or (known != np.floor(known)).any():
        return None
    return "count", feature.numbers


def _pairs(comparable: Mapping[str, tuple[str, Floats]]) -> Iterator[tuple[str, str]]:
    for more, (kind, _) in comparable.items():
        yield from ((more, less) for less, (other, _) in comparable.items() if less != more and other == kind)


def _likeness(more: Floats, less: Floats) -> float:
    """The correlation of ranks where one is never less than the other and often more, else 0."""
    known = ~np.isnan(more) & ~np.isnan(less)
    if known.sum() < max(_LEAST_ROWS, _LEAST_KNOWN * known.size):
        return 0.0
    above = more[known] - less[known]
    if (above >= 0).mean() < _NEVER_LESS or (above > 0).mean() < _LEAST_MORE or above.std() == 0:
        return 0.0
    one, two = rankdata(more[known]), rankdata(less[known])
    return float(np.corrcoef(one, two)[0, 1]) if one.std() and two.std() else 0.0


def _surplus(feature: Feature, more: str, less: str, above: Floats, won: Bools) -> Surplus:
    known = ~np.isnan(above)
    levels = np.zeros(above.size, dtype=np.int32)
    of_both = replace(feature, numbers=above, levels=levels, names=[""], kind="number", trend=None, resting="")
    free, ordered = best_gains(above[known], won[known])
    kind = "days" if feature.kind in ("day", "age") else "counts"
    return Surplus(more, less, of_both, free - ordered >= 10 and ordered <= 0.75 * free, kind)
