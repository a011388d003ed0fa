"""Which people: a search, a condition and a kind, or those ticked. One description for list, count, act and export."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from django.db import connection
from django.db.models import F, Q, QuerySet, Value
from django.db.models.functions import Replace, StrIndex
from django.db.models.lookups import Contains, Exact, GreaterThan

from teplo.accounts.workspace import get_workspace
from teplo.conditions import registry
from teplo.conditions.compiling import stored_to_q
from teplo.conditions.reading import ConditionError
from teplo.people.identities import ContactUnreadable, guess_kind, normalise
from teplo.people.models import NAMED_ONLY, Identity, Person, SharedContact
from teplo.people.names import name_key, plain

KNOWN, STRANGERS, EVERYBODY = "known", "strangers", "all"
KINDS = (KNOWN, STRANGERS, EVERYBODY)
MOST_FOUND = 300
"""How many people a look by contacts, or a typed search for one person, answers at most."""

INSIDE_FROM = 3
"""So many letters are looked for anywhere in a name or an address; fewer at its beginning."""
DIGITS_FROM = 4
MOST_WORDS = 6
_FEW = 3000
_NOT_IN_NUMBER = re.compile(r"[^\d\s().+-]")


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


_TWINS = {"і": "и", "ї": "и", "є": "е", "ґ": "г"}
"""Letters of Ukrainian and as they are typed, or spelt, in Russian: both sides are compared so."""
_CYRILLIC = re.compile("[а-яґєії]")


def _folded(column: str, word: str) -> Any:
    """The column with its twins made one; PostgreSQL has trigrams of this very expression (migration 0010).

    SQLite reads every name, so only those letters are folded that the word has.
    """
    text: Any = F(column)
    for letter, plain_letter in _TWINS.items():
        if connection.vendor == "postgresql" or plain_letter in word:
            text = Replace(text, Value(letter), Value(plain_letter))
    return text


@dataclass(frozen=True)
class _Word:
    """A typed word that must stand in the first or the last name, anywhere; of one or two letters, at the beginning."""

    typed: str
    text: str

    @property
    def is_short(self) -> bool:
        return len(self.text) < INSIDE_FROM

    @property
    def by_index(self) -> Q:
        """As PostgreSQL can use its indexes for, and SQLite reads an index that holds both names."""
        look = Q()
        for column in ("last_key", "first_key"):
            if self.is_short:
                look |= _begins(column, self.typed) | _begins(column, self.text)
            else:
                look |= Q(Contains(_folded(column, self.text), self.text)) & Q(**{f"{column}__gt": ""})
        return look

    @property
    def by_reading(self) -> Q:
        """The same in words that no index answers, so that the planner follows the list's own order."""
        look = Q()
        for column in ("last_key", "first_key"):
            place = StrIndex(_folded(column, self.text), Value(self.text))
            look |= Q(Exact(place, Value(1))) if self.is_short else Q(GreaterThan(place, Value(0)))
        return look


def find_by_text(text: str, *, limit: int = MOST_FOUND) -> list[int]:
    """Who may be meant by a typed name, e-mail, phone or nickname, or by a part of one; who is called just so first."""
    text = plain(text)
    found = list(_by_contact(text.strip()))
    if len(found) < limit:
        found += _called(_words(text), limit)
    return list(dict.fromkeys(found))[:limit]


def _called(words: Sequence[_Word], limit: int) -> list[int]:
    """People in whose names the words stand; those whose name begins with the first of them come first."""
    if not words:
        return []
    first = words[0].typed
    begins = (_begins("last_key", first), _begins("first_key", first))
    found: list[int] = []
    for look in (*begins, None):
        if len(found) < limit:
            people = Person.objects.filter(_all_of(words), erased_at=None)
            found += (people.filter(look) if look else _with_a_name(people)).values_list("id", flat=True)[:limit]
    return found


def _meant_by(text: str, *, is_listed: bool) -> Q:
    """The same as a condition.

    For a list a few are looked up first, and when they are many people are read in the order of the list until a page
    is full: both engines would else sort all of them.
    """
    text = plain(text)
    meant = Q(id__in=list(_by_contact(text)))
    words = _words(text)
    if not words:
        return meant
    return meant | (_few_or_read(words) if is_listed else _all_of(words))


def _few_or_read(words: Sequence[_Word]) -> Q:
    few = list(_with_a_name(Person.objects.filter(_all_of(words))).values_list("id", flat=True)[: _FEW + 1])
    if len(few) <= _FEW:
        return Q(id__in=few)
    read = Q()
    for word in words:
        read &= word.by_reading
    return read


def _all_of(words: Sequence[_Word]) -> Q:
    meant = Q()
    for word in words:
        meant &= word.by_index
    return meant


def _with_a_name(people: QuerySet[Person]) -> QuerySet[Person]:
    """Only those with a name, in the words of the index that holds nobody else and is read instead of the table."""
    return people.filter(NAMED_ONLY)


def _words(text: str) -> list[_Word]:
    """Ways in which the words may be a name; a text with an @ or without a letter is none."""
    if "@" in text or not any(sign.isalpha() for sign in text):
        return []
    return [_word(word) for word in name_key(text).split()[:MOST_WORDS]]


def _word(typed: str) -> _Word:
    """A Latin i among Cyrillic letters is meant as theirs."""
    meant = typed.replace("i", "і") if _CYRILLIC.search(typed) else typed
    return _Word(meant, "".join(_TWINS.get(letter, letter) for letter in meant))


def _by_contact(text: str) -> Iterable[int]:
    """By the beginning of a contact, or by a part of it that is long enough."""
    look = Q()
    for beginning in _beginnings(text):
        look |= _begins("value", beginning)
    for part in _parts(text):
        look |= Q(value__contains=part)
    if look:
        rows = Identity.objects.filter(look, ~Q(kind="visitor"))
        yield from rows.values_list("person_id", flat=True)[:MOST_FOUND]
        yield from SharedContact.objects.filter(look).values_list("person_id", flat=True)[:MOST_FOUND]


def _parts(text: str) -> list[str]:
    """What must stand somewhere in a contact: a piece of an address, some digits of a number."""
    parts = []
    lowered = text.lower()
    if len(lowered) >= INSIDE_FROM and " " not in lowered and lowered.isascii():
        parts.append(lowered)
    digits = "".join(sign for sign in text if sign.isdigit())
    if len(digits) >= DIGITS_FROM and not _NOT_IN_NUMBER.search(text):
        parts.append(digits)
    return list(dict.fromkeys(parts))


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
