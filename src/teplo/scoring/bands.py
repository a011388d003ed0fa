"""Edges of bands: parts of about equal size, at numbers a human would choose."""

from __future__ import annotations

from collections.abc import Sequence
from math import floor, log10


def edges_of(numbers: Sequence[float], *, parts: int) -> list[float]:
    """At most `parts` − 1 rising edges; a band begins at its edge. Few distinct values give an edge at each of them."""
    ordered = sorted(numbers)
    if not ordered or ordered[0] == ordered[-1]:
        return []
    wanted = [ordered[len(ordered) * part // parts] for part in range(1, parts)]
    distinct = sorted(set(ordered))
    if len(distinct) <= parts:
        return distinct[1:]
    edges = {rounded(edge, ordered) for edge in wanted}
    return sorted(edge for edge in edges if ordered[0] < edge <= ordered[-1])


def rounded(edge: float, ordered: Sequence[float]) -> float:
    """The edge at one significant digit or two, whichever is within a twentieth of the spread of the middle numbers."""
    spread = ordered[len(ordered) * 9 // 10] - ordered[len(ordered) // 10] or ordered[-1] - ordered[0]
    for digits in (1, 2, 3):
        near = _to_digits(edge, digits)
        if abs(near - edge) <= spread / 20:
            return near
    return edge


def _to_digits(number: float, digits: int) -> float:
    if not number:
        return 0.0
    places = digits - 1 - floor(log10(abs(number)))
    return round(number, places)
