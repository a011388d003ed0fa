"""Whose deed is this? Contacts and visitor ids in, people out: found, joined or newly made, thousands at once (R2, R3).

The pipeline's hot path: a batch of any size costs one SELECT when everybody in it is known, and a constant number of
statements otherwise. No model instances, only tuples.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Any, NamedTuple

from django.db import transaction

from teplo.kit import bulk
from teplo.kit.among import among
from teplo.kit.clock import now
from teplo.kit.ids import new_id, new_ids
from teplo.people import merging, queries, searching
from teplo.people.likeness import NO_NAME, Name, is_shared_kind, names_differ
from teplo.people.models import DuplicatePair, Identity, Person
from teplo.people.public_words import is_public_source
from teplo.people.sharing import Sharers

Contact = tuple[str, str]
"""Kind and normalised value."""

_ATTEMPTS = 6
MOST_ASKED_ABOUT = 20
"""Of a contact that more people share nobody is asked whether they are one: it says more about the contact."""
_VISITOR = "visitor"
_RANK = {kind: rank for rank, kind in enumerate(("external", "email", "phone", "telegram", "whatsapp", "viber", "vk"))}


class Claim(NamedTuple):
    """What one event, row or form says about who it is. `identities` are normalised; `person_id` wins over them."""

    identities: Sequence[Contact] = ()
    person_id: int | None = None
    at: datetime | None = None
    source: str = ""
    is_verified: bool = False
    is_public: bool = False
    """From a page, and nobody vouches for it: known contacts in it find nobody (docs/threat-model.md)."""
    stand_in: str = ""
    """Of a public one: the visitor id of the card that holds what was done in somebody else's name."""
    name: Name = NO_NAME
    """First and last name, where they are said: people who share a phone are told apart by them."""


class PersonUnknown(Exception):
    """There is no such person."""

    code = "person-unknown"


class ClaimEmpty(Exception):
    """An event must say whose it is: a visitor, a contact or a person."""

    code = "claim-empty"


class ContactsContested(Exception):
    """Other workers kept taking the same new contacts; the batch may be tried again."""


class _Contested(Exception):
    pass


Fill = Callable[[Sequence[int], Collection[int]], Mapping[int, Mapping[str, Any]]]
"""Asked with the person of each claim, and who of them is new: columns of their cards, written with them at once."""


def find_or_create_people(
    claims: Sequence[Claim],
    *,
    at: datetime | None = None,
    source: str = "",
    fill: Fill | None = None,
    unsure: set[int] | None = None,
) -> list[int]:
    """The person of each claim, in order. `unsure` gets the places of claims that named nothing but a contact of
    several people: its holder is answered.

    - A known contact finds its person; unknown contacts beside it join his card.
    - Contacts of two people in one claim: the strongest contact decides, and the two wait as a possible duplicate for a
      human's word. Two known people are never merged here.
    - A phone, or a mailbox of a company, is weak (people/likeness.py): it finds its holder, or another who shares it,
      only where no name, e-mail or number of one id-space differs. Else that is a new person; the contact stays with
      its holder, is shown on both as shared, and the two are a possible duplicate. Stronger contacts always win.
    - A visitor of whom nothing was known joins the card of the contact, with all he did before (R3). A visitor of
      another known person goes over to the contact's person from now on: the explicit contact wins.
    - Two workers with the same new contact end with one person.
    - A public claim touches no known card but that of its own visitor: with somebody else's contact it stays on a
      stranger's, and a contact is added only where nobody else vouches for the card.
    - Whoever else names a contact that a page had named first vouches for it from then on.

    Whom new contacts joined is found by them at once. Raises PersonUnknown, ClaimEmpty.
    """
    moment = at or now()
    wanted = _values_by_kind(claims)
    for _ in range(_ATTEMPTS):
        plan = _Plan(*queries.look_up_identities(wanted), moment, source)
        people = plan.resolve(claims)
        if unsure is not None:
            unsure.clear()
            unsure.update(place for place, claim in enumerate(claims) if id(claim) in plan.unsure)
        if plan.is_empty:
            return people
        if fill is not None and plan.new_people:
            plan.cards = fill(people, plan.new_people)
        try:
            with transaction.atomic():
                plan.write()
                searching.refresh(plan.with_new_contacts)
        except _Contested:
            continue
        return people
    raise ContactsContested


