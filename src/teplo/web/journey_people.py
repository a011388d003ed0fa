"""The people of a journey: at each step, entering by hand, taken out; and the journeys of one person."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import path
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from teplo.accounts.access import Right, requires
from teplo.channels.models import Delivery
from teplo.conditions.reading import ConditionError
from teplo.journeys.enrolling import JourneyNotLive, enrol_people
from teplo.journeys.graph import read_with_problems
from teplo.journeys.models import Enrolment, EnrolmentState, Journey, JourneyState, JourneyVersion, StepPass
from teplo.journeys.running import let_go
from teplo.kit.clock import now
from teplo.people.models import Person, Segment
from teplo.people.segments import members_of
from teplo.web.answers import page, redirect, refused, saved
from teplo.web.journey_flow import draw
from teplo.web.owned import acts_on
from teplo.web.reading import whole

SHOWN = 100
ENDS = {
    "done": _("came to the end"),
    "goal": _("reached the goal"),
    "exited": _("left early"),
    "stopped": _("stopped"),
}
REASONS = {
    "goal": _("reached the goal"),
    "end": _("came to the end"),
    "error": _("a step failed for him"),
    "journey-stopped": _("the journey was stopped"),
    "merged": _("joined with another card"),
    "erased": _("erased"),
    "step-gone": _("his step is gone in the new version"),
}


class EnrolForm(forms.Form):
    segment = forms.ChoiceField(label=_("Segment"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        segments = Segment.objects.order_by("name").only("pk", "name", "ready")
        self.fields["segment"].choices = [(str(row.pk), row.name) for row in segments]  # type: ignore[attr-defined]


@requires(Right.SEE)
def journey_people(request: HttpRequest, journey_id: int) -> HttpResponse:
    """People of a journey: waiting at a step, who passed it, whose letter was opened, who ended how."""
    found = get_object_or_404(Journey, pk=journey_id)
    versions = list(found.versions.order_by("-number"))
    step, what = request.GET.get("step", ""), request.GET.get("what", "waiting")
    names = draw(read_with_problems(versions[0].steps)[0], within=found.name).names if versions else {}
    ids = [version.pk for version in versions]
    rows = _rows(found.pk, ids, step, what)
    context = {
        "journey": found,
        "rows": rows[:SHOWN],
        "is_cut": len(rows) > SHOWN,
        "step": step,
        "step_name": names.get(step, step),
        "names": names,
        "what": what,
        "heading": _said(what, len(rows)),
    }
    return page(request, "journeys/people.html", context)


def _said(what: str, count: int) -> str:
    if count > SHOWN:
        return gettext("More than %(n)s people") % {"n": SHOWN}
    return ngettext("%(n)s person", "%(n)s people", count) % {"n": count}


def _rows(journey_id: int, versions: list[int], step: str, what: str) -> list[dict[str, Any]]:
    """The newest people of a figure with the moment and a word about it."""
    if what in ("sent", "opened", "clicked", "held"):
        return _of_letters(journey_id, step, what)
    if what == "passed":
        passes = StepPass.objects.filter(version_id__in=versions, step=step).select_related("person", "person__score")
        return [_row(row.person, row.at, row.exit, None) for row in passes.order_by("-at")[: SHOWN + 1]]
    enrolments = Enrolment.objects.filter(version_id__in=versions).select_related("person", "person__score")
    if what == "waiting":
        enrolments = enrolments.filter(state=EnrolmentState.ACTIVE, **({"step": step} if step else {}))
        ordered = enrolments.order_by("due_at")[: SHOWN + 1]
        return [_row(row.person, row.due_at, "", row) for row in ordered]
    ended = enrolments.filter(state=what) if what in ENDS else enrolments
    return [
        _row(row.person, row.ended_at or row.entered_at, REASONS.get(row.end_reason, row.end_reason), row)
        for row in ended.order_by("-entered_at")[: SHOWN + 1]
    ]


def _of_letters(journey_id: int, step: str, what: str) -> list[dict[str, Any]]:
    letters = Delivery.objects.filter(journey_id=journey_id, step=step).select_related("person", "person__score")
    chosen = {
        "sent": Q(sent_at__isnull=False),
        "opened": Q(opened_at__isnull=False) | Q(clicked_at__isnull=False),
        "clicked": Q(clicked_at__isnull=False),
        "held": Q(state__in=("skipped", "failed")),
    }[what]
    moment = {"sent": "sent_at", "opened": "opened_at", "clicked": "clicked_at", "held": "created_at"}[what]
    rows = letters.filter(chosen).order_by(f"-{moment}")[: SHOWN + 1]
    return [_row(row.person, getattr(row, moment) or row.clicked_at, row.reason, None) for row in rows]


def _row(person: Person, at: Any, word: Any, enrolment: Enrolment | None) -> dict[str, Any]:
    return {"person": person, "at": at, "word": word, "enrolment": enrolment}


@requires(Right.EDIT_MARKETING)
def journey_enrol(request: HttpRequest, journey_id: int) -> HttpResponse:
    """Everybody of a segment enters now, as far as the re-entry policy lets them."""
    found = get_object_or_404(Journey, pk=journey_id)
    form = EnrolForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        segment = get_object_or_404(Segment, pk=form.cleaned_data["segment"])
        try:
            entered = _enrol_segment(found, segment)
            said = ngettext("%(n)s person entered", "%(n)s people entered", entered) % {"n": entered}
            saved(request, said)
        except JourneyNotLive:
            refused(request, gettext("The journey is not live: publish it first."))
        except ConditionError as error:
            refused(request, str(error))
        return redirect(request, "journey", found.pk)
    context = {"journey": found, "form": form}
    status = 422 if form.is_bound else 200
    return page(request, "journeys/enrol.html", context, fragment="journeys/_enrol.html", status=status)


def _enrol_segment(found: Journey, segment: Segment) -> int:
    entered, batch = 0, list[int]()
    for person_id in members_of(segment).values_list("pk", flat=True).iterator(chunk_size=5000):
        batch.append(person_id)
        if len(batch) == 5000:
            entered += enrol_people(journey=found, person_ids=batch, at=now())
            batch = []
    return entered + (enrol_people(journey=found, person_ids=batch, at=now()) if batch else 0)


@requires(Right.SEE)
def person_journeys(request: HttpRequest, person_id: int) -> HttpResponse:
    """A section of the person's card: where he is on his way now, and where he was."""
    rows = list(Enrolment.objects.filter(person_id=person_id).select_related("journey").order_by("-entered_at")[:20])
    versions = JourneyVersion.objects.in_bulk({row.version_id for row in rows})
    shown = [_of_person(row, versions[row.version_id]) for row in rows if row.version_id in versions]
    context = {
        "active": [row for row in shown if row["enrolment"].state == EnrolmentState.ACTIVE],
        "ended": [row for row in shown if row["enrolment"].state != EnrolmentState.ACTIVE],
        "person_id": person_id,
        "journeys": Journey.objects.filter(state=JourneyState.LIVE).order_by("name"),
    }
    return page(request, "journeys/person.html", context, fragment="journeys/_person.html")


