"""Journeys: the list with figures, one journey as a flow with figures at every step, its states, its simulation."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import path
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from teplo.accounts.access import Right, requires
from teplo.insights.today import late_journeys
from teplo.jobs.starting import live_job
from teplo.journeys import figures
from teplo.journeys.checking import check_version
from teplo.journeys.graph import GraphBroken, read_with_problems
from teplo.journeys.models import Journey, JourneyState, JourneyVersion
from teplo.journeys.presets.installing import READY, install
from teplo.journeys.publishing import (
    OUT,
    JourneyStopped,
    draft_of,
    drop_draft,
    move_everybody,
    people_inside,
    publish,
)
from teplo.journeys.running import StateUnfit, pause, resume, stop
from teplo.journeys.simulating import OPEN_RATE, Rehearsal, rehearse
from teplo.journeys.triggers import REENTRY, say_trigger
from teplo.kit.clock import now
from teplo.kit.models import still_ready
from teplo.kit.wording import in_language
from teplo.people.models import Person
from teplo.web import headlines
from teplo.web.answers import page, redirect, refused, saved
from teplo.web.journey_flow import Picture, draw
from teplo.web.preferring import workspace_of

STATES = {
    "draft": (_("draft"), "state-quiet"),
    "live": (_("live"), "state-good"),
    "paused": (_("paused"), "state-wait"),
    "stopped": (_("stopped"), "state-bad"),
}
REHEARSED = 2000
"""People a simulation walks: enough for shares, quick enough for a page."""


class NameForm(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=200)
    description = forms.CharField(label=_("What it is for"), required=False, widget=forms.Textarea(attrs={"rows": 2}))


@requires(Right.SEE)
def journeys(request: HttpRequest) -> HttpResponse:
    """All journeys with who is inside and what they bring."""
    rows = list(Journey.objects.order_by("-updated_at"))
    rows.sort(key=lambda row: list(STATES).index(row.state) if row.state != "draft" else 2)
    numbers = figures.of_journeys(journey_ids=[row.pk for row in rows])
    live = sum(row.state == JourneyState.LIVE for row in rows)
    inside = sum(found.inside for found in numbers.values())
    context = {
        "rows": [(row, numbers[row.pk], *STATES[row.state]) for row in rows],
        "heading": headlines.of_journeys(
            stopped=[row.name for row in rows if row.state == JourneyState.PAUSED and row.trouble],
            still=[(name, count) for _key, name, count in late_journeys(now())],
            live=live,
            inside=inside,
        ),
        "ready": [(ready.key, in_language(ready.names), in_language(ready.says)) for ready in READY.values()],
    }
    return page(request, "journeys/list.html", context)


@requires(Right.EDIT_MARKETING)
def journey_new(request: HttpRequest) -> HttpResponse:
    """A journey of one's own, or a ready one with its letters."""
    ready = request.POST.get("ready", "")
    if request.method == "POST" and ready in READY:
        journey = install(ready, language=workspace_of(request).language, by=request.user.pk)
        saved(request, gettext("The journey and its letters are drafts. Read them, then publish."))
        return redirect(request, "journey-edit", journey.pk)
    form = NameForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        journey = Journey.objects.create(**form.cleaned_data, created_by=request.user.pk)
        draft_of(journey)
        return redirect(request, "journey-edit", journey.pk)
    context = {
        "form": form,
        "ready": [(ready.key, in_language(ready.names), in_language(ready.says)) for ready in READY.values()],
    }
    return page(request, "journeys/new.html", context, status=422 if form.is_bound else 200)


@requires(Right.SEE)
def journey(request: HttpRequest, journey_id: int) -> HttpResponse:
    """The flow of the published version, or of the draft while there is none, with figures at every step."""
    found = get_object_or_404(Journey, pk=journey_id)
    versions = _versions(found)
    published = [version for version in versions if version.published_at is not None]
    shown = published[0] if published else draft_of(found)
    asked = request.GET.get("version", "")
    shown = next((version for version in versions if str(version.number) == asked), shown)
    context = {
        "journey": found,
        "shown": shown,
        "versions": versions,
        "has_draft": bool(published) and versions[0].published_at is None,
        "picture": _picture(found, shown),
        "figures": figures.of_journeys(journey_ids=[found.pk])[found.pk],
        "state": STATES[found.state],
        "trigger": say_trigger(shown.trigger),
        "reentry": _reentry(found),
        "jobs": [
            job for job in (live_job(subject=f"{kind}:{found.pk}") for kind in ("journey", "journey-stop")) if job
        ],
    }
    return page(request, "journeys/page.html", context)


