"""Numbers cut into bands by what became of people: quantiles first, then joined where they hardly differ."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from teplo.scoring.learning.frames import Floats, sums

FINE = 20
"""So many quantile bands are begun with."""
SPANS = (1.0, 2.0, 3.0, 7.0, 14.0, 30.0, 60.0, 90.0, 180.0, 365.0)
"""Where bands of days since a deed may end."""
Cost = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Bands:
    """`edges`: a number from an edge on belongs to the band above it. `trend`: 1 rising, -1 falling, 0 neither."""

    edges: Floats
    trend: int


def fine_edges(numbers: Floats) -> Floats:
    """Edges of about equally filled bands; a value many people share stands in a band of its own."""
    values, counts = np.unique(numbers, return_counts=True)
    if values.size < 2:
        return np.zeros(0)
    target = numbers.size / FINE
    heavy = counts >= target
    group = np.floor((np.cumsum(counts) - counts / 2) / target).astype(np.int64)
    light = np.cumsum(heavy) * 2 + heavy
    changed = (np.diff(group) > 0) | (np.diff(light) != 0)
    places = np.flatnonzero(changed)
    return np.array([round_between(float(values[at]), float(values[at + 1])) for at in places])


def round_between(low: float, high: float) -> float:
    """The roundest number above `low` and not above `high`: it parts the same people and is read more easily."""
    for exponent in range(12, -10, -1):
        for step in (10.0**exponent, 5.0 * 10.0 ** (exponent - 1), 2.0 * 10.0 ** (exponent - 1)):
            candidate = round(math.floor(high / step + 1e-9) * step, max(0, 1 - exponent))
            if low < candidate <= high:
                return candidate
    return high


def find_bands(
    numbers: Floats, won: npt.NDArray[np.bool_], *, trend: int | None, edges: Floats | None = None, strictness: float
) -> Bands:
    """The bands of numbers that best tell the outcomes apart; `strictness`: log-likelihood a further band must bring.

    Where a rising or falling row of bands is hardly worse than a free one, it is taken: such rules hold longer.
    """
    fine = fine_edges(numbers) if edges is None else _used(numbers, edges)
    place = np.searchsorted(fine, numbers, side="right")
    people = sums(place, np.ones(place.size), fine.size + 1)
    buyers = sums(place, won, fine.size + 1)
    least = max(12.0, 0.01 * numbers.size)
    worth = _worth(people, buyers, least)
    if trend:
        cut, _ = _best(worth, buyers, people, strictness, trend)
        return Bands(fine[np.array(cut, dtype=int)] if cut else np.zeros(0), trend)
    free, gain = _best(worth, buyers, people, strictness, 0)
    ordered = [(direction, *_best(worth, buyers, people, strictness, direction)) for direction in (1, -1)]
    direction, cut, kept = max(ordered, key=lambda option: option[2])
    if gain - kept <= max(1.5, 0.06 * gain):
        free = cut
    else:
        direction = 0
    return Bands(fine[np.array(free, dtype=int)] if free else np.zeros(0), direction)


def best_gains(numbers: Floats, won: npt.NDArray[np.bool_], *, strictness: float = 3.0) -> tuple[float, float]:
    """The log-likelihood that free bands bring, and that the better of rising and falling ones do."""
    fine = fine_edges(numbers)
    place = np.searchsorted(fine, numbers, side="right")
    people, buyers = sums(place, np.ones(place.size), fine.size + 1), sums(place, won, fine.size + 1)
    worth = _worth(people, buyers, max(12.0, 0.01 * numbers.size))
    free, *ordered = (_best(worth, buyers, people, strictness, trend)[1] for trend in (0, 1, -1))
    return free, max(ordered)


def _used(numbers: Floats, edges: Floats) -> Floats:
    """Only the edges with somebody on both sides of each."""
    place = np.unique(np.searchsorted(edges, numbers, side="right"))
    return edges[place[1:] - 1] if place.size > 1 else np.zeros(0)


def _worth(people: Floats, buyers: Floats, least: float) -> Cost:
    """The log-likelihood of each run of fine bands as one, against the whole as one; -inf where too few are in it."""
    n = np.concatenate([[0.0], np.cumsum(people)])
    w = np.concatenate([[0.0], np.cumsum(buyers)])
    count, good = n[None, :] - n[:, None], w[None, :] - w[:, None]
    base = (w[-1] + 0.5) / (n[-1] + 1.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        rate = (good + base) / (count + 1.0)
        worth = good * np.log(rate / base) + (count - good) * np.log((1 - rate) / (1 - base))
    worth[count < least] = -np.inf
    return np.asarray(worth)


def _best(worth: Cost, buyers: Floats, people: Floats, strictness: float, trend: int) -> tuple[list[int], float]:
    """The edges (by number) of the best row of bands, and its gain; along it rates rise (1), fall (-1) or are free."""
    size = people.size
    n, w = np.concatenate([[0.0], np.cumsum(people)]), np.concatenate([[0.0], np.cumsum(buyers)])
    rate = np.divide(w[None, :] - w[:, None], np.maximum(n[None, :] - n[:, None], 1.0)) * (trend or 1)
    best = np.full((size + 1, size + 1), -np.inf)  # [end, start of the last band]
    before = np.full((size + 1, size + 1), -1, dtype=int)
    best[1:, 0] = worth[0, 1:]
    for end in range(2, size + 1):
        for start in range(1, end):
            if worth[start, end] == -np.inf:
                continue
            options = best[start, :start]
            if trend:
                options = np.where(rate[:start, start] < rate[start, end], options, -np.inf)
            last = int(np.argmax(options))
            if options[last] > -np.inf:
                best[end, start] = options[last] + worth[start, end] - strictness
                before[end, start] = last
    start = int(np.argmax(best[size]))
    gain = float(best[size, start])
    if gain <= 0 or not np.isfinite(gain):
        return [], 0.0
    return _trace(before, size, start), gain


def _trace(before: npt.NDArray[np.int_], end: int, start: int) -> list[int]:
    cuts: list[int] = []
    while start > 0:
        cuts.append(start - 1)
        start, end = int(before[end, start]), start
    return cuts[::-1]
