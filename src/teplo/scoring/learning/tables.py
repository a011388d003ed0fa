"""A table learnt from some rows: a model of all features, and points for few groups of parts that resemble it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from teplo.scoring.learning.features import Feature
from teplo.scoring.learning.fitting import Fit, Model, fit_model, fit_ridge, ones_of
from teplo.scoring.learning.frames import Bools, Floats
from teplo.scoring.learning.joining import Group, join_parts
from teplo.scoring.learning.parts import Cut, Rows
from teplo.scoring.learning.rounding import round_points

STRICTNESS = 0.03
MOST_ROWS = 60_000
"""So many people are learnt from; all the others are still counted in what is said of criteria and bands."""
EFFECT_STRENGTH = 10.0


@dataclass
class Learned:
    """`points`: of each cut, of each of its parts. `values`: the log-odds of each group, of which points are made;
    `effects`: a fit of the groups to the outcomes, for how sure those are."""

    cuts: list[Cut]
    groups: list[Group]
    effects: Fit
    values: Floats
    points: list[npt.NDArray[np.int64]]
    model: Model
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
        return self.model.foretell(rows)


def learn_table(features: Sequence[Feature], rows: Rows, won: Bools, *, most: int, seed: int = 0) -> Learned:
    """The table these rows teach: everything, from the cutting to the rounding, is found from them alone."""
    seen = _enough(won, seed)
    model = fit_model(features, rows[seen], won[seen], seed=seed)
    places = [cut.place(rows[seen]) for cut in model.cuts]
    buyers = int(min(won.sum(), (~won).sum()))
    joined = join_parts(model, rows[seen], places, most=max(3, min(most, buyers // 3)), strictness=STRICTNESS)
    ones = ones_of([(group.cut, group.parts) for group in joined.groups], places, seen.size)
    odds = joined.constant + ones @ joined.values
    rounded = round_points(joined.values, ones, odds, joined.spread, [group.cut for group in joined.groups])
    points = [np.zeros(len(cut.parts), dtype=np.int64) for cut in model.cuts]
    for group, given in zip(joined.groups, rounded.points, strict=True):
        points[group.cut][list(group.parts)] = given
    effects = fit_ridge(ones, won[seen], EFFECT_STRENGTH)
    return Learned(model.cuts, joined.groups, effects, joined.values, points, model, rounded.scale)


def _enough(won: Bools, seed: int) -> Rows:
    """All, or of very many so many that more would teach nothing: the rarer outcome whole, as far as there is room."""
    if won.size <= MOST_ROWS:
        return np.arange(won.size)
    rng = np.random.default_rng(seed)
    few, many = sorted((np.flatnonzero(won), np.flatnonzero(~won)), key=len)
    few = rng.permutation(few)[: MOST_ROWS // 2]
    return np.sort(np.concatenate([few, rng.permutation(many)[: MOST_ROWS - few.size]]))