def look_ahead(claims: Sequence[Claim], *, at: datetime | None = None) -> list[tuple[int, bool]]:
    """What `find_or_create_people` would answer, nothing written: the person of each claim, and whether they are new.

    A new one's id is only good to see which claims are of one person.
    """
    plan = _Plan(*queries.look_up_identities(_values_by_kind(claims)), at or now(), "")
    return [(person, person in plan.new_people) for person in plan.resolve(claims)]


def _values_by_kind(claims: Iterable[Claim]) -> dict[str, set[str]]:
    wanted: dict[str, set[str]] = {}
    for claim in claims:
        for kind, value in claim.identities:
            if kind in wanted:
                wanted[kind].add(value)
            else:
                wanted[kind] = {value}
        if claim.stand_in:
            wanted.setdefault(_VISITOR, set()).add(claim.stand_in)
    return wanted


class _Plan:
    """What a batch means for people, thought out in memory first and then written at once."""

    def __init__(self, known: dict[Contact, int], told_by_pages: set[Contact], at: datetime, source: str) -> None:
        self.known = known
        self.told_by_pages = told_by_pages
        self.at = at
        self.source = source
        self.is_anonymous: dict[int, bool] = {}
        self.kinds: dict[int, set[str]] = {}
        self.vouched: set[int] = set()
        self.devices: set[Contact] = set()
        self.moved_on: dict[int, int] = {}
        self.new_people: dict[int, datetime] = {}
        self.new_identities: dict[Contact, tuple[int, Claim]] = {}
        self.revealed: set[int] = set()
        self.joined: dict[int, int] = {}
        self.repointed: dict[Contact, int] = {}
        self.doubts: dict[tuple[int, int], float] = {}
        self.vouched_for: dict[Contact, str] = {}
        self.cards: Mapping[int, Mapping[str, Any]] = {}
        self.sharers = Sharers()
        self.unsure: set[int] = set()

    @property
    def is_empty(self) -> bool:
        return not (
            self.new_identities
            or self.joined
            or self.repointed
            or self.doubts
            or self.new_people
            or self.vouched_for
            or self.sharers.new
        )

    @property
    def with_new_contacts(self) -> set[int]:
        people = {person for (kind, _), (person, _) in self.new_identities.items() if kind != _VISITOR}
        people |= {person for _, person in self.sharers.new}
        people |= {person for person in self.new_people if not self.is_anonymous[person]}
        return {self._now(person) for person in people}

    def resolve(self, claims: Sequence[Claim]) -> list[int]:
        self._vouch(claims, self.told_by_pages)
        self._look_up(claims)
        people = [self._known_by(claim) if self._is_plain(claim) else self._person_of(claim) for claim in claims]
        self._vouch(claims, self._named_now_by_pages())
        return [self._now(person) for person in people] if self.moved_on else people

    def _is_plain(self, claim: Claim) -> bool:
        """Nothing to weigh: one known contact says it all."""
        if len(claim.identities) != 1 or claim.person_id is not None or claim.identities[0] not in self.known:
            return False
        kind, value = claim.identities[0]
        return kind == _VISITOR or not (claim.is_public or is_shared_kind(kind, value))

    def _known_by(self, claim: Claim) -> int:
        person = self.known[claim.identities[0]]
        if any(claim.name):
            self.sharers.call(self._now(person), claim.name)
        return person

    def _vouch(self, claims: Sequence[Claim], told_by_pages: set[Contact]) -> None:
        """Note who else names contacts that only pages had told of."""
        if not told_by_pages:
            return
        for claim in claims:
            source = claim.source or self.source
            if claim.is_public or is_public_source(source):
                continue
            self.vouched_for |= {contact: source[:60] for contact in claim.identities if contact in told_by_pages}

    def _named_now_by_pages(self) -> set[Contact]:
        return {
            contact for contact, (_, claim) in self.new_identities.items() if claim.is_public and contact[0] != _VISITOR
        }

    def _look_up(self, claims: Sequence[Claim]) -> None:
        """Who of those in question is a stranger, and what the others are called and have: two statements, often none;
        and one more per kind where a phone or a company's mailbox is to be weighed."""
        asked = self._look_up_sharers(claims)
        for claim in claims:
            if claim.person_id is not None:
                asked.add(claim.person_id)
            if len(claim.identities) + (claim.person_id is not None) > 1:
                owners = {self.known.get(identity) for identity in claim.identities}
                if claim.is_public or claim.person_id is not None:
                    owners.add(claim.person_id)
                if len(owners) > 1:
                    asked.update(owner for owner in owners if owner is not None)
            if claim.stand_in and (owner := self.known.get((_VISITOR, claim.stand_in))) is not None:
                asked.add(owner)
        if not asked:
            return
        self._note_people(queries.strangers_and_names(asked))
        self.sharers.forget_missing(self.is_anonymous.keys())
        self._follow_merges({claim.person_id for claim in claims if claim.person_id is not None})
        if known_people := [person for person, is_anonymous in self.is_anonymous.items() if not is_anonymous]:
            for person, kind, value, is_verified, source in queries.contacts_of(known_people):
                self._note_contact(person, (kind, value))
                is_told = is_public_source(source) and (kind, value) not in self.vouched_for
                if kind != _VISITOR and (is_verified or not is_told):
                    self.vouched.add(person)
                if kind == _VISITOR and is_verified:
                    self.devices.add((kind, value))

    def _look_up_sharers(self, claims: Sequence[Claim]) -> set[int]:
        """Who else has the weak contacts that stand in a claim without their holder's stronger ones; answers whom to
        ask about: holders and sharers."""
        wanted: set[Contact] = set()
        holders: set[int] = set()
        for claim in claims:
            owners = {contact: owner for contact in claim.identities if (owner := self.known.get(contact)) is not None}
            weak = [contact for contact in owners if is_shared_kind(*contact)]
            strong = {owner for c, owner in owners.items() if c[0] != _VISITOR and not is_shared_kind(*c)}
            strong |= {claim.person_id} if claim.person_id is not None else set()
            if any(owners[contact] not in strong for contact in weak):
                wanted.update(weak)
                holders.update(owners[contact] for contact in weak)
        if wanted:
            self.sharers.take(queries.sharers_of(wanted))
        return holders | self.sharers.people

    def _note_people(self, found: dict[int, tuple[bool, Name]]) -> None:
        for person, (is_anonymous, name) in found.items():
            self.is_anonymous[person] = is_anonymous
            self.sharers.call(person, name)

    def _note_contact(self, person: int, contact: Contact) -> None:
        self.kinds.setdefault(person, set()).add(contact[0])
        self.sharers.note(person, contact)

    def _follow_merges(self, named: set[int]) -> None:
        missing = named - self.is_anonymous.keys()
        if not missing:
            return
        self.moved_on.update(merging.winners_of(missing))
        winners = {self._now(person) for person in missing}
        self._note_people(queries.strangers_and_names(winners))
        if any(winner not in self.is_anonymous for winner in winners):
            raise PersonUnknown

    def _now(self, person: int) -> int:
        while person in self.moved_on:
            person = self.moved_on[person]
        return person

    def _owner(self, identity: Contact) -> int | None:
        owner = self.known.get(identity)
        return None if owner is None else self._now(owner)

    def _person_of(self, claim: Claim) -> int:
        if claim.person_id is None and not claim.is_public:
            if self._is_all_new(claim.identities):
                return self._newcomer(claim)
            if (owner := self._owner_of_all(claim.identities)) is not None:
                self.sharers.call(owner, claim.name)
                return owner
        visitors = [identity for identity in claim.identities if identity[0] == _VISITOR]
        contacts = sorted(
            (identity for identity in claim.identities if identity[0] != _VISITOR), key=lambda c: _RANK.get(c[0], 9)
        )
        if not (visitors or contacts) and claim.person_id is None:
            raise ClaimEmpty
        if claim.is_public:
            return self._person_of_public(claim, visitors, contacts)
        person = self._choose(claim, visitors, contacts)
        self.sharers.call(person, claim.name)
        for contact in contacts:
            self._attach(contact, person, claim)
        if (contacts or claim.person_id is not None) and self.is_anonymous.get(person):
            self._reveal(person, contacts)
        for visitor in visitors:
            self._attach_visitor(visitor, person, claim)
        return person

    def _is_all_new(self, identities: Sequence[Contact]) -> bool:
        """Whether these are contacts, of which none is known."""
        known = self.known
        return bool(identities) and not any(contact in known or contact[0] == _VISITOR for contact in identities)

    def _owner_of_all(self, identities: Sequence[Contact]) -> int | None:
        """Whose all these contacts are; None if they are not all one person's, a visitor is among them, or all of them
        are such as several people may have."""
        owners = {self._owner(contact) for contact in identities}
        if len(owners) != 1 or any(kind == _VISITOR for kind, _ in identities):
            return None
        return owners.pop() if any(not is_shared_kind(*contact) for contact in identities) else None

    def _newcomer(self, claim: Claim) -> int:
        person = self._new_person(claim, is_anonymous=False)
        self.sharers.call(person, claim.name)
        for contact in claim.identities:
            self._attach(contact, person, claim)
        return person

    def _person_of_public(self, claim: Claim, visitors: Sequence[Contact], contacts: Sequence[Contact]) -> int:
        """The visitor's own card; contacts join it only where nobody is touched by it."""
        own = next((owner for v in visitors if (owner := self._owner(v)) is not None), None)
        is_known = own is not None and not self.is_anonymous.get(own, not contacts)
        foreign = [contact for contact in contacts if self._is_anothers(contact, own)]
        if foreign and not self._are_only_shared(foreign, contacts, claim):
            return self._speaker_for_another(claim, visitors, own, is_known=is_known)
        contacts = [contact for contact in contacts if contact not in foreign]
        fresh = [contact for contact in contacts if contact not in self.known]
        if own is not None and is_known and fresh:
            is_device = any(visitor in self.devices for visitor in visitors)
            is_open = is_device or own not in self.vouched
            if not self._may_be_his(own, fresh):  # a shared computer: somebody else, who takes it along if it is free
                person = self._new_person(claim, is_anonymous=False)
                visitors = visitors if own not in self.vouched and not is_device else ()
            elif is_open:
                person = own
            else:
                return own
        else:
            person = self._new_person(claim, is_anonymous=not contacts) if own is None else own
        self.sharers.call(person, claim.name)
        for contact in (*fresh, *foreign):
            self._attach(contact, person, claim)
        if contacts and self.is_anonymous.get(person):
            self._reveal(person, contacts)
        for visitor in visitors:
            self._attach_visitor(visitor, person, claim)
        return person

    def _is_anothers(self, contact: Contact, own: int | None) -> bool:
        return self._owner(contact) not in (None, own) and not (own and self.sharers.has(contact, own))

    def _are_only_shared(self, foreign: Sequence[Contact], contacts: Sequence[Contact], claim: Claim) -> bool:
        """Weak contacts of others beside a stronger one of the visitor's own: they share an office."""
        if not any(contact not in foreign and not is_shared_kind(*contact) for contact in contacts):
            return False
        return all(
            is_shared_kind(*contact)
            and not any(self.sharers.may_be(person, claim.name, contacts) for person in self._holders(contact))
            for contact in foreign
        )

    def _holders(self, contact: Contact) -> list[int]:
        """Who has a contact: its holder, then those who share it."""
        owner = self._owner(contact)
        if owner is None:
            return []
        return list(dict.fromkeys([owner, *map(self._now, self.sharers.of(contact))]))

    def _speaker_for_another(
        self, claim: Claim, visitors: Sequence[Contact], own: int | None, *, is_known: bool
    ) -> int:
        """A stranger's card for what is said in somebody else's name: the visitor's own, or one that stands in."""
        if own is not None and not is_known:
            return own
        place = visitors[0] if visitors and own is None else (_VISITOR, claim.stand_in)
        stranger = self._owner(place)
        if stranger is not None and self.is_anonymous.get(stranger, True):
            return stranger
        person = self._new_person(claim, is_anonymous=True)
        if stranger is None and place[1]:
            self._attach(place, person, claim)
        return person

    def _choose(self, claim: Claim, visitors: Sequence[Contact], contacts: Sequence[Contact]) -> int:
        if claim.person_id is not None:
            return self._now(claim.person_id)
        strong = [contact for contact in contacts if not is_shared_kind(*contact)]
        owners = list(dict.fromkeys(owner for c in strong if (owner := self._owner(c)) is not None))
        for other in owners[1:]:
            self._doubt(owners[0], other, 1.0)
        if owners and not self._are_two_of_one_space(owners[0], strong, claim):
            return owners[0]
        visiting = next((owner for v in visitors if (owner := self._owner(v)) is not None), None)
        if weak := [contact for contact in contacts if contact in self.known and is_shared_kind(*contact)]:
            found = self._weigh(weak, contacts, claim, visiting)
            return found if found is not None else self._new_person(claim, is_anonymous=False)
        if owners:
            return self._new_person(claim, is_anonymous=False)
        if visiting is not None and (not contacts or self._may_be_his(visiting, contacts)):
            return visiting
        return self._new_person(claim, is_anonymous=not contacts)

    def _weigh(
        self, weak: Sequence[Contact], contacts: Sequence[Contact], claim: Claim, visiting: int | None
    ) -> int | None:
        """Who of those who have a weak contact is meant: whoever's browser it is, then whose name agrees, then the
        holder. None: nobody whom name, e-mail and numbers allow."""
        people = list(dict.fromkeys(person for contact in weak for person in self._holders(contact)))
        if visiting in people and self.sharers.may_be(visiting, claim.name, contacts):
            return visiting
        person, is_sure = self.sharers.most_alike(people, claim.name, contacts)
        if not is_sure and len(people) > 1:
            self.unsure.add(id(claim))
        return person

    def _are_two_of_one_space(self, owner: int, strong: Sequence[Contact], claim: Claim) -> bool:
        """An e-mail with another number of the same id-space and surely another name: two people have one mailbox."""
        numbers = [contact for contact in strong if contact[0] == "external"]
        if not numbers or any(contact in self.known for contact in numbers):
            return False
        is_other = not self.sharers.may_be(owner, NO_NAME, numbers)
        return is_other and names_differ(self.sharers.name_of(owner), claim.name)

    def _doubt(self, one: int, other: int, likeness: float) -> None:
        self.doubts.setdefault((min(one, other), max(one, other)), likeness)

    def _may_be_his(self, person: int, contacts: Sequence[Contact]) -> bool:
        """New contacts from a known browser: his, unless he already has others of the same kind (a shared computer)."""
        return bool(self.is_anonymous.get(person)) or self.kinds.get(person, set()).isdisjoint(c[0] for c in contacts)

    def _new_person(self, claim: Claim, *, is_anonymous: bool) -> int:
        person = new_id()
        self.new_people[person] = claim.at or self.at
        self.is_anonymous[person] = is_anonymous
        return person

    def _attach(self, contact: Contact, person: int, claim: Claim) -> None:
        if contact not in self.known:
            self.known[contact] = person
            self.new_identities[contact] = (person, claim)
            self._note_contact(person, contact)
        elif is_shared_kind(*contact) or contact[0] == "email":
            self._share(contact, person, claim)

    def _share(self, contact: Contact, person: int, claim: Claim) -> None:
        """The contact is its holder's and this person's too."""
        holder = self._owner(contact)
        if holder is None or holder == person:
            return
        source = (claim.source or self.source)[:60]
        is_first = self.sharers.share(contact, person, source=source, since=claim.at or self.at)
        if is_first and len(self.sharers.of(contact)) <= MOST_ASKED_ABOUT:
            self._doubt(holder, person, self.sharers.likeness(holder, person))

    def _reveal(self, person: int, contacts: Sequence[Contact]) -> None:
        if contacts:
            self.is_anonymous[person] = False
            if person not in self.new_people:
                self.revealed.add(person)

    def _attach_visitor(self, visitor: Contact, person: int, claim: Claim) -> None:
        owner = self._owner(visitor)
        if owner is None:
            self._attach(visitor, person, claim)
        elif owner != person and self.is_anonymous.get(owner):
            self._join(owner, person)
        elif owner != person:
            self.known[visitor] = person
            self.repointed[visitor] = person

    def _join(self, stranger: int, person: int) -> None:
        self.moved_on[stranger] = person
        if stranger in self.new_people:
            del self.new_people[stranger]
        else:
            self.joined[stranger] = person

    def write(self) -> None:
        """Identities first: they are what two workers may want at the same time. Raises _Contested to begin anew."""
        self._write_identities()
        known = self.vouched_for.keys() & self.told_by_pages
        queries.vouch_for_identities([(*contact, self.vouched_for[contact]) for contact in known])
        self._write_people()
        self.sharers.write(self._now)
        if self.revealed and _reveal_people(self.revealed, self.at) < len(self.revealed):
            raise _Contested
        queries.point_identities([(k, v, self._now(person)) for (k, v), person in self._repointed_known()])
        if self.joined:
            merging.join_strangers(
                [(stranger, self._now(person)) for stranger, person in self.joined.items()], at=self.at
            )
        self._write_doubts()

    def _repointed_known(self) -> list[tuple[Contact, int]]:
        return [(visitor, person) for visitor, person in self.repointed.items() if visitor not in self.new_identities]

    def _write_identities(self) -> None:
        rows = [
            (kind, value, self._now(self.repointed.get((kind, value), person)), "", claim.is_verified,
             person in self.new_people, self._source_of((kind, value), claim), claim.at or self.at)
            for (kind, value), (person, claim) in sorted(self.new_identities.items(), key=lambda item: item[0])
        ]  # fmt: skip
        columns = ("kind", "value", "person_id", "shown", "is_verified", "is_main", "source", "created_at")
        if bulk.insert(Identity, columns, rows, ignore_known=True) < len(rows):
            raise _Contested

    def _source_of(self, contact: Contact, claim: Claim) -> str:
        return self.vouched_for.get(contact) or (claim.source or self.source)[:60]

    def _write_people(self) -> None:
        rows = [
            (person, self.is_anonymous[person], created, self.at) for person, created in sorted(self.new_people.items())
        ]
        insert_people(rows, self.cards)

    def _write_doubts(self) -> None:
        rows = [
            (pair_id, first, second, "contact", likeness, self.at, "")
            for pair_id, ((first, second), likeness) in zip(
                new_ids(len(self.doubts)), sorted(self.doubts.items()), strict=True
            )
        ]
        columns = ("id", "first_id", "second_id", "reason", "likeness", "found_at", "answer")
        bulk.insert(DuplicatePair, columns, rows, ignore_known=True)


_EMPTY_COLUMNS = (
    "first_name", "middle_name", "last_name", "first_key", "last_key", "position", "city", "country", "language",
    "timezone",
)  # fmt: skip


def insert_people(
    rows: Sequence[tuple[int, bool, datetime, datetime]], cards: Mapping[int, Mapping[str, Any]] = MappingProxyType({})
) -> None:
    """New people: (id, is anonymous, created, updated), bare but for what `cards` says of them, column → value."""
    blank: dict[str, Any] = {"attributes": {}, **dict.fromkeys(_EMPTY_COLUMNS, "")}
    if cards:
        blank |= {"company_id": None, "owner_id": None}
    columns = ("id", "is_anonymous", "created_at", "updated_at", *blank)
    bulk.insert(Person, columns, [(*row, *{**blank, **cards.get(row[0], {})}.values()) for row in rows])


def _reveal_people(people: set[int], at: datetime) -> int:
    return Person.objects.filter(id__in=among(people), is_anonymous=True).update(is_anonymous=False, updated_at=at)
