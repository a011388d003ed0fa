"""Statements compiled once and asked of one batch after another.

Putting conditions into SQL takes tens of milliseconds, asking a hundred people takes one; a stream of small batches
would do little else. A statement may be used again while what it was made of is unchanged: the caller's own key, the
vocabulary (`registry.state`) and the day. Which of its parameters are the people, and whether it depends on more than
the day, is found out, not assumed: it is compiled for two sets of people at two moments of the day and compared.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, tzinfo
from threading import Lock
from typing import Any, TypeVar, cast

from django.db import connection

from teplo.conditions import registry

Statement = tuple[str, tuple[Any, ...]]
Made = TypeVar("Made")
Build = Callable[[Sequence[int], datetime], Statement]
Encode = Callable[[Sequence[int]], Any]
"""How `Build` passes the ids of the people: as one parameter, made of them by this function."""

_KEPT = 64
_PROBES: tuple[tuple[int, ...], tuple[int, ...]] = ((-7_001, -7_002), (-9_003,))


@dataclass(frozen=True, slots=True)
class _Compiled:
    """Text and parameters, with the places where the people stand; None: compile anew each time."""

    text: str
    params: tuple[Any, ...]
    places: tuple[int, ...]


_compiled: OrderedDict[Hashable, _Compiled | None] = OrderedDict()
_made: OrderedDict[Hashable, object] = OrderedDict()
_lock = Lock()


def reuse(*, key: Hashable, build: Build, encode: Encode, ids: Sequence[int], at: datetime) -> Statement:
    """The statement `build(ids, at)`, compiled before if possible. `key` must hold all that `build` closes over."""
    zone = registry.zone()
    day = at.astimezone(zone).date()
    whole = (connection.vendor, key, registry.state(), day, str(zone))
    with _lock:
        is_known, found = whole in _compiled, _compiled.get(whole)
    if not is_known:
        found = _compile(build, encode, at, zone)
        with _lock:
            _compiled[whole] = found
            while len(_compiled) > _KEPT:
                _compiled.popitem(last=False)
    if found is None:
        return build(ids, at)
    params = list(found.params)
    people = encode(ids)
    for place in found.places:
        params[place] = people
    return found.text, tuple(params)


def keep(*, key: Hashable, make: Callable[[], Made]) -> Made:
    """What `make()` answers, made once while the vocabulary is unchanged. `key` must hold all that it closes over."""
    whole = (connection.vendor, key, registry.state(), str(registry.zone()))
    with _lock:
        if whole in _made:
            return cast(Made, _made[whole])
    made = make()
    with _lock:
        _made[whole] = made
        while len(_made) > _KEPT:
            _made.popitem(last=False)
    return made


def _compile(build: Build, encode: Encode, at: datetime, zone: tzinfo) -> _Compiled | None:
    """Compile for two probes; what differs must be the people and nothing else."""
    day = at.astimezone(zone).date()
    moments = [datetime.combine(day, clock, zone).astimezone(UTC) for clock in (time(0, 0, 1), time(23, 59, 58))]
    (text, first), (other_text, second) = (build(ids, moment) for ids, moment in zip(_PROBES, moments, strict=True))
    if text != other_text or len(first) != len(second):
        return None
    places = []
    for place, (one, other) in enumerate(zip(first, second, strict=True)):
        if one != other:
            if one != encode(_PROBES[0]) or other != encode(_PROBES[1]):
                return None
            places.append(place)
    return _Compiled(text, first, tuple(places))
