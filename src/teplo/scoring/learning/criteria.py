"""A learnt table as criteria with what stands behind each, score bands with their chances, and thresholds."""

from __future__ import annotations

from typing import Any

import numpy as np

from teplo.scoring.learning.banding import find_bands
from teplo.scoring.learning.curves import Z95, won_rate
from teplo.scoring.learning.frames import Bools
from teplo.scoring.learning.saying import condition_of, described
from teplo.scoring.learning.tables import Learned

Json = dict[str, Any]


def criteria_of(learned: Learned, won: Bools) -> list[Json]:
    """The criteria, those of one column together, the weightiest column first."""
    errors = np.sqrt(np.maximum(np.diag(np.linalg.pinv(learned.effects.curvature, hermitian=True)), 0))[1:]
    places = [cut.place(np.arange(won.size)) for cut in learned.cuts]
    said: list[Json] = []
    for group, value, error in zip(learned.groups, learned.values, errors, strict=True):
        cut = learned.cuts[group.cut]
        points = int(learned.points[group.cut][group.parts[0]])
        if not points:
            continue
        within = np.isin(places[group.cut], group.parts)
        told = cut.feature.told
        said.append({
            "name": "", "group": told.group or told.label, "side": told.side,
            "condition": condition_of(cut, group.parts), "points": points,
            "effect": round(float(value), 4), "low": round(float(value - Z95 * error), 4),
            "high": round(float(value + Z95 * error), 4), "people": int(within.sum()),
            "share": round(float(within.mean()), 4), "conversion": round(won_rate(won[within]), 4),
            "column": told.key, "label": told.label, "part": described(cut, group.parts), "order": group.parts[0],
        })  # fmt: skip
    weight: dict[str, int] = {}
    for entry in said:
        weight[entry["column"]] = max(weight.get(entry["column"], 0), abs(entry["points"]))
    said.sort(key=lambda entry: (-weight[entry["column"]], entry["column"], entry["order"]))
    return said


def bands_of(
    learned: Learned, scores: np.ndarray[Any, np.dtype[np.int64]], won: Bools,
    line: tuple[float, float], calibration: tuple[float, float],
) -> list[Json]:  # fmt: skip
    """Bands of the score with the people of each, how many bought, and how many may be expected to of such later on.

    What is expected is calmer than what was seen: the table knows the people it was learnt from too well.
    """
    odds = calibration[0] + calibration[1] * (line[0] + line[1] * scores)
    chance = 1 / (1 + np.exp(-odds))
    cut = find_bands(scores.astype(float), won, trend=1, strictness=1.0)
    edges = [int(np.ceil(edge)) for edge in cut.edges]
    bounds = [None, *edges, None]
    bands = []
    for low, high in zip(bounds, bounds[1:], strict=False):
        within = np.ones(won.size, dtype=bool)
        within &= scores >= low if low is not None else True
        within &= scores < high if high is not None else True
        people = int(within.sum())
        if not people:
            continue
        bands.append({
            "from": low, "to": None if high is None else high - 1, "people": people, "won": int(won[within].sum()),
            "share": round(people / won.size, 4), "expected": round(float(chance[within].mean()), 4),
        })  # fmt: skip
    _close(bands, learned)
    return bands


def _close(bands: list[Json], learned: Learned) -> None:
    """The outermost bands end where no score can lie beyond."""
    lowest = sum(int(min(points.min(), 0)) for points in learned.points)
    highest = sum(int(max(points.max(), 0)) for points in learned.points)
    bands[0]["from"] = min(lowest, bands[0]["to"] if bands[0]["to"] is not None else lowest)
    bands[-1]["to"] = max(highest, bands[-1]["from"])


def thresholds(bands: list[Json], base: float) -> tuple[int, int]:
    """From which score people are warm (likelier than most to buy) and hot (three times the odds, or the best band)."""
    odds = base / max(1 - base, 1e-9)
    of_band = [band["expected"] / max(1 - band["expected"], 1e-9) for band in bands]
    hot = next(
        (band["from"] for band, value in zip(bands, of_band, strict=True) if value >= 3 * odds), bands[-1]["from"]
    )
    warm = next((band["from"] for band, value in zip(bands, of_band, strict=True) if value >= odds), hot)
    return int(min(warm, hot - 1 if warm >= hot and len(bands) > 1 else warm)), int(hot)
