"""Who lends what to the language; filled once by `config/wiring.py`."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from datetime import UTC, tzinfo

from teplo.conditions.vocabulary import Deeds, Family, Field, Vocabulary, by_key

FieldLender = Callable[[], Iterable[Field]]

_people: dict[str, FieldLender] = {}
_events: dict[str, FieldLender] = {}
_event_families: dict[str, Family] = {}
_deeds: dict[str, Deeds] = {}
_zone: dict[str, Callable[[], tzinfo]] = {}
_states: dict[str, Callable[[], Hashable]] = {}


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
    return tuple(lender() for _, lender in sorted(_states.items()))


def zone() -> tzinfo:
    """The workspace's time zone."""
    return _zone["workspace"]() if _zone else UTC


def people() -> Vocabulary:
    """What can be said of people now. One query for the custom attributes, choices only when asked for."""
    fields = by_key(entry for lender in _people.values() for entry in lender())
    return Vocabulary(fields=fields, zone=zone(), deeds=_deeds.get("people"))


def events() -> Vocabulary:
    """What can be said of events, over any model with Event's field names (the journal or a batch on its way in)."""
    fields = by_key(entry for lender in _events.values() for entry in lender())
    return Vocabulary(fields=fields, zone=zone(), families=tuple(_event_families.values()))
