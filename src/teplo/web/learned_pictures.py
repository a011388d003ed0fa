"""Numbers of a learned table as small pictures: an effect with its interval, areas under the curve side by side."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

WIDTH = 120
"""Of a small picture, in units of its own."""


@dataclass(frozen=True)
class Interval:
    """A value between its bounds on a line of WIDTH; `middle` is where nothing differs."""

    left: float
    right: float
    place: float
    middle: float

    @property
    def length(self) -> float:
        return max(self.right - self.left, 1)

    @property
    def side(self) -> str:
        """`more` or `less` where the interval leaves the middle out, else `unsure`."""
        return "more" if self.left > self.middle else "less" if self.right < self.middle else "unsure"


def interval(value: float, low: float, high: float, *, least: float, most: float, middle: float) -> Interval:
    """On a scale from `least` to `most`; what is beyond ends at its edge."""
    span = most - least or 1.0

    def place(number: float) -> float:
        return round(min(max((number - least) / span, 0.0), 1.0) * WIDTH, 1)

    return Interval(place(low), place(high), place(value), place(middle))


def effects(criteria: Sequence[Mapping[str, Any]]) -> list[Interval]:
    """Effects of criteria on one scale, nothing in the middle."""
    reach = max((abs(float(one[name])) for one in criteria for name in ("effect", "low", "high")), default=1.0)
    reach = min(reach, 2 * max((abs(float(one["effect"])) for one in criteria), default=reach)) or 1.0
    return [interval(one["effect"], one["low"], one["high"], least=-reach, most=reach, middle=0) for one in criteria]


def area(value: Sequence[float]) -> Interval:
    """An area under the curve with its bounds, from chance (0.5) to certainty."""
    return interval(value[0], value[1], value[2], least=0.45, most=1.0, middle=0.5)


def bars(pairs: Iterable[tuple[float, float]]) -> list[tuple[float, float]]:
    """Two shares of each, as lengths on one scale."""
    found = list(pairs)
    most = max((max(pair) for pair in found), default=0.0) or 1.0
    return [(round(WIDTH * one / most, 1), round(WIDTH * other / most, 1)) for one, other in found]
