"""Companies: found by name without its legal form or by domain, made when unknown, changed by hand."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any

from django.db import connection, transaction
from django.db.models import Q

from teplo.kit import bulk
from teplo.kit.clock import now
from teplo.kit.ids import new_ids
from teplo.people import queries
from teplo.people.changing import note_changed
from teplo.people.company_history import remember_changes
from teplo.people.models import Company, Person
from teplo.people.names import company_key, plain

_company_key = lru_cache(maxsize=16_384)(company_key)
"""A list names one company many times."""
_BLANK: Mapping[str, Any] = {"domain": "", "industry": "", "size": None, "city": "", "country": "", "attributes": {}}


def find_or_create_companies(names: Iterable[str], *, at: datetime | None = None) -> dict[str, int]:
    """name → company, by the name without legal form and quotes; two statements, however many names."""
    moment = at or now()
    key_of = {name: _company_key(name) for name in names}
    known = _by_key(set(key_of.values()))
    new = {key: name for name, key in sorted(key_of.items(), reverse=True) if key not in known}
    rows: list[tuple[Any, ...]] = [
        (company_id, plain(new[key])[:300], key, moment, moment, *_BLANK.values())
        for company_id, key in zip(new_ids(len(new)), sorted(new), strict=True)
    ]
    bulk.insert(Company, ("id", "name", "name_key", "created_at", "updated_at", *_BLANK), rows)
    known |= {row[2]: row[0] for row in rows}
    return {name: known[key] for name, key in key_of.items()}


def find_known_companies(names: Iterable[str]) -> dict[str, int]:
    """As `find_or_create_companies`, but those that are not there are missing from the answer."""
    key_of = {name: company_key(name) for name in names}
    known = _by_key(set(key_of.values()))
    return {name: known[key] for name, key in key_of.items() if key in known}


def _by_key(keys: set[str]) -> dict[str, int]:
    """Of several companies with one key the oldest."""
    return queries.oldest_companies(keys)


INSIDE_FROM = 3


def find_companies(*, search: str, after: str, limit: int) -> list[Company]:
    """Companies by name from the place `after` ("key|id"), those in whose name or domain the words stand.

    One or two letters are looked for at the beginning, along an index; longer words anywhere.
    """
    companies = Company.objects.all()
    if key := company_key(search):
        domain = search.lower().removeprefix("www.").strip()
        is_short = len(key) < INSIDE_FROM
        named = _begins("name_key", key) if is_short else Q(name_key__contains=key)
        sited = _begins("domain", domain) if is_short else Q(domain__contains=domain)
        companies = companies.filter(named | sited)
    last_key, _bar, last_id = after.rpartition("|")
    if last_id.isdigit():
        companies = companies.filter(name_key__gte=last_key).filter(
            Q(name_key__gt=last_key) | Q(name_key=last_key, id__gt=int(last_id))
        )
    return list(companies.order_by("name_key", "id")[:limit])


def _begins(column: str, text: str) -> Q:
    """PostgreSQL has an index for LIKE on indexed texts; SQLite can only seek to a range."""
    if connection.vendor == "postgresql":
        return Q(**{f"{column}__startswith": text})
    return Q(**{f"{column}__gte": text, f"{column}__lt": text + "\U0010ffff"})


def create_company(*, name: str, at: datetime | None = None, **fields: Any) -> Company:
    """A new company by hand."""
    moment = at or now()
    return Company.objects.create(name=name, name_key=company_key(name), created_at=moment, updated_at=moment, **fields)


def change_company(*, company_id: int, fields: Mapping[str, Any], at: datetime | None = None) -> None:
    """Write the given columns; its people are noted, because conditions may ask for what changed."""
    moment = at or now()
    changed = dict(fields)
    if "name" in changed:
        changed["name_key"] = company_key(changed["name"])
    with transaction.atomic():
        remember_changes([(Company.objects.select_for_update().get(id=company_id), changed)], at=moment)
        Company.objects.filter(id=company_id).update(**changed, updated_at=moment)
    note_changed(Person.objects.filter(company_id=company_id).values_list("id", flat=True), "company", at=moment)