def _versions(found: Journey) -> list[JourneyVersion]:
    """Newest first; a draft in which nothing is changed yet is none."""
    versions = list(found.versions.order_by("-number"))
    if len(versions) > 1 and versions[0].published_at is None and _says(versions[0]) == _says(versions[1]):
        return versions[1:]
    return versions


def _says(version: JourneyVersion) -> tuple[Any, ...]:
    return version.trigger, version.exits, version.goal, version.steps


def _job(subject: str) -> Any:
    return live_job(subject=subject)


def _picture(found: Journey, version: JourneyVersion) -> Picture:
    graph, problems = read_with_problems(version.steps)
    return draw(graph, figures=figures.of_steps(journey_id=found.pk), problems=problems, within=found.name)


def _reentry(found: Journey) -> str:
    if found.reentry == "after-days":
        return ngettext(
            "He may enter again after %(n)s day", "He may enter again after %(n)s days", found.reentry_days
        ) % {"n": found.reentry_days}
    return str(REENTRY.get(found.reentry, found.reentry))


@requires(Right.EDIT_MARKETING)
def journey_publish(request: HttpRequest, journey_id: int) -> HttpResponse:
    """Publish the draft; where people stand on older versions, ask what becomes of them, with counts."""
    found = get_object_or_404(Journey, pk=journey_id)
    draft = draft_of(found)
    graph, problems = check_version(draft)
    inside = people_inside(journey=found, newest=draft.pk)
    gone = sorted({row.step for row in inside if row.step not in graph.steps})
    if request.method == "POST" and not problems:
        try:
            version = publish(journey=found)
        except (GraphBroken, JourneyStopped) as refusal:
            refused(request, _why_not(refusal))
            return redirect(request, "journey-edit", found.pk)
        if inside and request.POST.get("people") == "move":
            places = {step: request.POST.get(f"place_{step}", OUT) for step in gone}
            move_everybody(journey=found, to_version=version, places=places, by=request.user.pk)
        saved(request, gettext("Published. People enter the new version from now on."))
        return redirect(request, "journey", found.pk)
    context = {
        "journey": found,
        "draft": draft,
        "problems": problems,
        "inside": inside,
        "people": sum(row.people for row in inside),
        "gone": [(step, sum(row.people for row in inside if row.step == step)) for step in gone],
        "names": draw(graph, within=found.name).names,
        "out": OUT,
        "trigger": say_trigger(draft.trigger),
    }
    return page(request, "journeys/publish.html", context, fragment="journeys/_publish.html")


def _why_not(refusal: Exception) -> str:
    if isinstance(refusal, GraphBroken):
        return " ".join(str(problem) for problem in refusal.problems[:3])
    return gettext("The journey was stopped for good; make a copy of it instead.")


@requires(Right.EDIT_MARKETING)
@require_POST
def journey_state(request: HttpRequest, journey_id: int) -> HttpResponse:
    """Pause, go on, stop."""
    found = get_object_or_404(Journey, pk=journey_id)
    try:
        match request.POST.get("to"):
            case "pause":
                pause(journey=found)
                saved(request, gettext("Paused: nobody steps, everybody keeps his place"))
            case "resume":
                resume(journey=found)
                saved(request, gettext("It goes on"))
            case "stop":
                stop(journey=found, by=request.user.pk)
                saved(request, gettext("Stopped: everybody is let out"))
    except StateUnfit:
        refused(request, gettext("The journey is in another state by now."))
    return redirect(request, "journey", found.pk)


@requires(Right.EDIT_MARKETING)
def journey_rename(request: HttpRequest, journey_id: int) -> HttpResponse:
    """Its name and what it is for."""
    found = get_object_or_404(Journey, pk=journey_id)
    form = NameForm(
        request.POST if request.method == "POST" else None,
        initial={"name": found.name, "description": found.description},
    )
    if request.method == "POST" and form.is_valid():
        ready = still_ready(found, **form.cleaned_data)
        Journey.objects.filter(pk=found.pk).update(**form.cleaned_data, ready=ready, updated_at=now())
        return redirect(request, "journey", found.pk)
    context = {"journey": found, "form": form}
    status = 422 if form.is_bound else 200
    return page(request, "journeys/rename.html", context, fragment="journeys/_rename.html", status=status)


@requires(Right.EDIT_MARKETING)
@require_POST
def journey_copy(request: HttpRequest, journey_id: int) -> HttpResponse:
    """A draft of its own with the same steps."""
    found = get_object_or_404(Journey, pk=journey_id)
    newest = found.versions.order_by("-number").first()
    name = gettext("%(name)s (copy)") % {"name": found.name[:180]}
    copy = Journey.objects.create(
        name=name, description=found.description, reentry=found.reentry, reentry_days=found.reentry_days,
        created_by=request.user.pk,
    )  # fmt: skip
    values = {part: getattr(newest, part) for part in ("trigger", "exits", "goal", "steps")} if newest else {}
    JourneyVersion.objects.create(journey=copy, number=1, **values)
    return redirect(request, "journey-edit", copy.pk)


