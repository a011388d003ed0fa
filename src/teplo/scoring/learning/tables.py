"""A table learnt from some rows: features cut into parts, points for groups of parts, and the model before rounding."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from teplo.scoring.learning.features import Feature
from teplo.scoring.learning.fitting import Fit, choose_strength, fit_ridge
from teplo.scoring.learning.frames import Bools, Floats
from teplo.scoring.learning.joining import Group, join_parts
from teplo.scoring.learning.parts import Cut, cut_feature, design
from teplo.scoring.learning.rounding import round_points

Rows = npt.NDArray[np.int64]
MOST_PARTS = 220
PART_STRICTNESS = 2.0
STRICTNESS = 2.0


@dataclass
class Learned:
    """`points` and `weights`: for each cut, of each of its parts (rounded, and of the whole model before)."""

    cuts: list[Cut]
    groups: list[Group]
    fit: Fit
    points: list[npt.NDArray[np.int64]]
    weights: list[Floats]
    scale: float

    def score(self, rows: Rows) -> npt.NDArray[np.int64]:
        """The points of each of these rows."""
        total = np.zeros(rows.size, dtype=np.int64)
        for cut, points in zip(self.cuts, self.points, strict=True):
            if points.any():
                total += points[cut.place(rows)]
        return total

    def foretell(self, rows: Rows) -> Floats:
        """What the whole model says of these rows, before selection and rounding."""
        total = np.zeros(rows.size)
        for cut, weights in zip(self.cuts, self.weights, strict=True):
            total += weights[cut.place(rows)]
        return total


def cut_features(
    features: Sequence[Feature], rows: Rows, won: Bools, *, strictness: float = PART_STRICTNESS
) -> list[Cut]:
    """All features cut by these rows, the telling ones first, as many as can be weighed together."""
    cuts = [cut for feature in features if (cut := cut_feature(feature, rows, won, strictness=strictness)) is not None]
    cuts.sort(key=lambda cut: -cut.worth)
    most = min(MOST_PARTS, max(20, rows.size // 4))
    taken: list[Cut] = []
    parts = 0
    for cut in cuts:
        parts += len(cut.parts) - 1
        if parts > most:
            break
        taken.append(cut)
    return taken


def learn_table(features: Sequence[Feature], rows: Rows, won: Bools, *, most: int, seed: int = 0) -> Learned:
    """The table these rows teach: everything, from the cutting to the rounding, is found from them alone."""
    cuts = cut_features(features, rows, won)
    matrix, names = design(cuts, rows)
    strength = choose_strength(matrix, won, seed=seed)
    whole = fit_ridge(matrix, won, strength)
    weights = _by_part(cuts, names, whole.coefficients[1:])
    buyers = int(min(won.sum(), (~won).sum()))
    most = max(3, min(most, buyers // 4))
    joined = join_parts(
        matrix.copy(), names, cuts, won, strength=strength, most=most, strictness=STRICTNESS, first=whole
    )
    grouped = (
        np.column_stack([_column(matrix, names, group) for group in joined.groups]) if joined.groups else matrix[:, :0]
    )
    rounded = round_points(joined.fit.coefficients[1:], grouped, won)
    points = [np.zeros(len(cut.parts), dtype=np.int64) for cut in cuts]
    for group, given in zip(joined.groups, rounded.points, strict=True):
        points[group.cut][list(group.parts)] = given
    return Learned(cuts, joined.groups, joined.fit, points, weights, rounded.scale)


def _column(matrix: Floats, names: Sequence[tuple[int, int]], group: Group) -> Floats:
    return np.asarray(matrix[:, [names.index((group.cut, part)) for part in group.parts]].sum(axis=1))


def _by_part(cuts: Sequence[Cut], names: Sequence[tuple[int, int]], values: Floats) -> list[Floats]:
    weights = [np.zeros(len(cut.parts)) for cut in cuts]
    for (cut, part), value in zip(names, values, strict=True):
        weights[cut][part] = value
    return weights
