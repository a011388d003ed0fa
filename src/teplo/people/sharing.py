"""Contacts that several people have: an office phone, a mailbox of a company, a family's number.

One of them holds it as an `Identity`; the others stand in `SharedContact`. On all their cards it is shown as shared.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from django.db import transaction
from django.db.models import Exists, OuterRef

from teplo.kit import bulk
from teplo.kit.among import among
from teplo.kit.ids import new_id
from teplo.people import queries
from teplo.people.likeness import NO_NAME, Name, is_shared_kind, names_agree, names_differ
from teplo.people.models import Consent, ConsentState, DuplicatePair, Identity, Person, SharedContact
from teplo.people.public_words import PUBLIC, is_public_source

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


# who has a contact, and what hangs on that


def shared_by(person_ids: Iterable[int]) -> dict[int, list[Contact]]:
    """person → the contacts that they have of somebody else's, in order of kind and value."""
    found: dict[int, list[Contact]] = {}
    rows = SharedContact.objects.filter(person_id__in=among(person_ids)).order_by("kind", "value")
    for person, kind, value in rows.values_list("person_id", "kind", "value"):
        found.setdefault(person, []).append((kind, value))
    return found


def addresses_shared_by(person_ids: Iterable[int], kinds: Iterable[str]) -> dict[int, list[Contact]]:
    """The same, only those that messages may go to: a page has not told of them alone."""
    found: dict[int, list[Contact]] = {}
    rows = SharedContact.objects.filter(person_id__in=among(person_ids), kind__in=sorted(kinds))
    rows = rows.exclude(source__startswith=PUBLIC).order_by("since")
    for person, kind, value in rows.values_list("person_id", "kind", "value"):
        found.setdefault(person, []).append((kind, value))
    return found


def everybody_with(contacts: Iterable[Contact], *, only_vouched: bool = False) -> dict[Contact, list[int]]:
    """contact → everybody who has it, of contacts that several people have; the holder first."""
    wanted = set(contacts)
    sharers = queries.sharers_of(wanted) if wanted else {}
    if only_vouched:
        sharers = {c: [one for one in found if not is_public_source(one[1])] for c, found in sharers.items()}
    if not any(sharers.values()):
        return {}
    rows = Identity.objects.filter(queries.any_identity(sharers)).values_list("kind", "value", "person_id")
    holders = {(kind, value): person for kind, value, person in rows}
    found = {
        contact: list(dict.fromkeys([*([holders[contact]] if contact in holders else []), *(p for p, _ in people)]))
        for contact, people in sharers.items()
    }
    return {contact: people for contact, people in found.items() if len(people) > 1}


def refused_by_sharers(contacts: Iterable[Contact], channels: Iterable[str]) -> set[tuple[str, str, str]]:
    """(channel, kind, value) of contacts that several people have, one of whom has taken their consent back: it holds
    for the address, whoever of them is meant. One statement where nothing is shared."""
    people = everybody_with(contacts, only_vouched=True)
    if not people:
        return set()
    everybody = {person for sharing in people.values() for person in sharing}
    words = Consent.objects.filter(
        person_id__in=among(everybody), channel__in=sorted(set(channels)), is_current=True, state=ConsentState.WITHDRAWN
    )
    refused = set(words.values_list("person_id", "channel"))
    return {
        (channel, *contact) for contact, sharing in people.items() for person, channel in refused if person in sharing
    }


def keep_shared(*, person_id: int, contact: Contact, by: str, at: datetime) -> None:
    """Somebody says that a contact of another card is this person's too: nobody is asked about the two."""
    kind, value = contact
    holder = queries.known_identities({kind: [value]}).get(contact)
    if holder is None or holder == person_id:
        return
    bulk.upsert(
        SharedContact, _COLUMNS, [(person_id, kind, value, by[:60], at)], key=("person_id", "kind", "value"),
        replace=("source",),
    )  # fmt: skip
    pair = (min(holder, person_id), max(holder, person_id))
    row = (new_id(), *pair, "contact", 0.2, at, "different", at)
    columns = ("id", "first_id", "second_id", "reason", "likeness", "found_at", "answer", "answered_at")
    bulk.insert(DuplicatePair, columns, [row], ignore_known=True)


def hand_on(contacts: Iterable[Contact], *, but: Iterable[int] = ()) -> int:
    """Contacts whose holder is gone go to whoever has shared them longest; answers how many went."""
    gone = set(but)
    heirs = {
        contact: next(((person, source) for person, source in people if person not in gone), None)
        for contact, people in queries.sharers_of(contacts).items()
    }
    rows = [(kind, value, *heir) for (kind, value), heir in sorted(heirs.items()) if heir]
    if not rows:
        return 0
    kinds = {(kind, person) for kind, _, person, _ in rows}
    have = Identity.objects.filter(person_id__in=among({person for _, person in kinds}), is_main=True)
    mains = set(have.values_list("kind", "person_id"))
    since = _since(rows)
    columns = ("kind", "value", "person_id", "shown", "is_verified", "is_main", "source", "created_at")
    with transaction.atomic():
        taken = bulk.insert(
            Identity,
            columns,
            [
                (kind, value, person, "", False, (kind, person) not in mains, source, since[person, kind, value])
                for kind, value, person, source in rows
            ],
            ignore_known=True,
        )
        own = Identity.objects.filter(person_id=OuterRef("person_id"), kind=OuterRef("kind"), value=OuterRef("value"))
        SharedContact.objects.filter(Exists(own), person_id__in=among({person for _, person in kinds})).delete()
    return taken


def _since(rows: Sequence[tuple[str, str, int, str]]) -> dict[tuple[int, str, str], datetime]:
    found = SharedContact.objects.filter(person_id__in=among({person for _, _, person, _ in rows}))
    return {
        (p, kind, value): since for p, kind, value, since in found.values_list("person_id", "kind", "value", "since")
    }


class Likeness(NamedTuple):
    """What speaks for and against two cards being one person's."""

    contacts: list[Contact]
    """What both have."""
    names_differ: bool
    emails_differ: bool
    """Each has an e-mail of their own."""


def likeness_of(pairs: Sequence[tuple[int, int]]) -> dict[tuple[int, int], Likeness]:
    """Of each pair of cards; three statements."""
    people = {person for pair in pairs for person in pair}
    have: dict[int, set[Contact]] = {person: set() for person in people}
    rows = Identity.objects.filter(person_id__in=among(people)).exclude(kind="visitor")
    for person, kind, value in rows.values_list("person_id", "kind", "value"):
        have[person].add((kind, value))
    own = {person: any(c[0] == "email" and not is_shared_kind(*c) for c in found) for person, found in have.items()}
    for person, contacts in shared_by(people).items():
        have[person].update(contacts)
    names = Person.objects.filter(id__in=among(people)).values_list("id", "first_name", "last_name")
    called = {person: (first, last) for person, first, last in names}
    return {
        (one, other): Likeness(
            sorted(have[one] & have[other]),
            names_differ(called.get(one, NO_NAME), called.get(other, NO_NAME)),
            own[one] and own[other],
        )
        for one, other in pairs
    }
