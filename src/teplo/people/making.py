"""A person made or changed by hand, with his contacts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from teplo.accounts.workspace import get_workspace
from teplo.kit import bulk
from teplo.kit.clock import now
from teplo.kit.ids import new_id
from teplo.people import queries, searching
from teplo.people.attributes import Change, set_attributes
from teplo.people.changing import note_changed
from teplo.people.consent import ConsentWord, record_consents
from teplo.people.finding import insert_people
from teplo.people.identities import normalise
from teplo.people.likeness import is_shared_kind
from teplo.people.models import Identity, Person, SharedContact
from teplo.people.sharing import hand_on, keep_shared

_CONTACTS = ("email", "phone", "telegram")
_COLUMNS = ("first_name", "last_name", "position", "city", "company")


class ContactTaken(Exception):
    """The contact belongs to another person's card."""

    code = "contact-taken"

    def __init__(self, kind: str, person_id: int, *, may_share: bool = False) -> None:
        super().__init__(kind, person_id)
        self.kind = kind
        self.person_id = person_id
        self.may_share = may_share
        """Several people may have such a contact."""

    def __str__(self) -> str:
        return _("This contact belongs to another person's card.")


class LastContact(Exception):
    """A person needs a name or a contact."""

    code = "last-contact"


@dataclass(frozen=True)
class NewPerson:
    """What was typed about somebody new."""

    first_name: str = ""
    last_name: str = ""
    email: str = ""
    phone: str = ""
    telegram: str = ""
    company: str = ""
    position: str = ""
    city: str = ""
    consent: bool = False
    is_shared: bool = False
    """A phone or a company's mailbox that is another's is this person's too."""


def make_person(*, new: NewPerson, by: str, at: datetime | None = None) -> int:
    """A new card; answers its id. Raises ContactUnreadable, ContactTaken."""
    moment = at or now()
    person_id = new_id()
    with transaction.atomic():
        insert_people([(person_id, False, moment, moment)])
        for kind in _CONTACTS:
            if getattr(new, kind).strip():
                add_contact(
                    person_id=person_id, kind=kind, text=getattr(new, kind), by=by, at=moment, is_shared=new.is_shared
                )
        known = [Change(person_id, key, getattr(new, key)) for key in _COLUMNS if getattr(new, key)]
        set_attributes(known, by=by, at=moment)
        if new.consent and new.email:
            record_consents([ConsentWord(person_id, "email", at=moment, source=by)])
        note_changed([person_id], "hand", at=moment)
    return person_id


def add_contact(
    *, person_id: int, kind: str, text: str, by: str, at: datetime | None = None, is_shared: bool = False
) -> str:
    """One more way to reach a person; answers its normalised value. Raises ContactUnreadable, ContactTaken.

    `is_shared`: if it is another's who may share it, a phone or a company's mailbox, it is kept on both cards.
    """
    moment = at or now()
    value = normalise(kind=kind, text=text, region=get_workspace().phone_region)
    with transaction.atomic():
        has_main = Identity.objects.filter(person_id=person_id, kind=kind, is_main=True).exists()
        shown = text.strip()[:254] if text.strip() != value else ""
        row = (kind, value, person_id, shown, False, not has_main, by[:60], moment)
        columns = ("kind", "value", "person_id", "shown", "is_verified", "is_main", "source", "created_at")
        if not bulk.insert(Identity, columns, [row], ignore_known=True):
            owner = queries.known_identities({kind: [value]})[kind, value]
            if owner != person_id and not (is_shared and is_shared_kind(kind, value)):
                raise ContactTaken(kind, owner, may_share=is_shared_kind(kind, value))
            keep_shared(person_id=person_id, contact=(kind, value), by=by, at=moment)
        searching.refresh([person_id])
        Person.objects.filter(id=person_id, is_anonymous=True).update(is_anonymous=False, updated_at=moment)
        note_changed([person_id], "hand", at=moment)
    return value


def remove_contact(*, person_id: int, kind: str, value: str, at: datetime | None = None) -> None:
    """Take a contact off a card; another of its kind becomes the main one. Raises LastContact."""
    moment = at or now()
    with transaction.atomic():
        contacts = Identity.objects.filter(person_id=person_id)
        shared = SharedContact.objects.filter(person_id=person_id)
        others = [rows.exclude(kind=kind, value=value).exists() for rows in (contacts, shared)]
        if not any(others) and not Person.objects.get(id=person_id).name:
            raise LastContact
        shared.filter(kind=kind, value=value).delete()
        if contacts.filter(kind=kind, value=value).delete()[0]:
            hand_on([(kind, value)])
        searching.refresh([person_id])
        set_main(person_id=person_id, kind=kind)
        note_changed([person_id], "hand", at=moment)


def set_main(*, person_id: int, kind: str, value: str = "") -> None:
    """Let this contact, or the oldest when none is named and none is main, be the one that is used first."""
    contacts = Identity.objects.filter(person_id=person_id, kind=kind)
    if not value and contacts.filter(is_main=True).exists():
        return
    chosen = value or contacts.order_by("created_at").values_list("value", flat=True).first()
    contacts.filter(is_main=True).exclude(value=chosen).update(is_main=False)
    contacts.filter(value=chosen).update(is_main=True)