@requires(Right.EDIT_MARKETING)
@require_POST
def journey_drop_draft(request: HttpRequest, journey_id: int) -> HttpResponse:
    """Forget what was changed since publishing."""
    found = get_object_or_404(Journey, pk=journey_id)
    drop_draft(found)
    saved(request, gettext("The changes are dropped"))
    return redirect(request, "journey", found.pk)


@requires(Right.EDIT_MARKETING)
@require_POST
def journey_restore(request: HttpRequest, journey_id: int, number: int) -> HttpResponse:
    """Take an older version as the draft."""
    found = get_object_or_404(Journey, pk=journey_id)
    old = get_object_or_404(found.versions, number=number)
    draft = draft_of(found)
    JourneyVersion.objects.filter(pk=draft.pk, published_at=None).update(
        trigger=old.trigger, exits=old.exits, goal=old.goal, steps=old.steps
    )
    saved(request, gettext("The draft is now as version %(n)s was") % {"n": number})
    return redirect(request, "journey-edit", found.pk)


class RehearsalForm(forms.Form):
    days = forms.IntegerField(label=_("Days"), min_value=1, max_value=365, initial=60)
    response = forms.IntegerField(label=_("Of 100 people, how many react"), min_value=0, max_value=100)


@requires(Right.SEE)
def journey_simulate(request: HttpRequest, journey_id: int) -> HttpResponse:
    """What would happen to real people in the next weeks, without sending anything."""
    found = get_object_or_404(Journey, pk=journey_id)
    version = found.versions.order_by("-number").first() or draft_of(found)
    form = RehearsalForm(request.GET if "days" in request.GET else {"days": 60, "response": round(OPEN_RATE * 100)})
    context: dict[str, Any] = {"journey": found, "version": version, "form": form}
    if form.is_valid():
        people = list(_sample())
        try:
            given = form.cleaned_data
            rehearsal = rehearse(
                version=version, person_ids=people, days=given["days"], response=given["response"] / 100
            )
            graph, problems = read_with_problems(version.steps)
            context |= _simulation(rehearsal, draw(graph, problems=problems, within=found.name), version)
        except GraphBroken as broken:
            context["problems"] = broken.problems
    return page(request, "journeys/simulate.html", context)


def _sample() -> list[int]:
    known = Person.objects.filter(is_anonymous=False, erased_at=None).order_by("-created_at")
    return list(known.values_list("pk", flat=True)[:REHEARSED])


def _simulation(rehearsal: Rehearsal, picture: Picture, version: JourneyVersion) -> dict[str, Any]:
    letters = [step["key"] for step in version.steps if step.get("kind") == "send-email"]
    acting = {step["key"] for step in version.steps if step.get("kind") not in ("wait", "branch", "end")}
    ends = [(key, count) for key, count in rehearsal.ended.most_common()]
    days = sorted(rehearsal.by_day)
    return {
        "rehearsal": rehearsal,
        "rows": [
            (name, rehearsal.passed[key], rehearsal.waiting[key], rehearsal.passed[key] / max(rehearsal.people, 1))
            for key, name in picture.names.items()
        ],
        "ends": ends,
        "letters": sum(rehearsal.passed[key] for key in letters),
        "acts": {
            "columns": [gettext("Step"), gettext("Times")],
            "rows": [[name, rehearsal.passed[key]] for key, name in picture.names.items() if key in acting],
            "label": gettext("How often each step would act"),
        },
        "by_day": {
            "columns": [gettext("Day"), gettext("Letters")],
            "rows": [[day, sum(rehearsal.by_day[day][key] for key in letters)] for day in days],
            "label": gettext("Letters by day"),
        },
    }


urlpatterns = [
    path("journeys/", journeys, name="journeys"),
    path("journeys/new/", journey_new, name="journey-new"),
    path("journeys/<int:journey_id>/", journey, name="journey"),
    path("journeys/<int:journey_id>/publish/", journey_publish, name="journey-publish"),
    path("journeys/<int:journey_id>/state/", journey_state, name="journey-state"),
    path("journeys/<int:journey_id>/rename/", journey_rename, name="journey-rename"),
    path("journeys/<int:journey_id>/copy/", journey_copy, name="journey-copy"),
    path("journeys/<int:journey_id>/drop-draft/", journey_drop_draft, name="journey-drop-draft"),
    path("journeys/<int:journey_id>/restore/<int:number>/", journey_restore, name="journey-restore"),
    path("journeys/<int:journey_id>/simulate/", journey_simulate, name="journey-simulate"),
]
