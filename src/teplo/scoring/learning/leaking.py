"""The leak guard: columns that hold the answer rather than a sign of it (R20).

Nothing but figures speaks against a column: how well it alone tells the outcomes apart, how much it adds to all the
others together, and whether parts of it are nearly pure. A strong honest column overlaps with the others and has no
pure parts; docs/decisions says which thresholds follow from that.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from teplo.scoring.learning.afterwards import why_afterwards
from teplo.scoring.learning.curves import auc
from teplo.scoring.learning.features import Feature
from teplo.scoring.learning.fitting import fit_ridge
from teplo.scoring.learning.frames import Bools, Floats, Ints, sums
from teplo.scoring.learning.parts import Cut, Rows, columns_of, cut_feature
from teplo.scoring.learning.splitting import fold_pairs
from teplo.scoring.learning.surplus import Surplus, find_surplus

_OF_EACH = 4_000
_PENALTY = 0.3
SUSPICIOUS = 0.62
MOST_SUSPECTS = 14
EASY = 8
"""From so many suspects on, more than half of all columns, the question is taken for an easy one."""
SURPLUS_ALONE, SURPLUS_GAIN, SURPLUS_DECIDES = 0.04, 0.02, 0.75


@dataclass(frozen=True)
class Leak:
    """A column that looks like the answer: the AUC of it alone, and of all the others without and with it.

    `beside`: the column it counts all of and more, where only what it has more holds the answer.
    """

    column: str
    label: str
    why: str
    auc_alone: float
    auc_without: float
    auc_with: float
    beside: str = ""


@dataclass(frozen=True)
class Purity:
    """How pure parts of a column are: filled cells of one outcome, levels of buyers only, parts of others only."""

    filled: bool = False
    buyers: bool = False
    others: float = 0.0
    """The share of all people in the parts where hardly anybody bought though many should have."""
    later: bool = False
    """Many of its dates lie after the moment people are judged at."""


def find_leaks(
    features: Mapping[str, Sequence[Feature]], won: Bools, people: Ints, tell: Callable[[], None]
) -> list[Leak]:
    """Which columns are leaks, the strongest first; `features` by column."""
    pairs = find_surplus(features, won)
    judge = _Judge({**features, **{pair.key: [pair.feature] for pair in pairs}}, won, people)
    alone = {key: judge.area([key]) for key in features}
    tell()
    purity = {key: purity_of(several, won) for key, several in features.items()}
    suspects = [
        key
        for key, of_key in purity.items()
        if alone[key] >= SUSPICIOUS or of_key.filled or of_key.buyers or of_key.later
    ]
    told = {key: why for key, several in features.items() if (why := _told(several, won)) is not None}
    suspects = sorted(set(suspects) - set(told), key=lambda key: (alone[key], key))
    is_easy = len(suspects) >= EASY and 2 * len(suspects) > len(features)
    # So many suspects are no leaks but an easy question; the weakest are believed.
    believed = suspects[: max(0, len(suspects) - MOST_SUSPECTS)] if is_easy else []
    base = [key for key in features if key not in suspects and key not in told] + believed
    caught: dict[str, str] = dict(told)
    without = judge.area(base)
    # From the strongest down, beside honest columns alone: weaker leaks would shelter it. In an easy question upwards.
    waiting = [key for key in suspects if key not in believed]
    for key in waiting if is_easy else reversed(waiting):
        together = judge.area([*base, key])
        why = verdict(alone[key], without, together, purity[key])
        if why:
            caught[key] = why
        else:
            base.append(key)
            without = together
    leaks = []
    for key, why in caught.items():
        together = judge.area([*base, key])
        if is_easy and key not in told and not verdict(alone[key], without, together, purity[key]):
            base.append(key)
            without = judge.area(base)
            continue
        label = features[key][0].told.label
        leaks.append(Leak(key, label, why, round(alone[key], 4), round(without, 4), round(together, 4)))
    leaks += _beside(pairs, features, base, judge)
    return sorted(leaks, key=lambda leak: (-leak.auc_alone, leak.column))


def _beside(
    pairs: Sequence[Surplus], features: Mapping[str, Sequence[Feature]], base: Sequence[str], judge: _Judge
) -> list[Leak]:
    """Columns whose surplus over another tells much more than either of the two: what it counts more came later."""
    honest = list(base)
    leaks = []
    for pair in pairs:
        if pair.more not in honest or pair.less not in honest:
            continue
        alone = judge.area([pair.key])
        if alone < max(judge.area([pair.more]), judge.area([pair.less])) + SURPLUS_ALONE:
            continue
        rest = [key for key in honest if key != pair.more]
        without, together = judge.area(rest), judge.area([*rest, pair.more, pair.key])
        gain = together - without
        if pair.turns and gain >= SURPLUS_GAIN or alone >= SURPLUS_DECIDES and gain >= 3 * SURPLUS_GAIN:
            label, beside = features[pair.more][0].told.label, features[pair.less][0].told.label
            figures = (round(alone, 4), round(without, 4), round(together, 4))
            leaks.append(Leak(pair.more, label, f"{pair.kind}-on", *figures, beside))
            honest = rest
    return leaks


def verdict(alone: float, without: float, together: float, purity: Purity) -> str:
    """Why a column is a leak by its figures; empty when it is none."""
    gain = together - without
    if purity.filled and alone >= 0.6 and gain >= 0.02:
        return "filled-after"
    if purity.later and alone >= 0.6 and gain >= 0.02:
        return "after-moment"
    if purity.buyers and gain >= 0.03:
        return "constant-in-outcome"
    if alone >= 0.97 and gain >= 0.01 or alone >= 0.90 and (gain >= 0.05 or without < 0.80):
        return "decides-alone"
    if gain >= 0.07 and alone >= without + 0.01:
        if alone >= 0.78 and purity.others >= 0.08:
            return "decides-alone"
        if purity.others >= 0.15:
            return "constant-in-outcome"
    return ""


def _told(several: Sequence[Feature], won: Bools) -> str | None:
    """What the history of the column says against it, its shape, and dates that lie after the moment asked of."""
    feature = several[0]
    told = feature.told
    if (told.filled_after_share or 0) >= 0.5:
        return "filled-after"
    if (told.changed_after_share or 0) >= 0.5:
        return "changes-after"
    if _later_share(feature) > 0.5:
        return "after-moment"
    return why_afterwards(several, won) or None


def _later_share(feature: Feature) -> float:
    """How many of a column's dates lie after the moment."""
    if feature.kind != "age" or feature.numbers is None:
        return 0.0
    known = feature.numbers[~np.isnan(feature.numbers)]
    return float((known < 0).mean()) if known.size else 0.0


