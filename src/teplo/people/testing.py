"""Makers for tests: a person, his contacts, a company; every field can be said, nothing must be."""

from __future__ import annotations

from itertools import count
from typing import Any

from teplo.people import searching
from teplo.people.models import AttributeDefinition, Company, Identity, Person
from teplo.people.names import company_key, name_key

_numbers = count(1)


def make_person(**changes: Any) -> Person:
    """A known person, Ольга Иванова of Москва. `email=` and `phone=` give him contacts as well."""
    contacts = {kind: changes.pop(kind) for kind in ("email", "phone", "telegram", "visitor") if kind in changes}
    fields = {"first_name": "Ольга", "last_name": "Иванова", "city": "Москва", "language": "ru", **changes}
    fields.setdefault("first_key", name_key(fields["first_name"]))
    fields.setdefault("last_key", name_key(fields["last_name"]))
    person = Person.objects.create(**fields)
    for kind, value in contacts.items():
        make_identity(person=person, kind=kind, value=value)
    searching.refresh([person.id])
    return person


def make_stranger(**changes: Any) -> Person:
    """An anonymous person with a visitor id."""
    visitor = changes.pop("visitor", None) or f"visitor-{next(_numbers)}"
    names = dict.fromkeys(("first_name", "last_name", "city", "language"), "")
    return make_person(is_anonymous=True, visitor=visitor, **{**names, **changes})


def make_identity(*, person: Person, **changes: Any) -> Identity:
    """A contact of a person: an e-mail unless said otherwise."""
    fields = {"kind": "email", "value": f"person{next(_numbers)}@example.com", "is_main": True, **changes}
    identity = Identity.objects.create(person=person, **fields)
    if identity.kind != "visitor":
        searching.refresh([person.id])
    return identity


def make_company(**changes: Any) -> Company:
    """A company, ООО «Ромашка»."""
    fields = {"name": "ООО «Ромашка»", **changes}
    fields.setdefault("name_key", company_key(fields["name"]))
    return Company.objects.create(**fields)


def make_attribute(**changes: Any) -> AttributeDefinition:
    """A custom attribute of people: a text called after its key."""
    fields = {"key": f"attribute-{next(_numbers)}", "type": "text", **changes}
    fields.setdefault("names", {"ru": fields["key"], "en": fields["key"]})
    return AttributeDefinition.objects.create(**fields)
