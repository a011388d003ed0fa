"""Which people: a search, a condition and a kind, or those ticked. One description for list, count, act and export."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from django.db import connection
from django.db.models import Q, QuerySet

from teplo.accounts.workspace import get_workspace
from teplo.conditions import registry
from teplo.conditions.compiling import stored_to_q
from teplo.people.identities import CONTACT_KINDS, ContactUnreadable, guess_kind, normalise
from teplo.people.models import Identity, Person
from teplo.people.names import name_key

KNOWN, STRANGERS, EVERYBODY = "known", "strangers", "all"
MOST_FOUND = 300
"""How many people a look by contacts, or a typed search for one person, answers at most."""


@dataclass(frozen=True)
class Chosen:
    """A choice of people that can be written into an address, a saved view or a job."""

    ids: tuple[int, ...] = ()
    search: str = ""
    condition: Mapping[str, Any] = field(default_factory=dict)
    who: str = KNOWN

    def as_json(self) -> dict[str, Any]:
        """As a job or a saved view keeps it; ids as texts, because they exceed what JavaScript can count."""
        return {"ids": [str(i) for i in self.ids], "search": self.search, "condition": self.condition, "who": self.who}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Chosen:
        return cls(
            ids=tuple(int(i) for i in data.get("ids", ())),
            search=str(data.get("search", "")),
            condition=data.get("condition") or {},
            who=str(data.get("who") or KNOWN),
        )


def people_of(chosen: Chosen) -> QuerySet[Person]:
    """The people meant, never the erased ones. Raises ConditionError when the stored condition no longer holds good."""
    people = Person.objects.filter(erased_at=None)
    if chosen.ids:
        return people.filter(id__in=chosen.ids)
    if chosen.who != EVERYBODY:
        people = people.filter(is_anonymous=chosen.who == STRANGERS)
    if chosen.search.strip():
        people = people.filter(_meant_by(chosen.search))
    if chosen.condition:
        people = people.filter(stored_to_q(chosen.condition, registry.people()))
    return people


def find_by_text(text: str, *, limit: int = MOST_FOUND) -> list[int]:
    """Who may be meant by a typed name, e-mail, phone or nickname: their beginning is enough. Index lookups only."""
    found = list(_by_contact(text.strip()))
    for look in _name_looks(text):
        if len(found) < limit:
            found += Person.objects.filter(look, erased_at=None).values_list("id", flat=True)[:limit]
    return list(dict.fromkeys(found))[:limit]


def _meant_by(text: str) -> Q:
    """The same as a condition; names are left to the planner, which knows how many begin so."""
    meant = Q(id__in=list(_by_contact(text.strip())))
    for look in _name_looks(text):
        meant |= look
    return meant


def _name_looks(text: str) -> list[Q]:
    """Ways in which the words may be a name: first or last alone, or both in either order."""
    words = name_key(text).split()
    if not words or any(sign in text for sign in "@+0123456789"):
        return []
    first, rest = words[0], " ".join(words[1:])
    if not rest:
        return [_begins("last_key", first), _begins("first_key", first)]
    return [
        _begins("last_key", first) & Q(first_key__startswith=rest),
        _begins("last_key", rest) & Q(first_key__startswith=first),
    ]


def _by_contact(text: str) -> Iterable[int]:
    beginnings = _beginnings(text)
    if not beginnings:
        return
    look = Q()
    for beginning in beginnings:
        look |= _begins("value", beginning)
    rows = Identity.objects.filter(look, ~Q(kind="visitor"), kind__in=(*CONTACT_KINDS, "external"))
    yield from rows.values_list("person_id", flat=True)[:MOST_FOUND]


def _begins(column: str, text: str) -> Q:
    """As both engines can use an index for: a range, and on PostgreSQL the LIKE of `varchar_pattern_ops`."""
    return Q(**{f"{column}__startswith": text, f"{column}__gt": ""}) & _range(column, text)


def _range(column: str, text: str) -> Q:
    if connection.vendor == "postgresql":
        return Q()
    return Q(**{f"{column}__gte": text, f"{column}__lt": text + "\U0010ffff"})


def _beginnings(text: str) -> list[str]:
    """How a contact that begins so may stand in the table."""
    region = get_workspace().phone_region
    kind = guess_kind(text)
    lowered = text.lower().lstrip("@")
    beginnings = {lowered} if len(lowered) >= 2 and " " not in lowered else set()
    if kind:
        with suppress(ContactUnreadable):
            beginnings.add(normalise(kind=kind, text=text, region=region))
    digits = "".join(sign for sign in text if sign.isdigit())
    if len(digits) >= 3 and len(digits) >= len(text.strip("+ ")) - text.count(" ") - 6:
        beginnings |= {f"+{digits}"}
        if digits.startswith("0"):
            beginnings.add(f"+38{digits}")
        if digits.startswith("8"):
            beginnings.add(f"+7{digits[1:]}")
    return sorted(beginnings)