def _of_person(row: Enrolment, version: JourneyVersion) -> dict[str, Any]:
    graph = read_with_problems(version.steps)[0]
    step = graph.steps.get(row.step)
    says = step.kind.say(step.settings) if step and step.settings is not None else row.step
    return {"enrolment": row, "says": says, "reason": REASONS.get(row.end_reason, row.end_reason)}


@requires(Right.EDIT_PEOPLE)
@acts_on("person_id")
@require_POST
def person_enrol(request: HttpRequest, person_id: int) -> HttpResponse:
    """Put one person into a journey by hand."""
    person = get_object_or_404(Person, pk=person_id)
    found = get_object_or_404(Journey, pk=whole(request.POST.get("journey")) or 0)
    try:
        if enrol_people(journey=found, person_ids=[person.pk], at=now()):
            saved(request, gettext("He entered the journey"))
        else:
            refused(request, gettext("He may not enter: he is inside, was inside, or is at the goal already."))
    except JourneyNotLive:
        refused(request, gettext("The journey is not live."))
    return redirect(request, f"/people/{person_id}/")


@requires(Right.EDIT_PEOPLE)
@acts_on("person_id")
@require_POST
def person_leave(request: HttpRequest, person_id: int, enrolment_id: int) -> HttpResponse:
    """Take one person out of a journey."""
    row = get_object_or_404(Enrolment, person_id=person_id, id=enrolment_id)
    let_go(enrolment=row, by=int(request.user.pk or 0))
    saved(request, gettext("He is out of the journey"))
    return redirect(request, f"/people/{person_id}/")


urlpatterns = [
    path("journeys/<int:journey_id>/people/", journey_people, name="journey-people"),
    path("journeys/<int:journey_id>/enrol/", journey_enrol, name="journey-enrol"),
    path("people/<int:person_id>/journeys/", person_journeys, name="person-journeys"),
    path("people/<int:person_id>/journeys/enter/", person_enrol, name="person-enrol"),
    path("people/<int:person_id>/journeys/<int:enrolment_id>/leave/", person_leave, name="person-leave"),
]
