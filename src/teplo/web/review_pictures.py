"""Pictures of a score review as SVG made on the server: the same on the screen, on the wall and in the PDF file.

Each shape carries its colour as an attribute, which style sheets of the screen override; a PDF has no other.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from math import log
from typing import Any

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from teplo.web.formatting import as_number, temperature_name

WIDTH, HALF, GAP = 720, 96, 18
MOST_BARS = 30
WIDTHS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000)
COLOURS = {
    "bought": "#0e6a5d", "lost": "#b9afa2", "cold": "#6b84a6", "warm": "#e0943a", "hot": "#e05d47",
    "against": "#b0282a", "line": "#d6cfc5", "ink": "#24211e", "quiet": "#6a635b", "track": "#efebe5",
}  # fmt: skip
FARTHEST = 4.0
"""A lift beyond this many times, or below one in so many, is drawn at the edge."""


def spread_picture(spread: Mapping[str, Sequence[Sequence[int]]], table: Mapping[str, Any] | None) -> SafeString:
    """Points at the hand-off: who bought above the line, who was lost below it, with the thresholds drawn in."""
    width = _bar_width(spread, table)
    above, below = _binned(spread["won"], width), _binned(spread["lost"], width)
    if not above and not below:
        return mark_safe("")
    starts = _starts(above, below, table, width)
    step = WIDTH / len(starts)
    most = max(*above.values(), *below.values(), 1) if above or below else 1
    parts: list[SafeString] = []
    for place, start in enumerate(starts):
        parts += _bar(place * step, step, above.get(start, 0), most, "bought", up=True)
        parts += _bar(place * step, step, below.get(start, 0), most, "lost", up=False)
        parts.append(_label(place, step, start, len(starts)))
    parts += _marks(starts, width, step, table)
    height = 2 * (HALF + GAP) + GAP
    label = _("Points of those who bought, above, and of those who were lost, below")
    return format_html(
        '<svg class="spread" viewBox="0 0 {} {}" width="{}" height="{}" role="img" aria-label="{}">{}</svg>',
        WIDTH, height, WIDTH, height, label, format_html_join("", "{}", ((part,) for part in parts)),
    )  # fmt: skip


def _bar_width(spread: Mapping[str, Sequence[Sequence[int]]], table: Mapping[str, Any] | None) -> int:
    ends = [points for side in spread.values() for points, _people in side]
    ends += [table["warm_from"], table["hot_from"]] if table else []
    span = max(ends, default=0) - min(ends, default=0) + 1
    return next((width for width in WIDTHS if span / width <= MOST_BARS), WIDTHS[-1])


def _binned(counts: Iterable[Sequence[int]], width: int) -> dict[int, int]:
    bars: dict[int, int] = {}
    for points, people in counts:
        start = points // width * width
        bars[start] = bars.get(start, 0) + people
    return bars


def _starts(
    above: Mapping[int, int], below: Mapping[int, int], table: Mapping[str, Any] | None, width: int
) -> list[int]:
    marks = [table["warm_from"] // width * width, table["hot_from"] // width * width] if table else []
    ends = [*above, *below, *marks]
    return list(range(min(ends), max(ends) + width, width))


def _bar(x: float, step: float, people: int, most: int, kind: str, *, up: bool) -> list[SafeString]:
    if not people:
        return []
    height = max(people / most * HALF, 2)
    top = GAP + HALF - height if up else 2 * GAP + HALF
    text = top - 4 if up else top + height + 13
    return [
        format_html(
            '<rect class="{}" x="{}" y="{}" width="{}" height="{}" rx="2" fill="{}"/>',
            f"bar-{kind}", _n(x + step * 0.08), _n(top), _n(step * 0.84), _n(height), COLOURS[kind],
        ),
        _text(x + step / 2, text, as_number(people), "spread-count"),
    ]  # fmt: skip


def _label(place: int, step: float, start: int, count: int) -> SafeString:
    """The points a bar begins with, in the gap between both sides; every other one where they would touch."""
    every = 1 if step >= 26 else 2 if step >= 14 else 5
    shown = place % every == 0 or count == 1
    return _text((place + 0.5) * step, GAP + HALF + 13, as_number(start) if shown else "", "spread-points")


def _text(x: float, y: float, said: str, kind: str, anchor: str = "middle") -> SafeString:
    return format_html(
        '<text class="{}" x="{}" y="{}" text-anchor="{}" font-size="12" fill="{}">{}</text>',
        kind, _n(x), _n(y), anchor, COLOURS["quiet"], said,
    )  # fmt: skip


def _marks(starts: Sequence[int], width: int, step: float, table: Mapping[str, Any] | None) -> list[SafeString]:
    if not table:
        return []
    drawn = []
    for kind in ("warm", "hot"):
        x = (table[f"{kind}_from"] - starts[0]) / width * step
        side, shift = ("end", -4) if x > WIDTH * 0.8 else ("start", 4)
        drawn.append(
            format_html(
                '<line class="mark-{}" x1="{}" x2="{}" y1="0" y2="{}" stroke="{}" stroke-dasharray="4 3"/>',
                kind, _n(x), _n(x), 2 * (HALF + GAP) + GAP, COLOURS[kind],
            )
        )  # fmt: skip
        drawn.append(_text(x + shift, 11, temperature_name(kind), f"mark-name-{kind}", side))
    return drawn


def lift_picture(lift: float, low: float, high: float) -> SafeString:
    """A point with its interval on a scale of times, the line in the middle being "no difference"."""
    kind = "bought" if low > 1 else "against" if high < 1 else "lost"
    return format_html(
        '<svg class="lift" viewBox="0 0 160 18" width="160" height="18" aria-hidden="true">'
        '<line class="lift-none" x1="80" x2="80" y1="0" y2="18" stroke="{}"/>'
        '<line class="lift-range bar-{}" x1="{}" x2="{}" y1="9" y2="9" stroke="{}" stroke-width="3"/>'
        '<circle class="lift-point bar-{}" cx="{}" cy="9" r="5" fill="{}"/></svg>',
        COLOURS["line"], kind, _place(low), _place(high), COLOURS[kind], kind, _place(lift), COLOURS[kind],
    )  # fmt: skip


def _place(times: float) -> str:
    held = min(max(times, 1 / FARTHEST), FARTHEST)
    return _n(80 + log(held) / log(FARTHEST) * 72)


def share_picture(value: float | None, low: float, high: float, kind: str = "bought") -> SafeString:
    """A share as a bar, with the interval as a thin line over it."""
    return format_html(
        '<svg class="share" viewBox="0 0 160 14" width="160" height="14" aria-hidden="true">'
        '<rect class="share-track" y="3" width="160" height="8" rx="4" fill="{}"/>'
        '<rect class="bar-{}" y="3" width="{}" height="8" rx="4" fill="{}"/>'
        '<line class="share-range" x1="{}" x2="{}" y1="7" y2="7" stroke="{}" stroke-width="1.5"/></svg>',
        COLOURS["track"], kind, _n(160 * (value or 0)), COLOURS[kind],
        _n(160 * low), _n(160 * high if value is not None else 0), COLOURS["ink"],
    )  # fmt: skip


def _n(number: float) -> str:
    """A coordinate, with a point in every language."""
    return f"{number:.1f}".removesuffix(".0")
