"""Coefficients as small whole points: the smallest that hardly mix up the order of people."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from teplo.scoring.learning.curves import auc
from teplo.scoring.learning.frames import Bools, Floats

LOSS = 0.0008
LARGEST = (6, 8, 10, 12, 15, 20, 25, 30)
"""Tried as the most points a criterion may give."""
_SAMPLE = 20_000


@dataclass(frozen=True)
class Rounded:
    """Whole points, and how many of them one unit of log-odds is."""

    points: npt.NDArray[np.int64]
    scale: float


def round_points(coefficients: Floats, matrix: Floats, won: Bools) -> Rounded:
    """The points of each column of ones and zeros."""
    greatest = float(np.abs(coefficients).max()) if coefficients.size else 0.0
    if greatest <= 0:
        return Rounded(np.zeros(coefficients.size, dtype=np.int64), 1.0)
    if won.size > _SAMPLE:
        matrix, won = matrix[:_SAMPLE], won[:_SAMPLE]
    whole = auc(matrix @ coefficients, won)
    options = []
    for largest in LARGEST:
        scale = largest / greatest
        points = np.rint(coefficients * scale).astype(np.int64)
        loss = whole - auc(matrix @ points, won)
        if loss <= LOSS and (np.abs(points) > 0).all():
            return Rounded(points, scale)
        options.append((loss > LOSS, loss if loss > LOSS else 0.0, largest, Rounded(points, scale)))
    return min(options, key=lambda option: option[:3])[3]
