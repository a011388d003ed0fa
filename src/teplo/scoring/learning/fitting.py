"""Logistic regression with a penalty chosen by cross-validation: the model a table is made to resemble."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold

from teplo.scoring.learning.features import Feature
from teplo.scoring.learning.frames import Bools, Floats
from teplo.scoring.learning.parts import Cut, Rows, columns_of, cut_feature, glance

STRENGTHS = (0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0)
"""Variance allowed to a coefficient: the smaller, the closer to nothing they are drawn."""
Shape = tuple[float, float]
STRAIGHT: Shape = (0.0, 0.0)
FREER: tuple[tuple[Shape, ...], ...] = (((0.4, 0.0), (1.0, 0.0)), ((0.0, 0.4), (0.0, 1.0)))
"""How freely a number's bands between turns, or the bends of its slope, may be used beside the slope."""
_SAMPLE = 5_000
MOST_COLUMNS = 220
MOST_FEATURES = 80
MANY_COLUMNS = 120
TURN = 2.0
"""Log-likelihood a turn of the outcome within a number must bring."""


@dataclass(frozen=True)
class Fit:
    """`coefficients`: the intercept first. `curvature`: of the penalised log-likelihood there."""

    coefficients: Floats
    curvature: Floats


@dataclass(frozen=True)
class Model:
    """The whole model over cut features, before selection and rounding."""

    cuts: list[Cut]
    whose: list[slice]
    coefficients: Floats
    shape: Shape

    def foretell(self, rows: Rows) -> Floats:
        """The log-odds of these rows."""
        return np.asarray(self.coefficients[0] + sum(self.shares(rows), np.zeros(rows.size)))

    def shares(self, rows: Rows) -> list[Floats]:
        """What each feature adds to the log-odds of these rows."""
        return [
            cut.columns(rows, turning=self.shape[0], bending=self.shape[1]) @ self.coefficients[1:][place]
            for cut, place in zip(self.cuts, self.whose, strict=True)
        ]


def fit_model(features: Sequence[Feature], rows: Rows, won: Bools, *, seed: int = 0) -> Model:
    """The model of these rows; its penalty and the freedom of its bands by how well held out people are foretold.

    In each trial the bands are found anew from the people learnt from, or bands that fit by chance would be believed.
    """
    shape, strength = _choose(features, rows, won, seed)
    cuts = cut_features(features, rows, won)
    matrix, whose = columns_of(cuts, rows, turning=shape[0], bending=shape[1])
    return Model(cuts, whose, _coefficients(matrix, won, strength), shape)


