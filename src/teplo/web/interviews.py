"""Notes of talks with customers, on a person's card and beside what the numbers say (R19)."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from teplo.accounts.access import Right, RightLacking, can, may_edit_person, requires
from teplo.accounts.models import User
from teplo.kit.clock import now
from teplo.people.models import Person
from teplo.scoring.interviewing import NothingSaid, drop_interview, frequent_reasons, note_interview
from teplo.scoring.models import Interview
from teplo.web.answers import page, part_of, redirect, refused, saved
from teplo.web.owned import acts_on

SHOWN = 20
SUGGESTED = 12


def recent_interviews(*, most: int = SHOWN) -> dict[str, Any]:
    """The newest talks with who said it and who noted it, and the tags heard most."""
    rows = list(Interview.objects.order_by("-at")[:most])
    return {"rows": _told(rows), "reasons": frequent_reasons(most=SUGGESTED)}


def _told(rows: list[Interview]) -> list[dict[str, Any]]:
    people = {person.pk: person for person in Person.objects.filter(pk__in={row.person_id for row in rows})}
    authors = dict(User.objects.filter(pk__in={row.by for row in rows}).values_list("pk", "name"))
    return [{"note": row, "person": people.get(row.person_id), "author": authors.get(row.by, "")} for row in rows]


def _own_id(request: HttpRequest) -> int:
    return int(request.user.pk or 0)


@requires(Right.SEE)
@acts_on("person_id", may_look=True)
@require_http_methods(["GET", "POST"])
@part_of("person", "person_id")
def person_interviews(request: HttpRequest, person_id: int) -> HttpResponse:
    """The section of a card: its talks, and a form for one more."""
    person = Person.objects.filter(pk=person_id, erased_at=None).first()
    if person is None:
        raise Http404
    may_add = may_edit_person(request.user, owner_id=person.owner_id)
    error = ""
    if request.method == "POST":
        if not may_add:
            raise RightLacking
        try:
            note_interview(
                person_id=person.pk, text=request.POST.get("text", ""), by=_own_id(request), at=now(),
                reasons=request.POST.get("reasons", "").split(","),
            )  # fmt: skip
        except NothingSaid:
            error = _("Write what he said.")
    context = {
        "person": person,
        "rows": _told(list(Interview.objects.filter(person=person).order_by("-at")[:SHOWN])),
        "suggested": [word for word, _times in frequent_reasons(most=SUGGESTED)],
        "may_add": may_add,
        "may_drop_all": can(request.user, Right.MANAGE),
        "error": error,
        "is_open": bool(error),
    }
    return render(request, "interviews/_person.html", context, status=422 if error else 200)


@requires(Right.SEE)
@require_http_methods(["GET"])
def interview_list(request: HttpRequest) -> HttpResponse:
    """All talks, the newest first; of one tag when asked."""
    rows = Interview.objects.order_by("-at")[:2000]
    wanted = request.GET.get("reason", "").lower()
    chosen = [row for row in rows if not wanted or wanted in [word.lower() for word in row.reasons]]
    context = {
        "rows": _told(chosen[:200]),
        "total": len(chosen),
        "wanted": request.GET.get("reason", ""),
        "reasons": frequent_reasons(),
    }
    return page(request, "interviews/list.html", context)


@requires(Right.EDIT_PEOPLE)
@require_POST
def interview_drop(request: HttpRequest, person_id: int, interview_id: int) -> HttpResponse:
    """Take one's own note away; an administrator anybody's."""
    is_gone = drop_interview(
        person_id=person_id, interview_id=interview_id, by=_own_id(request), may_all=can(request.user, Right.MANAGE)
    )
    if is_gone:
        saved(request, _("The note is gone."))
    else:
        refused(request, _("Only who wrote the note, or an administrator, can take it away."))
    return redirect(request, "person", person_id)


urlpatterns = [
    path("people/<int:person_id>/interviews/", person_interviews, name="person-interviews"),
    path("people/<int:person_id>/interviews/<int:interview_id>/drop/", interview_drop, name="interview-drop"),
    path("scoring/interviews/", interview_list, name="interviews"),
]
