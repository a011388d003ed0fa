"""What the address of the list of people says: search, condition, kind of people, order."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, QueryDict
from django.urls import reverse

from teplo.conditions.reading import ConditionError
from teplo.insights.people_list import ORDERS
from teplo.people.choosing import EVERYBODY, KNOWN, STRANGERS, Chosen
from teplo.web.conditions import posted_condition

SHORTCUTS = ("temperature", "stage", "segment", "owner", "grade", "company", "source", "activity")
"""Words with which other pages lead here: `?temperature=hot`. They become parts of the condition."""

DEFAULT_SORT = "seen"


@dataclass(frozen=True)
class ListQuery:
    """A choice of people and an order, as an address carries it."""

    search: str = ""
    condition: Mapping[str, Any] = field(default_factory=dict)
    who: str = KNOWN
    sort: str = DEFAULT_SORT
    error: str = ""
    """Why the condition of the address cannot be used; it is left out then."""

    @property
    def chosen(self) -> Chosen:
        return Chosen(search=self.search, condition=self.condition, who=self.who)

    @property
    def parts(self) -> list[Mapping[str, Any]]:
        """The conditions that must all hold, one per chip."""
        return parts_of(self.condition)

    @property
    def is_narrowed(self) -> bool:
        return bool(self.search or self.condition)

    @property
    def warm_url(self) -> str:
        return self.with_part({"temperature": "warm"}).url()

    @property
    def hot_url(self) -> str:
        return self.with_part({"temperature": "hot"}).url()

    @property
    def condition_json(self) -> str:
        """For a hidden field of a form."""
        return json.dumps(self.condition, ensure_ascii=False)

    def url(self, *, page: str = "people", **changes: Any) -> str:
        """The address of this list with something changed."""
        changed = replace(self, **changes)
        values = {
            "q": changed.search,
            "condition": json.dumps(changed.condition, ensure_ascii=False) if changed.condition else "",
            "who": changed.who if changed.who != KNOWN else "",
            "sort": changed.sort if changed.sort != DEFAULT_SORT else "",
        }
        said = urlencode({key: value for key, value in values.items() if value})
        return f"{reverse(page)}?{said}" if said else reverse(page)

    def with_part(self, part: Mapping[str, Any]) -> ListQuery:
        return replace(self, condition=all_of([*self.parts, part]))

    def without_part(self, place: int) -> ListQuery:
        return replace(self, condition=all_of([part for number, part in enumerate(self.parts) if number != place]))

    def as_json(self) -> dict[str, Any]:
        return {"search": self.search, "condition": self.condition, "who": self.who, "sort": self.sort}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> ListQuery:
        sort = data.get("sort")
        return cls(
            search=str(data.get("search", "")),
            condition=data.get("condition") or {},
            who=str(data.get("who") or KNOWN),
            sort=sort if sort in ORDERS else DEFAULT_SORT,
        )


def read_query(request: HttpRequest) -> ListQuery:
    """The query of an address or a form; a condition that does not hold good is told in `error` and left out."""
    data = request.POST if request.method == "POST" else request.GET
    condition, error = _condition(data)
    who, sort = data.get("who", KNOWN), data.get("sort", DEFAULT_SORT).lstrip("-")
    shortcuts = [part for part in (_shortcut(name, data.get(name, ""), request) for name in SHORTCUTS) if part]
    return ListQuery(
        search=data.get("q", "").replace("\0", "").strip()[:200],
        condition=all_of([*parts_of(condition), *shortcuts]),
        who=who if who in (KNOWN, STRANGERS, EVERYBODY) else KNOWN,
        sort=sort if sort in ORDERS else DEFAULT_SORT,
        error=error,
    )


def _condition(data: QueryDict) -> tuple[Mapping[str, Any], str]:
    try:
        return posted_condition(data, "condition"), ""
    except ConditionError as error:
        return {}, str(error)


def _shortcut(name: str, value: str, request: HttpRequest) -> dict[str, Any]:
    if not value:
        return {}
    if name == "activity":
        return {"did": value}
    if name == "segment":
        return {"in": value}
    if name in ("temperature", "stage", "grade"):
        return {name: value}
    if name == "source":
        return {"first_source": value}
    if name == "owner":
        return {"field": "owner", "is": str(request.user.pk) if value == "me" else value}
    return {"field": "company.name", "is": value}


def parts_of(condition: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    if not condition:
        return []
    return list(condition["all"]) if set(condition) == {"all"} else [condition]


def all_of(parts: list[Mapping[str, Any]]) -> dict[str, Any]:
    if not parts:
        return {}
    return dict(parts[0]) if len(parts) == 1 else {"all": [dict(part) for part in parts]}
