"""What was said of one thing, in the order of its time, however it arrives: late words go where they belong.

A timeline is the kept words on one field of one person. A word said again while it stood is no change; its moment is
kept beside the change, because a word that arrives later may turn out to belong between the two. Nothing here knows a
table: `attributes` and `consent` read rows, `fit` says what must be written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, NamedTuple

MOST_REPEATS = 32
"""Moments kept of one word that is said again and again; beyond, every second of the older ones is forgotten."""


@dataclass(slots=True)
class Kept:
    """A word that changed something: a row. `before` is what stood until then."""

    id: int
    at: datetime
    before: Any
    value: Any
    by: Any = ""
    again: list[datetime] = field(default_factory=list)


class Said(NamedTuple):
    """A word that has just arrived, about the moment `at`. `leaves_trace`: kept even if nothing is known to change."""

    at: datetime
    value: Any
    by: Any = ""
    leaves_trace: bool = True


class Start(NamedTuple):
    """What stands now, and since when if no row says so (a card filled by an import); None: since ever."""

    value: Any
    since: datetime | None = None
    by: Any = ""


@dataclass(slots=True)
class Fitted:
    """What to write: new rows (their id is 0), rows whose `before` or `again` is another, and what stands now."""

    new: list[Kept] = field(default_factory=list)
    changed: list[Kept] = field(default_factory=list)
    value: Any = None


class _Point(NamedTuple):
    at: datetime
    order: int
    value: Any
    by: Any
    row: Kept | None = None
    leaves_trace: bool = True
    is_silent: bool = False


def fit(
    kept: Sequence[Kept],
    said: Iterable[Said],
    *,
    now: Start,
    same: Callable[[Any, Any], bool],
    rank: Callable[[Any], int] = lambda value: 0,
) -> Fitted:
    """Put words into a timeline; whatever the order in which they arrive, the answer is that of their time.

    `kept`: the rows around the words by (at, id): from the last one at or before the first word to the first one
    after the last word. Of two words of one moment the one of the higher `rank` counts, else the one that arrives
    later.
    """
    words = sorted(said, key=lambda word: (word.at, rank(word.value)))
    is_open = not kept or kept[-1].at <= words[-1].at
    before = {id(known): (known.before, list(known.again)) for known in kept}
    value = kept[0].before if kept else now.value
    row: Kept | None = None
    fitted = Fitted()
    for point in sorted(
        _points(kept, words, now, is_open=is_open, same=same),
        key=lambda point: (point.at, rank(point.value), point.order),
    ):
        is_repeat = same(value, point.value)
        if point.row is not None:
            row = point.row
            row.before, row.again = value, []
        elif point.is_silent:
            row = None
        elif is_repeat and row is not None:
            row.again += [point.at] if point.at > row.at else []
        elif not is_repeat or point.leaves_trace:
            row = Kept(0, point.at, value, point.value, point.by)
            fitted.new.append(row)
        value = point.value
    for known in (*kept, *fitted.new):
        known.again = _thinned(known.again)
    fitted.changed = [known for known in kept if _differs(known, *before[id(known)], same)]
    fitted.value = value if is_open else now.value
    return fitted


def _differs(known: Kept, before: Any, again: list[datetime], same: Callable[[Any, Any], bool]) -> bool:
    return known.again != again or not same(known.before, before)


def _points(
    kept: Sequence[Kept], words: Sequence[Said], now: Start, *, is_open: bool, same: Callable[[Any, Any], bool]
) -> list[_Point]:
    """Everything said; at one moment rows stand before their repeats, and what arrives stands last."""
    points = [_Point(known.at, 0, known.value, known.by, known) for known in kept]
    points += [_Point(at, 1, known.value, known.by) for known in kept for at in known.again]
    if kept and is_open and not same(kept[-1].value, now.value):
        # changed without a row, by a merge perhaps: from the last known word on it is what stands now
        last = max((kept[-1].at, *kept[-1].again))
        points.append(_Point(last, 2, now.value, "", is_silent=True))
    if not kept and now.since is not None:
        points.append(_Point(now.since, 2, now.value, now.by, leaves_trace=False))
    points += [_Point(word.at, 3, word.value, word.by, leaves_trace=word.leaves_trace) for word in words]
    return points


def _thinned(moments: list[datetime]) -> list[datetime]:
    ordered = sorted(set(moments))
    while len(ordered) > MOST_REPEATS:
        half = len(ordered) // 2
        ordered = [*ordered[:half:2], *ordered[half:]]
    return ordered


def as_texts(moments: Iterable[datetime]) -> list[str]:
    """Moments as JSON keeps them."""
    return [moment.astimezone(UTC).isoformat() for moment in moments]


def from_texts(texts: Iterable[str]) -> list[datetime]:
    """What `as_texts` was made of."""
    return [datetime.fromisoformat(text) for text in texts]
