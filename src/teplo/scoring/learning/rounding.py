"""Log-odds as small whole points: the smallest that hardly mix up the order of people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from teplo.scoring.learning.frames import Floats

LOSS = 0.0006
LARGEST = (6, 8, 10, 12, 15, 20, 25, 30)
"""Tried as the most points a criterion may give."""
_SAMPLE = 20_000
Points = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Rounded:
    """Whole points, and how many of them one unit of log-odds is."""

    points: Points
    scale: float


def round_points(values: Floats, matrix: Floats, odds: Floats, spread: Floats, cuts: Sequence[int]) -> Rounded:
    """The points of each column of ones and zeros, whose log-odds are `values`.

    `odds`: what the whole table says of each row before rounding; `spread`: the weighted covariance of the columns;
    `cuts`: to which feature each column belongs: within one the order of points is that of the values.
    """
    greatest = float(np.abs(values).max()) if values.size else 0.0
    if greatest <= 0:
        return Rounded(np.zeros(values.size, dtype=np.int64), 1.0)
    matrix, odds = matrix[:_SAMPLE], odds[:_SAMPLE]
    chance = 1 / (1 + np.exp(-odds))
    whole = expected_auc(matrix @ values, chance)
    options = []
    for largest in LARGEST:
        scale = largest / greatest
        points = _improved(np.rint(values * scale).astype(np.int64), values, spread, np.array(cuts), largest)
        loss = whole - expected_auc((matrix @ points).astype(float), chance)
        if loss <= LOSS:
            return Rounded(points, scale)
        options.append((loss, largest, Rounded(points, scale)))
    return min(options, key=lambda option: option[:2])[2]


def expected_auc(scores: Floats, chance: Floats) -> float:
    """The AUC of scores where each row buys with its chance: what rounding costs, without the luck of who did buy."""
    order = np.argsort(scores, kind="stable")
    _, starts = np.unique(scores[order], return_index=True)
    good = np.add.reduceat(chance[order], starts)
    bad = np.add.reduceat(1 - chance[order], starts)
    below = np.cumsum(bad) - bad
    return float((good * (below + bad / 2)).sum() / (good.sum() * bad.sum()))


def _improved(points: Points, values: Floats, spread: Floats, cuts: Points, largest: int) -> Points:
    """Points moved by one, each while the table goes better with the log-odds for it."""
    if not points.any():
        return points
    wanted = spread @ values
    likeness = _likeness(points, wanted, spread)
    for _ in range(20):
        moved = False
        for at in np.argsort(-np.abs(values)):
            for step in (1, -1):
                tried = points.copy()
                tried[at] += step
                if abs(tried[at]) > largest or not _is_in_order(tried, values, cuts, int(at)):
                    continue
                reached = _likeness(tried, wanted, spread)
                if reached > likeness + 1e-9:
                    points, likeness, moved = tried, reached, True
        if not moved:
            break
    return points


def _likeness(points: Points, wanted: Floats, spread: Floats) -> float:
    """The squared correlation with the log-odds, but for a constant; the scale of points does not matter to it."""
    return float((points @ wanted) ** 2 / max(float(points @ spread @ points), 1e-12))


def _is_in_order(points: Points, values: Floats, cuts: Points, at: int) -> bool:
    """Whether this column's points keep their sign and their place among those of its feature."""
    if points[at] * values[at] < 0:
        return False
    same = cuts == cuts[at]
    return bool((((points[same] - points[at]) * (values[same] - values[at])) >= 0).all())
