"""The list of people: search, conditions as chips, order, columns, views of one's own."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.core.cache import cache
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from teplo.accounts.access import Right, requires
from teplo.accounts.models import SavedView, User
from teplo.conditions import registry
from teplo.conditions.reading import ConditionError
from teplo.conditions.sentences import say_stored
from teplo.conditions.vocabulary import Vocabulary
from teplo.insights.people_list import Numbers, Page, Row, count_people, list_people
from teplo.kit.wording import in_language
from teplo.people.attributes import definitions
from teplo.people.choosing import EVERYBODY, KNOWN, STRANGERS
from teplo.people.identities import ContactUnreadable
from teplo.people.making import ContactTaken, NewPerson, make_person
from teplo.people.models import Person
from teplo.people.seeking import Sought, seek
from teplo.tracking.vocabulary import SOURCES
from teplo.web.answers import page, part_of, place_to_return, redirect, refused, saved, wants_fragment
from teplo.web.formatting import as_number, cell
from teplo.web.people_acts import offers_for
from teplo.web.people_query import ListQuery, QueryRefused, read_query
from teplo.web.sharing import offer_to_share, wants_to_share

COLUMNS: Mapping[str, Any] = {
    "contacts": gettext_lazy("Contacts"),
    "company": gettext_lazy("Company"),
    "city": gettext_lazy("City"),
    "stage": gettext_lazy("Stage"),
    "score": gettext_lazy("Warmth"),
    "tags": gettext_lazy("Tags"),
    "owner": gettext_lazy("Whose person"),
    "source": gettext_lazy("Came from"),
    "seen": gettext_lazy("Last seen"),
    "created": gettext_lazy("First met"),
}
USUAL_COLUMNS = ("contacts", "company", "stage", "score", "tags", "owner", "seen")
SORTS: Mapping[str, Any] = {
    "seen": gettext_lazy("Seen last"),
    "score": gettext_lazy("Warmest"),
    "name": gettext_lazy("By name"),
    "created": gettext_lazy("Newest"),
    "stage": gettext_lazy("By stage"),
}
SORT_OF_COLUMN = {"stage": "stage", "score": "score", "seen": "seen", "created": "created"}
WHO: Mapping[str, Any] = {
    KNOWN: gettext_lazy("Known people"),
    STRANGERS: gettext_lazy("Strangers"),
    EVERYBODY: gettext_lazy("Everybody"),
}
_COUNT_KEPT = 60  # seconds
_COUNT_AT_ONCE = timedelta(milliseconds=40)
_COUNT_AT_MOST = timedelta(seconds=15)


@dataclass(frozen=True)
class Line:
    """A row as the list shows it."""

    row: Row
    called: str
    source: str
    cells: list[tuple[str, str]]
    tags: list[tuple[str, str]]

    @property
    def person(self) -> Person:
        return self.row.person


@requires(Right.SEE)
def people_list(request: HttpRequest) -> HttpResponse:
    query = read_query(request)
    sought = seek(query.search) if query.search and not query.error else None
    query, found = _found(request, query, sought)
    numbers = _numbers(query, sought)
    headings = _headings(request.user, query, has_tags=any(row.tags for row in found.rows))
    views = _views(request.user)
    current = next((view for view, _url in views if view.query == query.as_json()), None)
    context = {
        "query": query,
        "lines": [_line(row, [key for key, *_rest in headings], query) for row in found.rows],
        "numbers": numbers,
        "found_text": _found_text(numbers),
        "may_act_on_all": bool(found.further or request.GET.get("after")),
        "chips": _chips(query, registry.people()),
        "headings": headings,
        "is_fragment": wants_fragment(request),
        "kinds": [(name, query.url(who=key), query.who == key) for key, name in WHO.items()],
        "kind_name": WHO[query.who],
        "sorts": [(key, name, query.url(sort=key)) for key, name in SORTS.items()],
        "sort_name": SORTS[query.sort],
        "quick": _quick(query, request.user),
        "acts": offers_for(request.user),
        "views": views,
        "current_view": current.pk if current else None,
        "own_view": current.pk if current and current.user_id == request.user.pk else None,
        **_addresses(request, query, found, numbers),
    }
    return page(request, "people/list.html", context, fragment="people/_list.html")


def _addresses(request: HttpRequest, query: ListQuery, found: Page, numbers: Numbers) -> dict[str, str]:
    return {
        "count_url": query.url(page="people-count") if numbers.is_more else "",
        "further_url": _further(query, found),
        "back_url": query.url() if request.GET.get("after") else "",
        "search_url": query.url(search=""),
        "name_url": query.url(sort="name"),
        "filter_url": query.url(page="people-filter"),
        "columns_url": query.url(page="people-columns"),
        "keep_url": query.url(page="people-view-new"),
        "export_csv_url": query.url(page="people-csv"),
        "export_xlsx_url": query.url(page="people-xlsx"),
    }


def _line(row: Row, keys: Sequence[str], query: ListQuery) -> Line:
    acquisition = getattr(row.person, "acquisition", None)
    return Line(
        row=row,
        called=row.person.name or next(iter(row.contacts.values()), "") or _("A stranger"),
        source=source_name(acquisition.first_source) if acquisition else "",
        cells=[(key, _own_value(row.person, key)) for key in keys],
        tags=[(tag.name, query.with_part({"tag": tag.key}).url()) for tag in row.tags],
    )


def source_name(key: str) -> str:
    return next((str(choice.name) for choice in SOURCES if choice.key == key), key)


def _own_value(person: Person, key: str) -> str:
    value = person.attributes.get(key.removeprefix("attr:")) if key.startswith("attr:") else None
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return cell(value) if value is not None else ""


def _found(request: HttpRequest, query: ListQuery, sought: Sought | None) -> tuple[ListQuery, Page]:
    """A query that cannot be used finds nobody: what is done with a list must never be done with everybody."""
    after = request.GET.get("after", "")
    try:
        return query, list_people(chosen=query.chosen, sort=query.sort, after=after, sought=sought)
    except QueryRefused:
        return query, Page([], "")
    except ConditionError as error:
        return query.broken(error), Page([], "")


def _numbers(query: ListQuery, sought: Sought | None) -> Numbers:
    """Exact for some thousands; else what was counted less than a minute ago, else "more than", or nothing yet."""
    if query.error:
        return Numbers(None)
    limit = _COUNT_AT_ONCE if query.condition else None
    return cache.get(_count_key(query)) or count_people(chosen=query.chosen, limit=limit, sought=sought)


def _found_text(numbers: Numbers) -> str:
    return "" if numbers.people is None else as_number(numbers.people) + ("+" if numbers.is_more else "")


def _count_key(query: ListQuery) -> str:
    said = json.dumps(query.chosen.as_json(), sort_keys=True)
    return f"people-count:{hashlib.sha256(said.encode()).hexdigest()}"


@requires(Right.SEE)
@part_of("people")
def people_count(request: HttpRequest) -> HttpResponse:
    """The exact numbers of a large list; the page asks for them by itself."""
    query = read_query(request)
    try:
        numbers = cache.get(_count_key(query))
        if numbers is None:
            numbers = count_people(chosen=query.chosen, at_most=None, limit=_COUNT_AT_MOST, sought=None)
            cache.set(_count_key(query), numbers, _COUNT_KEPT)
    except (QueryRefused, ConditionError):
        numbers = Numbers(None)
    return render(request, "people/_numbers.html", {"numbers": numbers, "query": query})


def _chips(query: ListQuery, vocabulary: Vocabulary) -> list[tuple[str, str]]:
    chips = [(say_stored(part, vocabulary), query.without_part(place).url()) for place, part in enumerate(query.parts)]
    return [(_("“%(text)s”") % {"text": query.search}, query.url(search="")), *chips] if query.search else chips


def _quick(query: ListQuery, user: Any) -> list[tuple[str, str]]:
    """One-click conditions that are not there yet."""
    if query.error:
        return []
    offered: list[tuple[str, Mapping[str, Any]]] = [
        (_("hot people"), {"temperature": "hot"}),
        (_("warm people"), {"temperature": "warm"}),
        (_("my people"), {"field": "owner", "is": str(user.pk)}),
    ]
    taken = {json.dumps(part, sort_keys=True) for part in query.parts}
    return [
        (name, query.with_part(part).url()) for name, part in offered if json.dumps(part, sort_keys=True) not in taken
    ]


def _further(query: ListQuery, found: Page) -> str:
    if not found.further:
        return ""
    address = query.url()
    return f"{address}{'&' if '?' in address else '?'}{urlencode({'after': found.further})}"


def _columns(user: Any) -> list[tuple[str, str]]:
    """What this user wants to see: (key, heading); custom attributes as attr:key."""
    names = _all_columns()
    wanted = user.preferences.get("people_columns") or USUAL_COLUMNS
    return [(key, names[key]) for key in wanted if key in names]


def _all_columns() -> dict[str, str]:
    own = {f"attr:{key}": in_language(found.names) or key for key, found in definitions().items()}
    return {**{key: str(name) for key, name in COLUMNS.items()}, **own}


def _headings(user: Any, query: ListQuery, *, has_tags: bool) -> list[tuple[str, str, str, bool]]:
    """(key, heading, address that sorts by it, whether it is sorted by it).

    A column in which nobody has a tag takes no room.
    """
    return [
        (
            key,
            name,
            query.url(sort=SORT_OF_COLUMN[key]) if key in SORT_OF_COLUMN else "",
            SORT_OF_COLUMN.get(key) == query.sort,
        )
        for key, name in _columns(user)
        if key != "tags" or has_tags
    ]


@requires(Right.SEE)
@part_of("people")
def people_filter(request: HttpRequest) -> HttpResponse:
    """The drawer in which a condition is built."""
    return render(request, "people/_filter.html", {"query": read_query(request)})


@requires(Right.SEE)
@part_of("people")
def people_columns(request: HttpRequest) -> HttpResponse:
    """Which columns one wants to see, kept with the user."""
    names = _all_columns()
    user: Any = request.user
    if request.method == "POST":
        wanted = [key for key in request.POST.getlist("columns") if key in names]
        User.objects.filter(pk=user.pk).update(preferences={**user.preferences, "people_columns": wanted})
        return redirect(request, place_to_return(request, "people"))
    shown = [key for key, _name in _columns(request.user)]
    rows = [(key, names[key], True) for key in shown] + [
        (key, name, False) for key, name in names.items() if key not in shown
    ]
    return render(request, "people/_columns.html", {"rows": rows, "back": read_query(request).url()})


# views of one's own


def _views(user: Any) -> list[tuple[SavedView, str]]:
    rows = SavedView.objects.filter(Q(user_id=user.pk) | Q(is_shared=True), page="people").order_by("name")
    return [(view, ListQuery.from_json(view.query).url()) for view in rows]


class ViewForm(forms.Form):
    name = forms.CharField(
        label=gettext_lazy("Name"), max_length=120, widget=forms.TextInput(attrs={"autofocus": True})
    )
    is_shared = forms.BooleanField(label=gettext_lazy("For all colleagues"), required=False)


@requires(Right.SEE)
def view_new(request: HttpRequest) -> HttpResponse:
    query = read_query(request, also=("name", "is_shared"))
    form = ViewForm(request.POST if request.method == "POST" else None)
    if query.error:
        refused(request, query.error)
        return redirect(request, query.url())
    if request.method == "POST" and form.is_valid():
        SavedView.objects.create(
            user_id=request.user.pk or 0, page="people", query=query.as_json(), **form.cleaned_data
        )
        saved(request, _("The view is kept."))
        return redirect(request, query.url())
    status = 422 if form.errors else 200
    return page(
        request, "people/view.html", {"form": form, "query": query}, fragment="people/_view.html", status=status
    )


@requires(Right.SEE)
@require_POST
def view_delete(request: HttpRequest, view_id: int) -> HttpResponse:
    SavedView.objects.filter(pk=view_id, user_id=request.user.pk or 0).delete()
    saved(request, _("The view is gone; the people in it stay."))
    return redirect(request, "people")


# somebody new


class NewPersonForm(forms.Form):
    first_name = forms.CharField(label=gettext_lazy("First name"), max_length=120, required=False)
    last_name = forms.CharField(label=gettext_lazy("Last name"), max_length=120, required=False)
    email = forms.CharField(label=gettext_lazy("E-mail"), max_length=254, required=False)
    phone = forms.CharField(label=gettext_lazy("Phone"), max_length=60, required=False)
    telegram = forms.CharField(label=gettext_lazy("Telegram"), max_length=120, required=False)
    company = forms.CharField(label=gettext_lazy("Company"), max_length=300, required=False)
    position = forms.CharField(label=gettext_lazy("Position"), max_length=200, required=False)
    city = forms.CharField(label=gettext_lazy("City"), max_length=120, required=False)
    consent = forms.BooleanField(label=gettext_lazy("Allowed us to write by e-mail"), required=False)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        said = ("first_name", "last_name", "email", "phone", "telegram")
        if not self.errors and not any(cleaned.get(name) for name in said):
            raise forms.ValidationError(_("Give at least a name or a contact."))
        return cleaned


@requires(Right.EDIT_PEOPLE)
def person_new(request: HttpRequest) -> HttpResponse:
    form = NewPersonForm(
        request.POST if request.method == "POST" else None, initial={"company": request.GET.get("company", "")}
    )
    taken = None
    if request.method == "POST" and form.is_valid():
        try:
            new = NewPerson(**form.cleaned_data, is_shared=wants_to_share(request))
            person_id = make_person(new=new, by=f"user:{request.user.pk}")
            return redirect(request, "person", person_id)
        except ContactUnreadable as error:
            form.add_error(error.kind, str(error))
        except ContactTaken as error:
            taken = error.person_id
            form.add_error(error.kind, str(error))
            offer_to_share(form, error)
    context = {"form": form, "taken": taken}
    return page(request, "people/new.html", context, fragment="people/_new.html", status=422 if form.errors else 200)


urlpatterns: Sequence[Any] = [
    path("people/", people_list, name="people"),
    path("people/count/", people_count, name="people-count"),
    path("people/filter/", people_filter, name="people-filter"),
    path("people/columns/", people_columns, name="people-columns"),
    path("people/views/new/", view_new, name="people-view-new"),
    path("people/views/<int:view_id>/delete/", view_delete, name="people-view-delete"),
    path("people/new/", person_new, name="person-new"),
]
