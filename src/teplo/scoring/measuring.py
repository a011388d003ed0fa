"""How well scores told buyers from the others: exact figures over counts of people per score (R21).

Scores are whole numbers and few, so a histogram of score by outcome says everything: the area under the curve with
its interval (DeLong over tied scores), average precision, gain, lift, precision among the best of a day, thresholds,
conversion by band and whether it held later. Nothing here touches the database.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from math import exp, log, sqrt
from typing import TypeVar

Z = 1.959964
"""95 % intervals."""
FEW = 10
"""With fewer buyers, or fewer others, no figure is worth reading."""
CURVE_POINTS = 100
MOST_BANDS = 12
MOST_THRESHOLDS = 400
WIDTHS = tuple(int(first * 10**zeros) for zeros in range(6) for first in (1, 2, 5))

Point = TypeVar("Point")
Interval = tuple[float, float, float]
"""The value, and the least and most it may be."""


@dataclass(frozen=True, slots=True)
class Cell:
    """So many people with this score, of whom so many bought."""

    score: int
    people: int
    bought: int


@dataclass(frozen=True, slots=True)
class Pair:
    """So many people with these scores by two tables, of whom so many bought."""

    score: int
    other: int
    people: int
    bought: int


def histogram(counts: Iterable[tuple[int, int, int]]) -> list[Cell]:
    """Cells by rising score from (score, people, bought), in which a score may stand several times."""
    sums: dict[int, tuple[int, int]] = {}
    for score, people, bought in counts:
        known = sums.get(score, (0, 0))
        sums[score] = (known[0] + people, known[1] + bought)
    return [Cell(score, *sums[score]) for score in sorted(sums)]


def proportion(part: float, whole: int) -> Interval:
    """A share with its interval (Wilson), which is honest for few people and shares near 0 and 1."""
    if whole <= 0:
        return 0.0, 0.0, 1.0
    share = part / whole
    spread = Z * sqrt(share * (1 - share) / whole + Z * Z / (4 * whole * whole))
    middle, scale = share + Z * Z / (2 * whole), 1 + Z * Z / whole
    return share, max(0.0, (middle - spread) / scale), min(1.0, (middle + spread) / scale)


# -- the area under the curve ------------------------------------------------------------------------------------


def auc(cells: Sequence[Cell]) -> Interval | None:
    """How often a buyer has the higher score of two people, one of whom bought; ties count half.

    None where nobody bought or everybody did. The interval is DeLong's on the logit scale.
    """
    shares = _places(cells)
    if shares is None:
        return None
    value = _mean((place, cell.bought) for cell, place, _ in shares)
    return _interval(value, _variance(shares, value), min(_sides(cells)))


def auc_difference(pairs: Sequence[Pair]) -> Interval | None:
    """By how much the first table's area exceeds the other's, over the same people (DeLong, paired)."""
    first = _places(histogram((pair.score, pair.people, pair.bought) for pair in pairs))
    other = _places(histogram((pair.other, pair.people, pair.bought) for pair in pairs))
    if first is None or other is None:
        return None
    of_first = {cell.score: (above, below) for cell, above, below in first}
    of_other = {cell.score: (above, below) for cell, above, below in other}
    buyers = [(of_first[p.score][0] - of_other[p.other][0], p.bought) for p in pairs]
    others = [(of_first[p.score][1] - of_other[p.other][1], p.people - p.bought) for p in pairs]
    difference = _mean(buyers)
    spread = Z * sqrt(_spread_of_mean(buyers) + _spread_of_mean(others))
    return difference, difference - spread, difference + spread


_Place = tuple[Cell, float, float]
"""A cell with the share of others below it (as a buyer sees it) and the share of buyers above it."""


def _places(cells: Sequence[Cell]) -> list[_Place] | None:
    buyers, others = _sides(cells)
    if not buyers or not others:
        return None
    below, above = 0, buyers
    places: list[_Place] = []
    for cell in cells:
        rest = cell.people - cell.bought
        above -= cell.bought
        places.append((cell, (below + rest / 2) / others, (above + cell.bought / 2) / buyers))
        below += rest
    return places


def _sides(cells: Sequence[Cell]) -> tuple[int, int]:
    buyers = sum(cell.bought for cell in cells)
    return buyers, sum(cell.people for cell in cells) - buyers


def _variance(places: Sequence[_Place], value: float) -> float:
    of_buyers = [(above, cell.bought) for cell, above, _ in places]
    of_others = [(below, cell.people - cell.bought) for cell, _, below in places]
    return _spread_of_mean(of_buyers) + _spread_of_mean(of_others) if 0 < value < 1 else 0.0


def _mean(weighed: Iterable[tuple[float, int]]) -> float:
    sums = [(value * weight, weight) for value, weight in weighed]
    return sum(value for value, _ in sums) / sum(weight for _, weight in sums)


def _spread_of_mean(weighed: Sequence[tuple[float, int]]) -> float:
    """The variance of the mean of counted values; of a single one it is not known, so the widest possible."""
    count = sum(weight for _, weight in weighed)
    if count < 2:  # noqa: PLR2004
        return 0.25
    mean = _mean(weighed)
    return sum(weight * (value - mean) ** 2 for value, weight in weighed) / (count - 1) / count


def _interval(value: float, variance: float, fewer: int) -> Interval:
    if not 0 < value < 1:  # all buyers above all others, or below: the rule of three
        margin = min(1.0, 3 / fewer)
        return (value, 1 - margin, 1.0) if value else (value, 0.0, margin)
    middle, spread = log(value / (1 - value)), Z * sqrt(variance) / (value * (1 - value))
    return value, _share_of_logit(middle - spread), _share_of_logit(middle + spread)


def _share_of_logit(logit: float) -> float:
    return 1 / (1 + exp(-max(-700.0, min(700.0, logit))))


# -- ranking -----------------------------------------------------------------------------------------------------


def average_precision(cells: Sequence[Cell]) -> float | None:
    """The mean of the precision at each score from the top, weighed by the buyers found there; None without buyers."""
    buyers = sum(cell.bought for cell in cells)
    if not buyers:
        return None
    people = found = 0
    total = 0.0
    for cell in reversed(cells):
        people, found = people + cell.people, found + cell.bought
        total += cell.bought / buyers * (found / people)
    return total


def gain(cells: Sequence[Cell]) -> list[tuple[float, float]]:
    """(share of people, share of buyers among them) from the best score down, at most CURVE_POINTS of them."""
    people, buyers = sum(cell.people for cell in cells), sum(cell.bought for cell in cells)
    if not buyers:
        return []
    points, seen, found = [(0.0, 0.0)], 0, 0
    for cell in reversed(cells):
        seen, found = seen + cell.people, found + cell.bought
        points.append((seen / people, found / buyers))
    return _thinned(points, CURVE_POINTS)


def lift(cells: Sequence[Cell], shares: Sequence[float] = (0.05, 0.1, 0.2, 0.3, 0.5)) -> list[tuple[float, float]]:
    """How many times more buyers the best so many of all people hold than as many taken at random."""
    people, buyers = sum(cell.people for cell in cells), sum(cell.bought for cell in cells)
    if not buyers:
        return []
    return [(share, best_of(cells, share * people) / buyers / share) for share in shares]


def best_of(cells: Sequence[Cell], many: float) -> float:
    """Buyers expected among the `many` best; of people with the same score, any may be taken."""
    left, found = many, 0.0
    for cell in reversed(cells):
        taken = min(left, cell.people)
        found += cell.bought * taken / cell.people
        left -= taken
        if left <= 0:
            break
    return found


@dataclass(frozen=True, slots=True)
class BestOfDay:
    """Calling the best so many of each day: how many that were, how many of them bought, what share of all buyers."""

    called: int
    bought: float
    precision: float
    reached: float


def best_of_each_day(days: Mapping[date, Sequence[Cell]], *, calls: int) -> BestOfDay:
    """Precision among the best `calls` of each day, each day having its own people."""
    called = sum(min(calls, sum(cell.people for cell in cells)) for cells in days.values())
    bought = sum(best_of(cells, calls) for cells in days.values())
    buyers = sum(cell.bought for cells in days.values() for cell in cells)
    return BestOfDay(called, bought, bought / called if called else 0.0, bought / buyers if buyers else 0.0)


# -- bands and thresholds ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Band:
    """People with scores from `start` (None: any lower) to below `end` (None: any higher)."""

    start: int | None
    end: int | None
    people: int
    bought: int

    @property
    def share(self) -> Interval:
        return proportion(self.bought, self.people)


def bands(cells: Sequence[Cell], *, warm_from: int, hot_from: int) -> list[Band]:
    """At most MOST_BANDS bands of a round width that begin at both thresholds where possible; the ends are open."""
    if not cells:
        return []
    low, high = _quantile(cells, 0.01), _quantile(cells, 0.99)
    fitting = [width for width in WIDTHS if (high - low) / width <= MOST_BANDS - 1]
    width = next((w for w in fitting if warm_from % w == hot_from % w == 0), fitting[0] if fitting else WIDTHS[-1])
    edges = list(range(low // width * width + width, high // width * width + 1, width))[: MOST_BANDS - 1]
    starts = [None, *edges]
    ends = [*edges, None]
    return [_band(cells, start, end) for start, end in zip(starts, ends, strict=True)]


def _band(cells: Sequence[Cell], start: int | None, end: int | None) -> Band:
    inside = [c for c in cells if (start is None or c.score >= start) and (end is None or c.score < end)]
    return Band(start, end, sum(cell.people for cell in inside), sum(cell.bought for cell in inside))


def _quantile(cells: Sequence[Cell], share: float) -> int:
    wanted, seen = share * sum(cell.people for cell in cells), 0
    for cell in cells:
        seen += cell.people
        if seen >= wanted:
            return cell.score
    return cells[-1].score


def thresholds(cells: Sequence[Cell]) -> list[tuple[int, int, int]]:
    """(score, people with at least that, buyers among them) for every score there is, rising."""
    rows, people, bought = [], 0, 0
    for cell in reversed(cells):
        people, bought = people + cell.people, bought + cell.bought
        rows.append((cell.score, people, bought))
    return _thinned(rows[::-1], MOST_THRESHOLDS)


@dataclass(frozen=True, slots=True)
class Chosen:
    """What handing over from a score on would have meant."""

    threshold: int
    people: int
    bought: int
    share: Interval
    missed: float
    per_week: float | None


def choose(rows: Sequence[Sequence[int]], threshold: int, *, buyers: int, weeks: float | None) -> Chosen:
    """What the threshold means: people (a week), the share that buys, the share of buyers missed."""
    _score, people, bought = next(((s, p, b) for s, p, b in rows if s >= threshold), (threshold, 0, 0))
    missed = 1 - bought / buyers if buyers else 0.0
    return Chosen(
        threshold, people, bought, proportion(bought, people), missed, people / weeks if weeks else None
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Held:
    """A band in the earlier half of the time and in the later one: did its conversion hold?"""

    start: int | None
    end: int | None
    expected: float
    people: int
    bought: int

    @property
    def share(self) -> Interval:
        return proportion(self.bought, self.people)


def calibration(days: Mapping[date, Sequence[Cell]], spans: Sequence[Band]) -> list[Held]:
    """Conversion by band in the days of the first half of people, and what it was in the days after; [] if one day."""
    ordered = sorted(days)
    everybody = sum(cell.people for cells in days.values() for cell in cells)
    earlier: list[Cell] = []
    count = 0
    while ordered and count < everybody / 2:
        earlier += days[(day := ordered.pop(0))]
        count += sum(cell.people for cell in days[day])
    later = [cell for day in ordered for cell in days[day]]
    if not later:
        return []
    halves = [(_band(earlier, b.start, b.end), _band(later, b.start, b.end)) for b in spans]
    return [
        Held(then.start, then.end, first.share[0], then.people, then.bought)
        for first, then in halves
        if first.people and then.people
    ]


def _thinned(points: list[Point], most: int) -> list[Point]:
    """At most so many of them, evenly spread, with both ends."""
    if len(points) <= most:
        return points
    step = (len(points) - 1) / (most - 1)
    return [points[round(number * step)] for number in range(most)]
