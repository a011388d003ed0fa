"""Who lends what to the language; filled once by `config/wiring.py`."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, tzinfo
from typing import Any, TypeVar

from teplo.conditions.vocabulary import Deeds, Family, Field, Vocabulary, by_key

FieldLender = Callable[[], Iterable[Field]]

_people: dict[str, FieldLender] = {}
_events: dict[str, FieldLender] = {}
_event_families: dict[str, Family] = {}
_deeds: dict[str, Deeds] = {}
_zone: dict[str, Callable[[], tzinfo]] = {}
_states: dict[str, Callable[[], Hashable]] = {}
_shared: ContextVar[dict[str, Any] | None] = ContextVar("shared", default=None)
T = TypeVar("T")


def lend_people(app: str, fields: FieldLender, *, deeds: Deeds | None = None) -> None:
    """Let conditions over people speak of an app's fields and deeds."""
    _people[app] = fields
    if deeds is not None:
        _deeds["people"] = deeds


def lend_events(app: str, fields: FieldLender, *, families: Iterable[Family] = ()) -> None:
    """Let conditions over events speak of an app's fields."""
    _events[app] = fields
    for family in families:
        _event_families[family.prefix] = family


def lend_zone(zone: Callable[[], tzinfo]) -> None:
    """Where the workspace's time zone is learnt: days and windows follow it."""
    _zone["workspace"] = zone


def lend_state(app: str, state: Callable[[], Hashable]) -> None:
    """Lend everything of an app's definitions that SQL made of conditions may depend on, as one comparable value."""
    _states[app] = state


def state() -> Hashable:
    """As long as this is the same, a condition compiles to the same SQL on the same day."""
    return _once("state", lambda: tuple(lender() for _, lender in sorted(_states.items())))


def zone() -> tzinfo:
    """The workspace's time zone."""
    return _once("zone", lambda: _zone["workspace"]() if _zone else UTC)


@contextmanager
def sharing() -> Iterator[None]:
    """Within it definitions are read once for all who ask: for one page or one batch, which change none."""
    token = _shared.set({})
    try:
        yield
    finally:
        _shared.reset(token)


def people() -> Vocabulary:
    """What can be said of people now. One query for the custom attributes, choices only when asked for."""
    return _once("people", _of_people)


def events() -> Vocabulary:
    """What can be said of events, over any model with Event's field names (the journal or a batch on its way in)."""
    return _once("events", _of_events)


def _once(what: str, make: Callable[[], T]) -> T:
    kept = _shared.get()
    if kept is None:
        return make()
    if what not in kept:
        kept[what] = make()
    found: T = kept[what]
    return found


def _of_people() -> Vocabulary:
    fields = by_key(entry for lender in _people.values() for entry in lender())
    return Vocabulary(fields=fields, zone=zone(), deeds=_deeds.get("people"))


def _of_events() -> Vocabulary:
    fields = by_key(entry for lender in _events.values() for entry in lender())
    return Vocabulary(fields=fields, zone=zone(), families=tuple(_event_families.values()))
