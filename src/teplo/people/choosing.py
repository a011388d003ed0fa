"""Which people: a search, a condition and a kind, or those ticked. One description for list, count, act and export."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from django.db import connection
from django.db.models import F, Q, QuerySet, Value
from django.db.models.functions import Concat
from django.db.models.lookups import StartsWith

from teplo.accounts.workspace import get_workspace
from teplo.conditions import registry
from teplo.conditions.compiling import stored_to_q
from teplo.conditions.reading import ConditionError
from teplo.people.identities import ContactUnreadable, guess_kind, normalise
from teplo.people.models import Identity, Person
from teplo.people.names import name_key, plain

KNOWN, STRANGERS, EVERYBODY = "known", "strangers", "all"
KINDS = (KNOWN, STRANGERS, EVERYBODY)
MOST_FOUND = 300
"""How many people a look by contacts, or a typed search for one person, answers at most."""

_FEW = 3000


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
        """What `as_json` gave; raises ConditionError for anything that has lost its sense: it is never everybody."""
        condition, who = data.get("condition", {}), data.get("who", KNOWN)
        if not isinstance(condition, Mapping):
            raise ConditionError("not-an-object", ("condition",))
        if who not in KINDS:
            raise ConditionError("unknown-value", ("who",), field="who", value=who)
        try:
            ids = tuple(int(i) for i in data.get("ids", ()))
        except (TypeError, ValueError):
            raise ConditionError("not-a-list", ("ids",)) from None
        return cls(ids=ids, search=str(data.get("search", "")), condition=condition, who=who)


def people_of(chosen: Chosen, *, is_listed: bool = False) -> QuerySet[Person]:
    """The people meant, never the erased ones. Raises ConditionError if the condition cannot be asked any more, also if
    only a value that it names is gone: whoever acts on people must not act on others than were meant.

    `is_listed`: the first of them are wanted in some order that an index gives.
    """
    people = Person.objects.filter(erased_at=None)
    if chosen.ids:
        return people.filter(id__in=chosen.ids)
    if chosen.who not in KINDS:
        raise ConditionError("unknown-value", ("who",), field="who", value=chosen.who)
    if chosen.who != EVERYBODY:
        people = people.filter(is_anonymous=chosen.who == STRANGERS)
    if chosen.search:
        people = people.filter(_meant_by(chosen.search, is_listed=is_listed))
    if chosen.condition != {}:
        people = people.filter(stored_to_q(chosen.condition, registry.people(), of_known_values=True))
    return people


@dataclass(frozen=True)
class _Name:
    """One way in which typed words may be a name: how the one column begins, and perhaps the other."""

    column: str
    text: str
    other: str = ""
    rest: str = ""

    @property
    def by_index(self) -> Q:
        look = _begins(self.column, self.text)
        return look & Q(**{f"{self.other}__startswith": self.rest}) if self.rest else look

    @property
    def by_reading(self) -> Q:
        """The same in words that no index answers, so that the planner follows the list's own order."""
        look = Q(StartsWith(Concat(F(self.column), Value("")), self.text))
        return look & Q(**{f"{self.other}__startswith": self.rest}) if self.rest else look


def find_by_text(text: str, *, limit: int = MOST_FOUND) -> list[int]:
    """Who may be meant by a typed name, e-mail, phone or nickname: their beginning is enough. Index lookups only."""
    text = plain(text)
    found = list(_by_contact(text.strip()))
    for name in _names(text):
        if len(found) < limit:
            found += Person.objects.filter(name.by_index, erased_at=None).values_list("id", flat=True)[:limit]
    return list(dict.fromkeys(found))[:limit]


def _meant_by(text: str, *, is_listed: bool) -> Q:
    """The same as a condition.

    PostgreSQL knows how many names begin so, and chooses between its indexes by that. SQLite does not: for a list a few
    are looked up first, and when they are many people are read in the order of the list until a page is full.
    """
    text = plain(text)
    meant = Q(id__in=list(_by_contact(text)))
    for name in _names(text):
        meant |= _few_or_read(name) if is_listed and connection.vendor == "sqlite" else name.by_index
    return meant


def _few_or_read(name: _Name) -> Q:
    few = list(Person.objects.filter(name.by_index).values_list("id", flat=True)[: _FEW + 1])
    return Q(id__in=few) if len(few) <= _FEW else name.by_reading


def _names(text: str) -> list[_Name]:
    """Ways in which the words may be a name: first or last alone, or both in either order."""
    words = name_key(text).split()
    if not words or "@" in text or not any(sign.isalpha() for sign in text):
        return []
    first, rest = words[0], " ".join(words[1:])
    if not rest:
        return [_Name("last_key", first), _Name("first_key", first)]
    return [_Name("last_key", first, "first_key", rest), _Name("last_key", rest, "first_key", first)]


def _by_contact(text: str) -> Iterable[int]:
    beginnings = _beginnings(text)
    if not beginnings:
        return
    look = Q()
    for beginning in beginnings:
        look |= _begins("value", beginning)
    rows = Identity.objects.filter(look, ~Q(kind="visitor"))
    yield from rows.values_list("person_id", flat=True)[:MOST_FOUND]


def _begins(column: str, text: str) -> Q:
    """As both engines can use an index for.

    PostgreSQL takes LIKE with `varchar_pattern_ops`; SQLite takes a range, of which the first bound named is the one it
    seeks to, so the bound that only proves the index's own condition stands last.
    """
    begins = Q(**{f"{column}__startswith": text})
    if connection.vendor != "postgresql":
        begins = Q(**{f"{column}__gte": text}) & Q(**{f"{column}__lt": text + "\U0010ffff"}) & begins
    return begins if column == "value" else begins & Q(**{f"{column}__gt": ""})


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
