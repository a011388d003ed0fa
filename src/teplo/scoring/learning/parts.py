"""A feature cut into parts: bands of its numbers, its usual levels, "other" and "missing"; one of them gets no points.

Bands are fine at first: where outcomes turn, and at even steps between. How many of them stay is decided later.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from teplo.scoring.learning.banding import SPANS, find_bands, fine_edges
from teplo.scoring.learning.features import LONGEST_LEVEL, Feature
from teplo.scoring.learning.frames import Bools, Floats, Ints, sums

MOST_LEVELS = 40
FEWEST = 15.0
FEW_STEPS = np.arange(1, 12) / 12
MANY_STEPS = np.array([0.02, *np.arange(1, 20) / 20, 0.98])
"""Of how many people a band ends: the tails are where curves are steep."""
MANY = 1_500
KNOTS = (0.01, 0.1, 0.3, 0.5, 0.7, 0.9, 0.99)
_BENT = 2.0
Rows = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Part:
    """A band [low, high), a level, "missing" or "other"."""

    kind: str
    low: float | None = None
    high: float | None = None
    level: int = 0


@dataclass(frozen=True)
class Slope:
    """A number as a straight column about 0 with spread 1: itself without its outliers, or (with a grid) its rank."""

    low: float
    high: float
    middle: float
    spread: float
    grid: Floats | None
    knots: Floats

    @classmethod
    def of(cls, numbers: Floats, won: Bools) -> Slope:
        """As these numbers are spread; whichever of the two goes better with the outcome."""
        low, high = (float(value) for value in np.quantile(numbers, (0.01, 0.99)))
        clipped = np.clip(numbers, low, high)
        knots = np.unique(np.quantile(numbers, KNOTS))
        itself = cls(low, high, float(clipped.mean()), float(clipped.std()) or 1.0, None, knots)
        rank = cls(low, high, 0.0, 1.0, np.quantile(numbers, np.linspace(0, 1, 101)), knots)
        apart = won - won.mean()
        return itself if abs(itself.column(numbers) @ apart) >= abs(rank.column(numbers) @ apart) else rank

    def column(self, numbers: Floats) -> Floats:
        """The column."""
        if self.grid is None:
            return np.asarray((np.clip(numbers, self.low, self.high) - self.middle) / self.spread)
        below = np.searchsorted(self.grid, numbers, side="left") + np.searchsorted(self.grid, numbers, side="right")
        return np.asarray((below / 2 / self.grid.size - 0.5) * 3.46)

    def bends(self, numbers: Floats) -> Floats:
        """Columns that let the line bend at the knots: each is 1 at its knot and falls to 0 at the next ones."""
        if self.knots.size < 4:
            return np.zeros((numbers.size, 0))
        peaks = np.eye(self.knots.size)
        columns = [np.interp(numbers, self.knots, peak) for peak in peaks]
        return np.column_stack(columns) * _BENT


@dataclass(frozen=True)
class Cut:
    """A feature cut into parts; `resting` is the part without points.

    `turns`: of each band, which of the wider bands between turns of the outcome it lies in. `worth`: the log-likelihood
    this feature brings alone on the rows it was cut by.
    """

    feature: Feature
    edges: Floats
    parts: tuple[Part, ...]
    place_of_level: Ints
    turns: Ints
    slope: Slope | None
    trend: int
    resting: int = 0
    worth: float = 0.0

    def place(self, rows: Rows) -> Ints:
        """The part each of these rows is in."""
        places = self.place_of_level[self.feature.levels[rows]]
        if self.feature.numbers is None:
            return places
        numbers = self.feature.numbers[rows]
        is_number = ~np.isnan(numbers)
        places[is_number] = np.searchsorted(self.edges, numbers[is_number], side="right")
        return places

    @property
    def kinds(self) -> list[str]:
        return [part.kind for part in self.parts]

    @property
    def bands(self) -> int:
        """How many parts are bands; they stand first."""
        return self.kinds.count("band")

    def columns(self, rows: Rows, *, turning: float = 1.0, bending: float = 0.0) -> Floats:
        """The feature as columns for a model: a slope of its numbers, bends of it and ones for the bands between turns
        (`bending`, `turning`: how freely those may be used beside the slope), ones for each level and for missing."""
        places = self.place(rows)
        blocks = []
        if self.slope is not None and self.feature.numbers is not None:
            numbers = self.feature.numbers[rows]
            is_number = ~np.isnan(numbers)
            straight = np.zeros((rows.size, 1))
            straight[is_number, 0] = self.slope.column(numbers[is_number])
            blocks.append(straight)
            if bending:
                bends = self.slope.bends(numbers[is_number])
                bent = np.zeros((rows.size, bends.shape[1]))
                bent[is_number] = bends * bending
                blocks.append(bent)
            if turning and self.turns.size and self.turns[-1] > 0:
                wide = np.where(places < self.bands, self.turns[np.minimum(places, self.bands - 1)], -1)
                blocks.append((wide[:, None] == np.arange(self.turns[-1] + 1)) * turning)
        levels = [part for part in range(self.bands, len(self.parts)) if part != self.resting]
        if levels:
            blocks.append((places[:, None] == np.array(levels)).astype(float))
        return np.hstack(blocks) if blocks else np.zeros((rows.size, 0))


def cut_feature(feature: Feature, rows: Rows, won: Bools, *, strictness: float) -> Cut | None:
    """The parts of a feature by some rows and their outcomes; None where there is nothing to tell apart."""
    least = max(FEWEST, 0.003 * rows.size)
    levels = feature.levels[rows]
    numbers = feature.numbers[rows] if feature.numbers is not None else None
    is_number = ~np.isnan(numbers) if numbers is not None else np.zeros(rows.size, dtype=bool)
    edges, turns, trend, slope = np.zeros(0), np.zeros(0, dtype=np.int32), 0, None
    parts: list[Part] = []
    if numbers is not None and is_number.any():
        edges, turns, trend = _bands(feature, numbers[is_number], won[is_number], strictness)
        slope = Slope.of(numbers[is_number], won[is_number])
        bounds = [None, *map(float, edges), None]
        parts = [Part("band", low, high) for low, high in zip(bounds, bounds[1:], strict=False)]
    place_of_level = np.full(len(feature.names), -1, dtype=np.int32)
    for level in _usual(np.bincount(levels[~is_number], minlength=len(feature.names)), feature.names, least):
        place_of_level[level] = len(parts)
        parts.append(Part("level", level=level) if level else Part("missing"))
    if (place_of_level < 0).any():
        place_of_level[place_of_level < 0] = len(parts)
        parts.append(Part("other"))
    cut = Cut(feature, edges, tuple(parts), place_of_level, turns, slope, trend)
    places = cut.place(rows)
    people = sums(places, np.ones(places.size), len(parts))
    if np.count_nonzero(people) < 2:
        return None
    buyers = sums(places, won, len(parts))
    return replace(cut, resting=_resting(feature, parts, people), worth=_worth(cut, people, buyers))


def _bands(feature: Feature, numbers: Floats, won: Bools, strictness: float) -> tuple[Floats, Ints, int]:
    """All edges, the wide band of each band, and the trend."""
    spans = np.array(SPANS) if feature.kind == "recency" else None
    found = find_bands(numbers, won, trend=feature.trend, edges=spans, strictness=strictness)
    if spans is not None:
        even = spans[(spans > numbers.min()) & (spans <= numbers.max())]
    else:
        fine = fine_edges(numbers)
        even = _even(numbers, fine)
    edges = np.unique(np.concatenate([found.edges, even]))
    turns = np.searchsorted(found.edges, np.concatenate([[-np.inf], edges]), side="right").astype(np.int32)
    return edges, turns, found.trend


def _even(numbers: Floats, fine: Floats) -> Floats:
    """Edges at even shares of people, the nearest of the fine ones or, in the tails, round numbers of their own."""
    if not fine.size:
        return fine
    steps = MANY_STEPS if numbers.size >= MANY else FEW_STEPS
    nearest = np.unique([int(np.argmin(np.abs(fine - value))) for value in np.quantile(numbers, steps)])
    return np.asarray(fine[nearest])


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


def glance(feature: Feature, rows: Rows, won: Bools) -> float:
    """About how much a feature alone may bring: enough to pass over the idle ones of very many."""
    places = feature.levels[rows].astype(np.int64)
    if feature.numbers is not None:
        numbers = feature.numbers[rows]
        is_number = ~np.isnan(numbers)
        if is_number.any():
            steps = np.unique(np.quantile(numbers[is_number], (0.2, 0.4, 0.6, 0.8)))
            places[is_number] = len(feature.names) + np.searchsorted(steps, numbers[is_number], side="left")
    return _gain(sums(places, np.ones(places.size)), sums(places, won))


def _worth(cut: Cut, people: Floats, buyers: Floats) -> float:
    """By the wide bands and the levels."""
    wide = cut.turns[-1] + 1 if cut.turns.size else 0
    place = np.concatenate([cut.turns, wide + np.arange(len(cut.parts) - cut.bands)]).astype(int)
    return _gain(sums(place, people), sums(place, buyers))


def _gain(people: Floats, buyers: Floats) -> float:
    """The log-likelihood parts bring against the whole, less what as many bring by chance."""
    base = buyers.sum() / people.sum()
    rate = (buyers + base) / (people + 1.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        worth = buyers * np.log(rate / base) + (people - buyers) * np.log((1 - rate) / (1 - base))
    return float(np.nansum(worth) - 1.5 * (np.count_nonzero(people) - 1))


def columns_of(
    cuts: Sequence[Cut], rows: Rows, *, turning: float = 1.0, bending: float = 0.0
) -> tuple[Floats, list[slice]]:
    """The columns of all these features for a model, and which are whose."""
    blocks = [cut.columns(rows, turning=turning, bending=bending) for cut in cuts]
    ends = np.cumsum([block.shape[1] for block in blocks]).tolist() if blocks else []
    whose = [slice(start, end) for start, end in zip([0, *ends], ends, strict=False)]
    return np.hstack(blocks) if blocks else np.zeros((rows.size, 0)), whose
