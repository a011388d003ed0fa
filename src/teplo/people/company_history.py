"""What was known of a company before: every change of what conditions ask, so that the past can be asked (R21)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef, Q, Subquery

from teplo.conditions.comparing import json_holds
from teplo.conditions.vocabulary import Asking, Holds, Test, Type
from teplo.people.models import Company, CompanyChange

COLUMNS = ("name", "domain", "industry", "size", "city", "country")


def remember_changes(changes: Iterable[tuple[Company, Mapping[str, Any]]], *, at: datetime) -> int:
    """Keep what the given values are about to replace; one statement. A company just made has nothing to remember."""
    rows = [
        CompanyChange(company=company, key=key, old=old, new=new, at=at)
        for company, values in changes
        if company.created_at < at
        for key, old, new in _differences(company, values)
    ]
    return len(CompanyChange.objects.bulk_create(rows, batch_size=500)) if rows else 0


def _differences(company: Company, values: Mapping[str, Any]) -> Iterable[tuple[str, Any, Any]]:
    for name in COLUMNS:
        if name in values and values[name] != getattr(company, name):
            yield name, getattr(company, name), values[name]
    if "attributes" in values:
        before, after = company.attributes, values["attributes"]
        for key in sorted({*before, *after}):
            if before.get(key) != after.get(key):
                yield f"attr.{key}", before.get(key), after.get(key)


def as_it_was(key: str, kind: Type, present: Holds) -> Holds:
    """`holds` of a company's field; of the past, what the first later change replaced, else what it is."""

    def holds(test: Test, asking: Asking) -> Q:
        if not asking.of_past:
            return present(test, asking)
        later = CompanyChange.objects.filter(company=OuterRef("pk"), key=key, at__gt=asking.at)
        before = Subquery(later.order_by("at", "id").values("old")[:1])
        changed = Q(Exists(later))
        return (changed & json_holds(before, None, kind, test, asking)) | (~changed & present(test, asking))

    return holds
