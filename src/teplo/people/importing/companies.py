"""Companies of a chunk: found by name or domain, made when unknown, what is said of them filled in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import copy
from datetime import datetime
from typing import Any

from teplo.people.companies import find_or_create_companies
from teplo.people.company_history import remember_changes
from teplo.people.models import Company

_COLUMNS = {"domain": "domain", "industry": "industry", "size": "size", "city": "city", "country": "country"}
_LENGTHS = {"industry": 120, "city": 120}


def put_companies(said: Sequence[Mapping[str, Any]], *, overwrite: bool, at: datetime) -> list[int | None]:
    """The company of each row, None where it names none. Fields are filled where empty, or overwritten."""
    names = [str(fields.get("company") or fields.get("domain") or "") for fields in said]
    if not any(names):
        return [None] * len(said)
    ids = find_or_create_companies({name for name in names if name}, at=at)
    wanted: dict[int, dict[str, Any]] = {}
    for name, fields in zip(names, said, strict=True):
        if name and len(fields) > ("company" in fields):
            merged = wanted.setdefault(ids[name], {"attributes": {}})
            merged |= {column: fields[key] for key, column in _COLUMNS.items() if key in fields}
            merged["attributes"] |= fields.get("attributes", {})
    _fill(wanted, overwrite=overwrite, at=at)
    return [ids[name] if name else None for name in names]


def _fill(wanted: Mapping[int, Mapping[str, Any]], *, overwrite: bool, at: datetime) -> None:
    """Write what differs. Few companies change in a chunk, so Django's own bulk update does."""
    changed: list[Company] = []
    replaced: list[tuple[Company, Mapping[str, Any]]] = []
    for company in Company.objects.filter(id__in=list(wanted)).order_by("id"):
        fields = wanted[company.pk]
        patch = {
            name: value[: _LENGTHS[name]] if name in _LENGTHS else value
            for name, value in fields.items()
            if name != "attributes" and (overwrite or getattr(company, name) in (None, ""))
        }
        own = {k: v for k, v in fields["attributes"].items() if overwrite or k not in company.attributes}
        patch["attributes"] = {**company.attributes, **own}
        if any(getattr(company, name) != value for name, value in patch.items()):
            replaced.append((copy(company), patch))
            for name, value in (patch | {"updated_at": at}).items():
                setattr(company, name, value)
            changed.append(company)
    if changed:
        remember_changes(replaced, at=at)
        Company.objects.bulk_update(changed, [*_COLUMNS.values(), "attributes", "updated_at"], batch_size=500)