def purity_of(features: Sequence[Feature], won: Bools) -> Purity:
    """The purity of a column's parts over all rows."""
    rows = np.arange(won.size)
    found = Purity(later=_later_share(features[0]) >= 0.1)
    for feature in features:
        cut = cut_feature(feature, rows, won, strictness=3.0)
        if cut is None:
            continue
        one = _purity_of_cut(cut, rows, won)
        others = max(found.others, one.others)
        found = Purity(found.filled or one.filled, found.buyers or one.buyers, others, found.later)
    return found


def _purity_of_cut(cut: Cut, rows: Rows, won: Bools) -> Purity:
    places = cut.place(rows)
    people = sums(places, np.ones(places.size), len(cut.parts))
    buyers = sums(places, won, len(cut.parts))
    base = won.mean()
    missing = np.array([part.kind == "missing" for part in cut.parts])
    is_filled_pure = False
    if 0.05 * won.size <= people[missing].sum() <= 0.98 * won.size:
        count, good = people[~missing].sum(), buyers[~missing].sum()
        is_filled_pure = _is_pure(good, count * base, 0.01) or _is_pure(count - good, count * (1 - base), 0.01)
    return Purity(is_filled_pure, _has_buyers_only(people, buyers, won), _share_of_others(people, buyers, base))


def _is_pure(seen: float, expected: float, share: float, least: float = 20.0) -> bool:
    return expected >= least and seen <= share * expected


def _has_buyers_only(people: Floats, buyers: Floats, won: Bools) -> bool:
    """A part of buyers only that holds much of all buyers."""
    base = won.mean()
    pure = [
        good
        for count, good in zip(people, buyers, strict=True)
        if _is_pure(count - good, count * (1 - base), 0.02) and good / max(count, 1) >= 0.97
    ]
    return bool(base <= 0.7 and sum(pure) >= 0.2 * won.sum())


def _share_of_others(people: Floats, buyers: Floats, base: float) -> float:
    pure = [count for count, good in zip(people, buyers, strict=True) if _is_pure(good, count * base, 0.02, 25.0)]
    return float(sum(pure) / people.sum())


class _Judge:
    """Cross-validated AUC of any set of columns, on a sample with about as many of each outcome."""

    def __init__(self, features: Mapping[str, Sequence[Feature]], won: Bools, people: Ints) -> None:
        rows = _sample(won)
        self.won = won[rows]
        _, among = np.unique(people[rows], return_inverse=True)
        folds = fold_pairs(self.won, among.astype(np.int32), 3, seed=7)
        self.folds = folds
        self.learnt: list[dict[str, Floats]] = []
        self.tested: list[dict[str, Floats]] = []
        for learnt, tested in folds:
            cuts = {
                key: [
                    cut
                    for feature in several
                    if (cut := cut_feature(feature, rows[learnt], self.won[learnt], strictness=3.0)) is not None
                ]
                for key, several in features.items()
            }
            self.learnt.append({key: columns_of(some, rows[learnt])[0] for key, some in cuts.items()})
            self.tested.append({key: columns_of(some, rows[tested])[0] for key, some in cuts.items()})

    def area(self, keys: Sequence[str]) -> float:
        """The AUC these columns reach together on people not learnt from."""
        areas = []
        for (learnt, tested), known, asked in zip(self.folds, self.learnt, self.tested, strict=True):
            matrix = np.hstack([known[key] for key in keys]) if keys else np.zeros((learnt.size, 0))
            if not matrix.shape[1]:
                areas.append(0.5)
                continue
            fit = fit_ridge(matrix, self.won[learnt], _PENALTY)
            scores = np.hstack([asked[key] for key in keys]) @ fit.coefficients[1:]
            areas.append(auc(scores, self.won[tested]))
        return float(np.mean(areas))


def _sample(won: Bools) -> Rows:
    """At most so many of each outcome: the area does not mind their proportion."""
    rng = np.random.default_rng(11)
    sides = [np.flatnonzero(won), np.flatnonzero(~won)]
    return np.sort(np.concatenate([rng.permutation(side)[:_OF_EACH] for side in sides]))
