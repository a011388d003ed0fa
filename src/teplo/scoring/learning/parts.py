"""A feature cut into parts: bands of its numbers, its usual levels, "other" and "missing". One of them gets no points."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from teplo.scoring.learning.banding import SPANS, find_bands, plain_edges
from teplo.scoring.learning.features import LONGEST_LEVEL, Feature
from teplo.scoring.learning.frames import Bools, Floats, Ints

MOST_LEVELS = 40
Rows = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Part:
    """A band [low, high), a level, "missing" or "other"."""

    kind: str
    low: float | None = None
    high: float | None = None
    level: int = 0


@dataclass(frozen=True)
class Cut:
    """A feature cut into parts; `resting` is the part without points."""

    feature: Feature
    edges: Floats
    parts: tuple[Part, ...]
    place_of_level: Ints
    resting: int
    trend: int
    worth: float
    """Log-likelihood this feature alone brings on the rows it was cut by."""

    def place(self, rows: Rows) -> Ints:
        """The part each of these rows is in."""
        places = self.place_of_level[self.feature.levels[rows]]
        if self.feature.numbers is None:
            return places
        numbers = self.feature.numbers[rows]
        is_number = ~np.isnan(numbers)
        places[is_number] = np.searchsorted(self.edges, numbers[is_number], side="right")
        return places

    def follows(self, one: int, two: int) -> bool:
        """Whether two parts may be said as one: neighbouring bands, or any two levels."""
        bands = sum(part.kind == "band" for part in self.parts)
        if one < bands and two < bands:
            return abs(one - two) == 1
        return one >= bands and two >= bands


def cut_feature(feature: Feature, rows: Rows, won: Bools, *, strictness: float) -> Cut | None:
    """The parts of a feature by some rows and their outcomes; None where there is nothing to tell apart."""
    least = max(10.0, 0.003 * rows.size)
    levels = feature.levels[rows]
    numbers = feature.numbers[rows] if feature.numbers is not None else None
    is_number = ~np.isnan(numbers) if numbers is not None else np.zeros(rows.size, dtype=bool)
    edges, trend = np.zeros(0), 0
    parts: list[Part] = []
    if numbers is not None and is_number.any():
        edges, trend = _bands(feature, numbers[is_number], won[is_number], strictness)
        bounds = [None, *map(float, edges), None]
        parts = [Part("band", low, high) for low, high in zip(bounds, bounds[1:], strict=False)]
    counts = np.bincount(levels[~is_number], minlength=len(feature.names))
    place_of_level = np.full(len(feature.names), -1, dtype=np.int32)
    for level in _usual(counts, feature.names, least):
        place_of_level[level] = len(parts)
        parts.append(Part("level", level=level) if level else Part("missing"))
    if (place_of_level < 0).any():
        place_of_level[place_of_level < 0] = len(parts)
        parts.append(Part("other"))
    cut = Cut(feature, edges, tuple(parts), place_of_level, 0, trend, 0.0)
    people = np.bincount(cut.place(rows), minlength=len(parts)).astype(float)
    if np.count_nonzero(people) < 2:
        return None
    buyers = np.bincount(cut.place(rows), weights=won, minlength=len(parts))
    return Cut(
        feature, edges, tuple(parts), place_of_level, _resting(feature, parts, people), trend, _worth(people, buyers)
    )


def _bands(feature: Feature, numbers: Floats, won: Bools, strictness: float) -> tuple[Floats, int]:
    spans = np.array(SPANS) if feature.kind == "recency" else None
    bands = find_bands(numbers, won, trend=feature.trend, edges=spans, strictness=strictness)
    if not bands.edges.size and feature.trend is None:
        return plain_edges(numbers), 0
    return bands.edges, bands.trend


def _usual(counts: npt.NDArray[np.int64], names: Sequence[str], least: float) -> list[int]:
    """Levels many enough to be judged, the most usual first; the rest are "other"."""
    order = sorted(range(len(names)), key=lambda level: (-counts[level], level))
    usual = [level for level in order if counts[level] >= least and len(names[level]) <= LONGEST_LEVEL]
    return usual[:MOST_LEVELS]


def _resting(feature: Feature, parts: Sequence[Part], people: Floats) -> int:
    kinds = [part.kind for part in parts]
    if feature.resting == "lowest" and "band" in kinds:
        return 0
    if feature.resting == "missing" and "missing" in kinds:
        return kinds.index("missing")
    # Whoever is none of those named must stand among those without points, or he would be named by what he is not.
    if "other" in kinds and people[kinds.index("other")] > 0 and "band" not in kinds:
        return kinds.index("other")
    wanted = "band" if "band" in kinds else "level" if "level" in kinds else "missing"
    return max((at for at, kind in enumerate(kinds) if kind == wanted), key=lambda at: (people[at], -at))


def _worth(people: Floats, buyers: Floats) -> float:
    base = buyers.sum() / people.sum()
    rate = (buyers + base) / (people + 1.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        worth = buyers * np.log(rate / base) + (people - buyers) * np.log((1 - rate) / (1 - base))
    return float(np.nansum(worth) - 0.5 * np.log(people.sum()) * (np.count_nonzero(people) - 1) * 0.5)


def design(cuts: Sequence[Cut], rows: Rows) -> tuple[Floats, list[tuple[int, int]]]:
    """Ones and zeros, a column for each part but the resting ones, and which (cut, part) each column is."""
    names = [(at, part) for at, cut in enumerate(cuts) for part in range(len(cut.parts)) if part != cut.resting]
    matrix = np.zeros((rows.size, len(names)), order="F")
    column = 0
    for cut in cuts:
        places = cut.place(rows)
        for part in range(len(cut.parts)):
            if part != cut.resting:
                matrix[:, column] = places == part
                column += 1
    return matrix, names
