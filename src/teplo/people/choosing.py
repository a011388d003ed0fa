"""Which people: a search, a condition and a kind, or those ticked. One description for list, count, act and export."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db import connection
from django.db.models import Q, QuerySet

from teplo.conditions import registry
from teplo.conditions.compiling import stored_to_q
from teplo.conditions.reading import ConditionError
from teplo.kit.among import among
from teplo.people.models import Person
from teplo.people.names import look_key, name_key, plain
from teplo.people.seeking import Sought, seek

KNOWN, STRANGERS, EVERYBODY = "known", "strangers", "all"
KINDS = (KNOWN, STRANGERS, EVERYBODY)
MOST_FOUND = 300
"""How many people a typed search for one person answers at most."""
_NEAR = 2000
"""So many whose name begins with the first of several words are looked at."""


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


def people_of(chosen: Chosen, *, sought: Sought | None = None) -> QuerySet[Person]:
    """The people meant, never the erased ones. Raises ConditionError if the condition cannot be asked any more, also if
    only a value that it names is gone: whoever acts on people must not act on others than were meant.

    `sought`: whom the search means, looked up before; then the people are read in the order of a list.
    """
    people = Person.objects.filter(erased_at=None)
    if chosen.ids:
        return people.filter(id__in=chosen.ids)
    if chosen.who not in KINDS:
        raise ConditionError("unknown-value", ("who",), field="who", value=chosen.who)
    if chosen.who != EVERYBODY:
        people = people.filter(is_anonymous=chosen.who == STRANGERS)
    if chosen.search:
        people = people.filter(sought.one_by_one if sought else seek(chosen.search).all_at_once)
    if chosen.condition != {}:
        people = people.filter(stored_to_q(chosen.condition, registry.people(), of_known_values=True))
    return people


def find_by_text(text: str, *, limit: int = MOST_FOUND) -> list[int]:
    """Who may be meant by a typed name, e-mail, phone or nickname, or by a part of one; who is called just so first."""
    sought = seek(text, limit=max(limit, MOST_FOUND) + 1)
    if len(sought.ids) > MOST_FOUND:
        return list(dict.fromkeys([*_called(text, sought, limit), *sought.ids]))[:limit]
    people = Person.objects.filter(id__in=among(sought.ids), erased_at=None)
    first = _first_word(text)
    rows = people.values_list("last_key", "first_key", "id")
    return [row[2] for row in sorted(rows, key=lambda row: _order(row, first))][:limit]


def _first_word(text: str) -> str:
    words = plain(text).split()
    return look_key(words[0]) if words else ""


def _order(row: tuple[str, str, int], first: str) -> tuple[bool, bool, int]:
    last_name, first_name, person = row
    return (not look_key(last_name).startswith(first), not look_key(first_name).startswith(first), person)


def _called(text: str, sought: Sought, limit: int) -> list[int]:
    """Of many those whose last, then whose first name begins with the first word."""
    found: list[int] = []
    first = name_key(plain(text).split()[0])
    for column in ("last_key", "first_key"):
        if len(found) < limit:
            near = Person.objects.filter(_begins(column, first)).order_by().values("id")[:_NEAR]
            people = Person.objects.filter(sought.by_own_text, id__in=near, erased_at=None)
            found += people.values_list("id", flat=True)[:limit]
    return found


def _begins(column: str, text: str) -> Q:
    """As both engines can use an index for.

    PostgreSQL takes LIKE with `varchar_pattern_ops`; SQLite takes a range, of which the first bound named is the one it
    seeks to, so the bound that only proves the index's own condition stands last.
    """
    begins = Q(**{f"{column}__startswith": text})
    if connection.vendor != "postgresql":
        begins = Q(**{f"{column}__gte": text}) & Q(**{f"{column}__lt": text + "\U0010ffff"}) & begins
    return begins & Q(**{f"{column}__gt": ""})
