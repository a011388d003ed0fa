"""The palette: any person, page, segment or journey by a few letters."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import NoReverseMatch, path, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from teplo.accounts.access import Right, requires
from teplo.journeys.models import Journey
from teplo.people.choosing import find_by_text
from teplo.people.models import Person, Segment
from teplo.web.rail import pages_for

AT_MOST = 6


class Found(NamedTuple):
    """One line of the palette."""

    icon: str
    label: str | Promise
    url: str
    note: str = ""


@requires(Right.SEE)
def search(request: HttpRequest) -> HttpResponse:
    text = request.GET.get("q", "").strip()
    groups = [(label, found(text, request.user)) for label, found in _groups()]
    context = {"groups": [(label, rows) for label, rows in groups if rows], "text": text}
    return render(request, "search/_found.html", context)


def _groups() -> list[tuple[str, Callable[[str, Any], list[Found]]]]:
    return [
        (_("People"), _people),
        (_("Pages"), _pages),
        (_("Segments"), _segments),
        (_("Journeys"), _journeys),
    ]


def _people(text: str, user: Any) -> list[Found]:
    if len(text) < 2 or not _address("person", 1):
        return []
    return [
        Found("user", person.name or _("A stranger"), _address("person", person.pk), person.city)
        for person in _matching(text)
    ]


def _matching(text: str) -> list[Person]:
    """People whose names, address or number begin so, known ones only, in the order they were found."""
    ids = find_by_text(text)[: AT_MOST * 3]
    people = Person.objects.filter(pk__in=ids, is_anonymous=False, erased_at=None).in_bulk()
    return [people[key] for key in ids if key in people][:AT_MOST]


def _pages(text: str, user: Any) -> list[Found]:
    wanted = text.casefold()
    return [Found(page.icon, page.label, page.url) for page in pages_for(user) if wanted in str(page.label).casefold()][
        : 40 if not text else AT_MOST
    ]


def _segments(text: str, user: Any) -> list[Found]:
    if not text or not _address("segment", 1):
        return []
    rows = Segment.objects.filter(name__icontains=text).order_by("name")[:AT_MOST]
    return [Found("filter", segment.name, _address("segment", segment.pk)) for segment in rows]


def _journeys(text: str, user: Any) -> list[Found]:
    if not text or not _address("journey", 1):
        return []
    rows = Journey.objects.filter(name__icontains=text).order_by("name")[:AT_MOST]
    return [Found("route", journey.name, _address("journey", journey.pk)) for journey in rows]


def _address(name: str, *args: Any) -> str:
    try:
        return reverse(name, args=args)
    except NoReverseMatch:
        return ""


urlpatterns = [path("search/", search, name="search")]
