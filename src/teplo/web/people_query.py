"""What the address of the list of people says: search, condition, kind of people, order."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _

from teplo.conditions import registry
from teplo.conditions.reading import ConditionError, read_json
from teplo.insights.people_list import ORDERS
from teplo.people.choosing import KINDS, KNOWN, Chosen
from teplo.people.names import plain
from teplo.web.conditions import posted_condition

SHORTCUTS = ("temperature", "stage", "segment", "owner", "grade", "company", "source", "activity", "tag")
"""Words with which other pages lead here: `?temperature=hot`. They become parts of the condition."""

NARROWING = ("q", "condition", "condition_text", "who", *SHORTCUTS)
"""Everything in an address that says fewer people are meant."""

BESIDE = ("sort", "after", "csrfmiddlewaretoken")
"""What else an address or a form of the list carries, whoever is meant."""

DEFAULT_SORT = "seen"


LONGEST = 200
"""Signs of a search."""


class QueryRefused(ValueError):
    """It cannot be said who is meant: nobody is then, never everybody. The text says why."""


@dataclass(frozen=True)
class ListQuery:
    """A choice of people and an order, as an address carries it."""

    search: str = ""
    condition: Mapping[str, Any] = field(default_factory=dict)
    who: str = KNOWN
    sort: str = DEFAULT_SORT
    error: str = ""
    """Why the address cannot be used. It means nobody then."""
    said: str = ""
    """The address as it came, where it cannot be used."""

    @property
    def chosen(self) -> Chosen:
        """The people meant; raises QueryRefused if the address does not say."""
        if self.error:
            raise QueryRefused(self.error)
        return Chosen(search=self.search, condition=self.condition, who=self.who)

    @property
    def parts(self) -> list[Mapping[str, Any]]:
        """The conditions that must all hold, one per chip."""
        return parts_of(self.condition)

    @property
    def is_narrowed(self) -> bool:
        return bool(self.search or self.condition or self.error)

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
        if changed.error:
            return f"{reverse(page)}?{changed.said}"
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
        condition = data.get("condition", {})
        if not isinstance(condition, Mapping):
            return cls(error=_("The filter cannot be read."), said=urlencode({"condition": json.dumps(condition)}))
        return cls(
            search=str(data.get("search", "")),
            condition=condition,
            who=str(data.get("who") or KNOWN),
            sort=sort if sort in ORDERS else DEFAULT_SORT,
        )

    def broken(self, error: object) -> ListQuery:
        """The same as one that cannot be used."""
        return replace(self, error=str(error), said=self.url().partition("?")[2])


def read_query(request: HttpRequest, *, also: Collection[str] = ()) -> ListQuery:
    """The query of an address or a form. What cannot be read, or is not known, is told in `error`: nobody is meant.

    `also` are the names that this page takes beside those of every list; where one is called like a shortcut, as the
    `owner` of an act is, it is the page's and says nothing of who is meant.
    """
    data = request.POST if request.method == "POST" else request.GET
    sort = data.get("sort", DEFAULT_SORT).lstrip("-")
    sort = sort if sort in ORDERS else DEFAULT_SORT
    try:
        _refuse_unknown(request, {*NARROWING, *BESIDE, *also})
        shortcuts = [_shortcut(name, data[name], request) for name in SHORTCUTS if name in data and name not in also]
        parts = [*parts_of(posted_condition(data, "condition")), *shortcuts]
        condition = all_of(parts)
        read_json(condition, registry.people())
        return ListQuery(_search(data), condition, _kind(data), sort)
    except (QueryRefused, ConditionError) as error:
        return ListQuery(sort=sort, error=str(error), said=_said(data))


def _refuse_unknown(request: HttpRequest, known: Collection[str]) -> None:
    """A slip of the pen (`segmnet=5`) must not leave everybody; neither must a word said twice or in two places."""
    asked = request.GET if request.method == "POST" else {}
    data = request.POST if request.method == "POST" else request.GET
    for name in (*asked, *data):
        if name not in known or name in asked:
            raise QueryRefused(_("The list does not know “%(name)s”.") % {"name": name[:100]})
    if "condition_text" in data and not data["condition_text"].strip() and data.get("condition", "{}") != "{}":
        raise QueryRefused(_("“%(name)s” is said without a value.") % {"name": "condition_text"})
    for name in NARROWING:
        if len(set(data.getlist(name))) > 1:
            raise QueryRefused(_("“%(name)s” is said more than once.") % {"name": name})


def _search(data: QueryDict) -> str:
    said = data.get("q", "")
    search = plain(said)
    if len(search) > LONGEST or (said.strip() and not search):
        raise QueryRefused(_("This cannot be searched for."))
    return search


def _kind(data: QueryDict) -> str:
    who = data.get("who") or KNOWN
    if who not in KINDS:
        raise QueryRefused(_("There is no such kind of people: “%(kind)s”.") % {"kind": who[:100]})
    return who


def _said(data: QueryDict) -> str:
    """Of the address only what belongs to a list, and no more of it than an address holds."""
    kept = QueryDict(mutable=True)
    for name, values in data.lists():
        if name not in BESIDE and name not in ("ids", "do", "everybody"):
            kept.setlist(name, values)
    said = kept.urlencode()
    return said if len(said) <= 2000 else "condition="


def _shortcut(name: str, value: str, request: HttpRequest) -> dict[str, Any]:
    if not value.strip():
        raise QueryRefused(_("“%(name)s” is said without a value.") % {"name": name})
    if name == "activity":
        return {"did": value}
    if name == "segment":
        return {"in": value}
    if name in ("temperature", "stage", "grade", "tag"):
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
