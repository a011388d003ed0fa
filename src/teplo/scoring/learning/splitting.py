"""Who is learnt from and who is tested on: never the same person on both sides."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from sklearn.model_selection import StratifiedKFold

from teplo.scoring.learning.frames import Bools, Floats, Ints

Rows = npt.NDArray[np.int64]
LATER_SHARE = 0.3
LEAST_OF_EACH = 15


@dataclass(frozen=True)
class Splits:
    """Pairs (learnt from, tested on). `disjoint`: so many of them in a row test each person once."""

    how: str
    pairs: list[tuple[Rows, Rows]]
    disjoint: int


def make_splits(won: Bools, people: Ints, days: Floats | None) -> Splits:
    """Out of time where there are days to go by and both parts can be judged, else repeated in folds."""
    if days is not None and (split := _by_time(won, days, people)) is not None:
        return Splits("out-of-time", [split], 1)
    folds, rounds = _how_many(won)
    pairs: list[tuple[Rows, Rows]] = []
    for seed in range(rounds):
        pairs += fold_pairs(won, people, folds, seed)
    return Splits("repeated-split", pairs, folds)


def _how_many(won: Bools) -> tuple[int, int]:
    if won.size > 20_000:
        return 3, 1
    return (5, 1) if won.size > 6_000 else (5, 2) if won.size > 2_000 else (5, 4)


def fold_pairs(won: Bools, people: Ints, folds: int, seed: int) -> list[tuple[Rows, Rows]]:
    """Folds with as many buyers in each; the rows of one person stay together."""
    count = int(people.max()) + 1
    bought = np.zeros(count, dtype=bool)
    np.logical_or.at(bought, people, won)
    shuffled = StratifiedKFold(folds, shuffle=True, random_state=seed)
    pairs = []
    for _, tested in shuffled.split(np.zeros(count), bought):
        is_tested = np.zeros(count, dtype=bool)
        is_tested[tested] = True
        rows = is_tested[people]
        pairs.append((np.flatnonzero(~rows), np.flatnonzero(rows)))
    return pairs


def _by_time(won: Bools, days: Floats, people: Ints) -> tuple[Rows, Rows] | None:
    """The last part of the time against all before; who stands in both is only learnt from."""
    dated = ~np.isnan(days)
    if dated.mean() < 0.9:
        return None
    border = np.quantile(days[dated], 1 - LATER_SHARE)
    earlier = ~dated | (days < border)
    known = np.zeros(int(people.max()) + 1, dtype=bool)
    known[people[earlier]] = True
    later = ~earlier & ~known[people]
    for rows in (earlier, later):
        if min(int(won[rows].sum()), int((~won[rows]).sum())) < LEAST_OF_EACH:
            return None
    return np.flatnonzero(earlier), np.flatnonzero(later)
