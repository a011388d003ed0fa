"""How well numbers tell outcomes apart: the area under the curve (AUC) and how sure it is (DeLong)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy.stats import rankdata

from teplo.scoring.learning.frames import Bools, Floats

Z95, Z99 = 1.959964, 2.575829


def auc(scores: npt.ArrayLike, won: Bools) -> float:
    """The chance that a buyer scores higher than one who is none, ties halved; 0.5 where one side is empty."""
    ranks = rankdata(scores)
    good = int(won.sum())
    bad = won.size - good
    if not good or not bad:
        return 0.5
    return float((ranks[won].sum() - good * (good + 1) / 2) / (good * bad))


def auc_variance(scores: npt.ArrayLike, won: Bools) -> float:
    """The variance of that area, by the method of DeLong."""
    values = np.asarray(scores, dtype=float)
    good, bad = values[won], values[~won]
    if good.size < 2 or bad.size < 2:
        return 0.25
    ranks = rankdata(values)
    above = (ranks[won] - rankdata(good)) / bad.size
    below = 1 - (ranks[~won] - rankdata(bad)) / good.size
    return float(above.var(ddof=1) / good.size + below.var(ddof=1) / bad.size)


def over_splits(areas: Sequence[float], variances: Sequence[float], *, disjoint: int) -> tuple[float, float]:
    """The mean area over splits and its standard error. `disjoint`: so many splits share no tested person; further
    rounds test the same people again and make nothing surer."""
    return float(np.mean(areas)), float(np.sqrt(np.mean(variances) / disjoint))


def interval(value: float, error: float, z: float = Z95) -> list[float]:
    """The area with its bounds, rounded for reading."""
    return [round(value, 4), round(max(0.0, value - z * error), 4), round(min(1.0, value + z * error), 4)]


def won_rate(won: Bools) -> float:
    return float(won.mean()) if won.size else 0.0


def log_odds(shares: Floats) -> Floats:
    """ln(p / (1 - p)), kept finite."""
    clipped = np.clip(shares, 1e-6, 1 - 1e-6)
    return np.asarray(np.log(clipped / (1 - clipped)))