def cut_features(features: Sequence[Feature], rows: Rows, won: Bools) -> list[Cut]:
    """All features cut by these rows, the telling ones first, as many as can be weighed together."""
    if len(features) > MOST_FEATURES:
        order = sorted(range(len(features)), key=lambda at: (-glance(features[at], rows, won), at))
        features = [features[at] for at in order[:MOST_FEATURES]]
    cuts = [cut for feature in features if (cut := cut_feature(feature, rows, won, strictness=TURN)) is not None]
    cuts.sort(key=lambda cut: -cut.worth)
    most = min(MOST_COLUMNS, max(20, rows.size // 4))
    taken: list[Cut] = []
    columns = 0
    for cut in cuts:
        columns += (1 + int(cut.turns[-1]) if cut.turns.size else 0) + len(cut.parts) - cut.bands
        if columns > most and taken:
            break
        taken.append(cut)
    return taken


def _choose(features: Sequence[Feature], rows: Rows, won: Bools, seed: int) -> tuple[Shape, float]:
    """Freedom of bands and bends and the penalty with the least log-loss over three folds."""
    if min(won.sum(), (~won).sum()) < 6:
        return STRAIGHT, STRENGTHS[0]
    sample = np.sort(np.random.default_rng(seed).permutation(won.size)[:_SAMPLE])
    rows, won = rows[sample], won[sample]
    folds = [
        (learnt, tested, cut_features(features, rows[learnt], won[learnt]))
        for learnt, tested in StratifiedKFold(3, shuffle=True, random_state=seed).split(np.zeros(won.size), won)
    ]
    options = _losses(folds, rows, won, STRAIGHT)
    for row in FREER:
        for shape in row:
            tried = _losses(folds, rows, won, shape)
            options += tried
            if min(tried)[0] > min(options)[0] + 1.0:
                break  # freer ones would only be worse
    _, strength, shape = min(options)
    return shape, strength


def _losses(
    folds: Sequence[tuple[Rows, Rows, list[Cut]]], rows: Rows, won: Bools, shape: Shape
) -> list[tuple[float, float, Shape]]:
    """The loss under each penalty, from the strictest on, until it only becomes worse."""
    turning, bending = shape
    columns = [
        [columns_of(cuts, rows[some], turning=turning, bending=bending)[0] for some in (learnt, tested)]
        for learnt, tested, cuts in folds
    ]
    options: list[tuple[float, float, Shape]] = []
    many = columns[0][0].shape[1] > MANY_COLUMNS
    found: list[Floats | None] = [None] * len(folds)
    for strength in STRENGTHS[1::2] if many else STRENGTHS:
        loss = 0.0
        for at, ((learnt, tested, _), (known, asked)) in enumerate(zip(folds, columns, strict=True)):
            found[at] = coefficients = _coefficients(known, won[learnt], strength, found[at])
            odds = coefficients[0] + asked @ coefficients[1:]
            loss += float(np.logaddexp(0, np.where(won[tested], -odds, odds)).sum())
        options.append((loss, strength, shape))
        if loss > min(options)[0] + 1.0:
            break
    return options


def _coefficients(matrix: Floats, won: Bools, strength: float, begun: Floats | None = None) -> Floats:
    """The intercept and the coefficients; `begun`: those of a penalty near by, from which it is not far."""
    if not matrix.shape[1]:
        rate = (won.sum() + 0.5) / (won.size + 1)
        return np.array([np.log(rate / (1 - rate))])
    model = LogisticRegression(C=strength, solver="newton-cholesky", max_iter=60, tol=1e-5, warm_start=True)
    if begun is not None:
        model.intercept_, model.coef_ = begun[:1], begun[None, 1:]
    model.fit(matrix, won)
    return np.concatenate([model.intercept_, model.coef_[0]])


def fit_ridge(matrix: Floats, won: Bools, strength: float) -> Fit:
    """The fit with a quadratic penalty on all but the intercept, and its curvature."""
    coefficients = _coefficients(matrix, won, strength)
    return Fit(coefficients, curvature(matrix, coefficients, strength))


def curvature(matrix: Floats, coefficients: Floats, strength: float) -> Floats:
    """The second derivative of the penalised loss: its inverse holds the variances of the coefficients."""
    odds = coefficients[0] + matrix @ coefficients[1:]
    second = weighted_squares(matrix, weights_of(odds))
    size = second.shape[0]
    second[np.arange(1, size), np.arange(1, size)] += 1 / strength
    return second


def weights_of(odds: Floats) -> Floats:
    """How much each person tells of the coefficients: p (1 - p)."""
    chance = 1 / (1 + np.exp(-odds))
    return np.asarray(chance * (1 - chance))


def weighted_squares(matrix: Floats, weights: Floats) -> Floats:
    """X'WX with a column of ones before."""
    weighted = matrix * weights[:, None]
    size = matrix.shape[1] + 1
    second = np.empty((size, size))
    second[0, 0] = weights.sum()
    second[0, 1:] = second[1:, 0] = weighted.sum(axis=0)
    second[1:, 1:] = matrix.T @ weighted
    return second


def ones_of(groups: Sequence[tuple[int, Sequence[int]]], places: Sequence[npt.NDArray[np.int32]], size: int) -> Floats:
    """A column of ones and zeros for each (cut, parts), by the places of people in all cuts."""
    matrix = np.zeros((size, len(groups)), order="F")
    for column, (cut, parts) in enumerate(groups):
        matrix[:, column] = np.isin(places[cut], list(parts))
    return matrix
