"""Contacts that several people have: an office phone, a mailbox of a company, a family's number.

One of them holds it as an `Identity`; the others stand in `SharedContact`. On all their cards it is shown as shared.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from datetime import datetime

from teplo.kit import bulk
from teplo.people.likeness import NO_NAME, Name, is_shared_kind, names_agree, names_differ
from teplo.people.models import SharedContact
from teplo.people.public_words import is_public_source

Contact = tuple[str, str]
"""Kind and normalised value."""

_SURE = 1
_MOST_WEIGHED = 100
"""So many who share a contact are weighed one by one; of more, only whoever is called just so is looked for."""
_COLUMNS = ("person_id", "kind", "value", "source", "since")


class Sharers:
    """What a batch knows of people who share weak contacts: their names, e-mails and numbers, and new sharers."""

    def __init__(self) -> None:
        self.new: dict[tuple[Contact, int], tuple[str, datetime]] = {}
        self._people: dict[Contact, list[int]] = {}
        self._told_by_pages: set[tuple[Contact, int]] = set()
        self._vouched: dict[tuple[Contact, int], tuple[str, datetime]] = {}
        self._names: dict[int, Name] = {}
        self._strong: dict[int, set[str]] = {}

    @property
    def people(self) -> set[int]:
        return {person for people in self._people.values() for person in people}

    def take(self, found: Mapping[Contact, Sequence[tuple[int, str]]]) -> None:
        """Those who are known to share."""
        for contact, people in found.items():
            self._people[contact] = [person for person, _ in people]
            self._told_by_pages |= {(contact, person) for person, source in people if is_public_source(source)}

    def forget_missing(self, there: Container[int]) -> None:
        """Leave out sharers whose cards have become part of others since."""
        for contact, people in self._people.items():
            self._people[contact] = [person for person in people if person in there]

    def of(self, contact: Contact) -> list[int]:
        return self._people.get(contact, [])

    def has(self, contact: Contact, person: int) -> bool:
        return person in self.of(contact)

    def call(self, person: int, name: Name) -> None:
        """What a person is called; the first name that is said stays for this batch."""
        if any(name) and not any(self.name_of(person)):
            self._names[person] = name

    def name_of(self, person: int) -> Name:
        return self._names.get(person, NO_NAME)

    def note(self, person: int, contact: Contact) -> None:
        """A contact a person has."""
        if sort := _sort(contact):
            self._strong.setdefault(person, set()).add(sort)

    def may_be(self, person: int, name: Name, contacts: Iterable[Contact]) -> bool:
        """Whether nothing says that whoever has this name and these contacts is somebody else. Those of the contacts
        that one has only once (e-mail, number of an id-space) must be ones that nobody has."""
        mine = self._strong.get(person)
        if mine and not mine.isdisjoint(map(_sort, contacts)):
            return False
        return not names_differ(self.name_of(person), name)

    def most_alike(self, people: Sequence[int], name: Name, contacts: Sequence[Contact]) -> tuple[int | None, bool]:
        """Whom a name and contacts fit best, the first of equals; and whether the name says so."""
        if len(people) > _MOST_WEIGHED:
            namesakes = [person for person in people if any(name) and self.name_of(person) == name]
            people = [*namesakes, *people[:_MOST_WEIGHED]]
        best, most = None, -1
        for person in people:
            if self.may_be(person, name, contacts) and (told := names_agree(self.name_of(person), name)) > most:
                best, most = person, told
        return best, most >= _SURE

    def likeness(self, one: int, other: int) -> float:
        return 0.2 if names_differ(self.name_of(one), self.name_of(other)) else 0.9

    def share(self, contact: Contact, person: int, *, source: str, since: datetime) -> bool:
        """Note that the person has the contact too; answers whether that is new. Whoever is no page vouches for it."""
        if self.has(contact, person):
            if (contact, person) in self._told_by_pages and not is_public_source(source):
                self._told_by_pages.discard((contact, person))
                self._vouched[contact, person] = (source, since)
            return False
        self._people.setdefault(contact, []).append(person)
        self.new[contact, person] = (source, since)
        if is_public_source(source):
            self._told_by_pages.add((contact, person))
        return True

    def write(self, now_of: Callable[[int], int]) -> None:
        """Write new sharers; `now_of` says whose a card is now."""
        bulk.insert(SharedContact, _COLUMNS, _rows(self.new, now_of), ignore_known=True)
        bulk.upsert(
            SharedContact, _COLUMNS, _rows(self._vouched, now_of), key=("person_id", "kind", "value"),
            replace=("source",),
        )  # fmt: skip


def _rows(
    shares: Mapping[tuple[Contact, int], tuple[str, datetime]], now_of: Callable[[int], int]
) -> list[tuple[int, str, str, str, datetime]]:
    rows = {(now_of(person), *contact): said for (contact, person), said in shares.items()}
    return [(*key, *said) for key, said in sorted(rows.items())]


def _sort(contact: Contact) -> str:
    """What somebody has only one of: an e-mail, a number of an id-space. Empty for what says nothing."""
    kind, value = contact
    if kind == "external":
        return f"external:{value.rpartition(':')[0]}"
    return kind if kind == "email" and not is_shared_kind(kind, value) else ""
