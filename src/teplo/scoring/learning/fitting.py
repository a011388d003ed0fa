"""Logistic regression over parts of features, with a penalty chosen by cross-validation."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold

from teplo.scoring.learning.frames import Bools, Floats

STRENGTHS = (0.01, 0.03, 0.1, 0.3, 1.0, 3.0)
"""Variance allowed to a coefficient: the smaller, the closer to nothing they are drawn."""
_SAMPLE = 6_000


@dataclass(frozen=True)
class Fit:
    """`coefficients`: the intercept first. `curvature`: of the penalised log-likelihood there."""

    coefficients: Floats
    curvature: Floats


def choose_strength(matrix: Floats, won: Bools, *, seed: int = 0) -> float:
    """The penalty under which people not learnt from are foretold best (log-loss, three folds)."""
    if won.size > _SAMPLE:
        rows = np.random.default_rng(seed).permutation(won.size)[:_SAMPLE]
        matrix, won = matrix[rows], won[rows]
    if min(won.sum(), (~won).sum()) < 6 or not matrix.shape[1]:
        return 0.3
    folds = list(StratifiedKFold(3, shuffle=True, random_state=seed).split(matrix, won))
    losses = [sum(_loss(matrix, won, learnt, tested, strength) for learnt, tested in folds) for strength in STRENGTHS]
    return STRENGTHS[int(np.argmin(losses))]


def _loss(
    matrix: Floats, won: Bools, learnt: npt.NDArray[np.int64], tested: npt.NDArray[np.int64], strength: float
) -> float:
    fit = fit_ridge(matrix[learnt], won[learnt], strength)
    odds = fit.coefficients[0] + matrix[tested] @ fit.coefficients[1:]
    return float(np.logaddexp(0, np.where(won[tested], -odds, odds)).sum())


def fit_ridge(matrix: Floats, won: Bools, strength: float) -> Fit:
    """The fit with a quadratic penalty on all but the intercept."""
    if not matrix.shape[1]:
        rate = (won.sum() + 0.5) / (won.size + 1)
        return Fit(np.array([np.log(rate / (1 - rate))]), np.array([[won.size * rate * (1 - rate)]]))
    model = LogisticRegression(C=strength, solver="newton-cholesky", max_iter=60, tol=1e-5)
    model.fit(matrix, won)
    coefficients = np.concatenate([model.intercept_, model.coef_[0]])
    return Fit(coefficients, curvature(matrix, coefficients, strength))


def curvature(matrix: Floats, coefficients: Floats, strength: float) -> Floats:
    """The second derivative of the penalised loss: its inverse holds the variances of the coefficients."""
    odds = coefficients[0] + matrix @ coefficients[1:]
    chance = 1 / (1 + np.exp(-odds))
    weight = chance * (1 - chance)
    weighted = matrix * weight[:, None]
    size = matrix.shape[1] + 1
    second = np.empty((size, size))
    second[0, 0] = weight.sum()
    second[0, 1:] = second[1:, 0] = weighted.sum(axis=0)
    second[1:, 1:] = matrix.T @ weighted
    second[np.arange(1, size), np.arange(1, size)] += 1 / strength
    return second
