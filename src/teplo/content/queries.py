"""Reads of content over several tables."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from teplo.people.models import Identity, Person
from teplo.people.sharing import addresses_shared_by

_PERSON = ("id", "first_name", "middle_name", "last_name", "position", "city", "country", "language", "attributes")
_COMPANY = ("company_id", "company__name", "company__industry", "company__city", "company__size", "company__domain")


def people_with_companies(person_ids: Sequence[int]) -> Iterable[dict[str, Any]]:
    """Names, attributes and company of people, one statement."""
    rows: Iterable[dict[str, Any]] = Person.objects.filter(pk__in=person_ids).values(
        *_PERSON, *_COMPANY, "company__attributes"
    )
    return rows


def addresses_of(person_ids: Sequence[int], *, kinds: Sequence[str]) -> dict[int, dict[str, str]]:
    """The main (else the oldest) address of each kind: {person: {kind: value}}."""
    rows = (
        Identity.objects.filter(person_id__in=person_ids, kind__in=kinds)
        .order_by("is_main", "-created_at")
        .values_list("person_id", "kind", "value", "shown")
    )
    found: dict[int, dict[str, str]] = {}
    for person_id, kind, value, shown in rows:  # the main one comes last and stays
        found.setdefault(person_id, {})[kind] = shown or value
    for person_id, contacts in addresses_shared_by(person_ids, kinds).items():
        for kind, value in contacts:
            found.setdefault(person_id, {}).setdefault(kind, value)
    return found
