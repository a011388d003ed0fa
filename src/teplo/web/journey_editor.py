"""The editor of a journey's draft: its steps, what starts it, its goal and exits. Every change can be undone."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import path
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from teplo.accounts.access import Right, requires
from teplo.conditions.reading import ConditionError
from teplo.journeys.checking import check_version
from teplo.journeys.editing import (
    WAYS,
    Place,
    StepGone,
    change_step,
    connect,
    insert_step,
    move_step,
    remove_step,
    ways_of,
)
from teplo.journeys.graph import read_with_problems
from teplo.journeys.models import Journey, JourneyState, JourneyVersion
from teplo.journeys.publishing import draft_of
from teplo.journeys.triggers import KINDS as TRIGGER_KINDS
from teplo.journeys.triggers import REENTRY, say_trigger
from teplo.kit.clock import now
from teplo.people.models import Segment
from teplo.web.answers import page, redirect, refused, saved
from teplo.web.conditions import needed_condition
from teplo.web.journey_flow import WAY_NAMES, draw
from teplo.web.journey_forms import (
    FORMS,
    ReactionForm,
    activity_choices,
    initial_of,
    letters_of,
    stage_choices,
    variant_of,
)

_KEPT = 30


class TriggerForm(forms.Form):
    kind = forms.ChoiceField(label=_("What starts it"), choices=list(TRIGGER_KINDS.items()))
    activity = forms.ChoiceField(label=_("Activity"), required=False)
    segment = forms.ChoiceField(label=_("Segment"), required=False)
    stage = forms.ChoiceField(label=_("Stage"), required=False)
    form = forms.CharField(label=_("Form"), required=False, help_text=_("Its name as the site sends it; empty: any."))
    reentry = forms.ChoiceField(label=_("May he enter again?"), choices=list(REENTRY.items()))
    reentry_days = forms.IntegerField(label=_("After how many days"), min_value=0, max_value=3650, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        segments = [(str(row.pk), row.name) for row in Segment.objects.order_by("name").only("pk", "name", "ready")]
        for name, choices in (("activity", activity_choices()), ("segment", segments), ("stage", stage_choices())):
            self.fields[name].choices = [("", "—"), *choices]  # type: ignore[attr-defined]

    def trigger(self) -> dict[str, Any]:
        kind = self.cleaned_data["kind"]
        return {"kind": kind, **({kind: self.cleaned_data[kind]} if kind != "hand" else {})}


@requires(Right.EDIT_MARKETING)
def journey_edit(request: HttpRequest, journey_id: int) -> HttpResponse:
    """The draft as a flow with its mistakes at their steps."""
    found = get_object_or_404(Journey, pk=journey_id)
    if found.state == JourneyState.STOPPED:
        return redirect(request, "journey", found.pk)
    draft = draft_of(found)
    graph, problems = check_version(draft)
    context = {
        "journey": found,
        "draft": draft,
        "picture": draw(graph, problems=problems, within=found.name),
        "problems": [problem for problem in problems if not problem.step],
        "mistakes": len(problems),
        "trigger": say_trigger(draft.trigger),
        "can_undo": bool(_memory(request, found)),
        "published": found.versions.filter(published_at__isnull=False).order_by("-number"),
    }
    return page(request, "journeys/edit.html", context)


@requires(Right.EDIT_MARKETING)
def step_menu(request: HttpRequest, journey_id: int) -> HttpResponse:
    """Which kind of step to add at a place."""
    found, _draft_version = _draft(journey_id)
    context = {
        "journey": found,
        "after": request.GET.get("after", ""),
        "way": request.GET.get("way", ""),
        "kinds": [(key, name, icon) for key, (name, icon, _form) in FORMS.items()],
    }
    return page(request, "journeys/add.html", context, fragment="journeys/_add.html")


@requires(Right.EDIT_MARKETING)
def step_add(request: HttpRequest, journey_id: int, variant: str) -> HttpResponse:
    """A new step at a place (`after`, `way`)."""
    found, draft = _draft(journey_id)
    place = Place(request.GET.get("after", ""), request.GET.get("way", ""))
    if variant not in FORMS or (place.after and place.way not in WAYS):
        return redirect(request, "journey-edit", journey_id)
    name, _icon, form_class = FORMS[variant]
    form = form_class(request.POST if request.method == "POST" else None, initial={})
    _offer_letters(form, draft)
    if request.method == "POST" and form.is_valid():
        step = {"kind": form.kind, **form.settings()}
        try:
            steps, _key = insert_step(draft.steps, place=place, step=step)
            _save(request, found, draft, steps=steps)
        except StepGone:
            refused(request, gettext("Somebody has changed the journey meanwhile."))
        return redirect(request, "journey-edit", journey_id)
    return _step_page(request, found, form, name, variant, {})


@requires(Right.EDIT_MARKETING)
def step_edit(request: HttpRequest, journey_id: int, key: str) -> HttpResponse:
    """Settings of a step and where its ways lead."""
    found, draft = _draft(journey_id)
    step = next((row for row in draft.steps if row.get("key") == key), None)
    if step is None:
        return redirect(request, "journey-edit", journey_id)
    variant = variant_of(step)
    name, _icon, form_class = FORMS[variant]
    form = form_class(request.POST if request.method == "POST" else None, initial=initial_of(step))
    _offer_letters(form, draft)
    if request.method == "POST" and form.is_valid():
        try:
            steps = change_step(draft.steps, key=key, settings=form.settings())
            for way in ways_of({"kind": form.kind, **form.settings()}):
                if f"way_{way}" in request.POST:
                    steps = connect(steps, key=key, way=way, target=request.POST[f"way_{way}"] or None)
            _save(request, found, draft, steps=steps)
        except StepGone:
            refused(request, gettext("Somebody has changed the journey meanwhile."))
        return redirect(request, "journey-edit", journey_id)
    return _step_page(request, found, form, name, variant, step)


def _step_page(
    request: HttpRequest, found: Journey, form: Any, name: Any, variant: str, step: dict[str, Any]
) -> HttpResponse:
    draft = draft_of(found)
    names = draw(read_with_problems(draft.steps)[0], within=draft.journey.name).names
    ways = [(way, WAY_NAMES[way], step.get(way) or "") for way in ways_of(step)]
    context = {
        "journey": found,
        "form": form,
        "name": name,
        "variant": variant,
        "step": step,
        "ways": ways,
        "names": {key: said for key, said in names.items() if key != step.get("key")},
        "condition": form.data.get("condition") or step.get("condition") or {},
        "address": request.get_full_path(),
    }
    status = 422 if form.is_bound else 200
    return page(request, "journeys/step.html", context, fragment="journeys/_step.html", status=status)


@requires(Right.EDIT_MARKETING)
@require_POST
def step_remove(request: HttpRequest, journey_id: int, key: str) -> HttpResponse:
    """Without a step."""
    found, draft = _draft(journey_id)
    try:
        _save(request, found, draft, steps=remove_step(draft.steps, key=key))
        saved(request, gettext("Taken away. You can undo it."))
    except StepGone:
        refused(request, gettext("Somebody has changed the journey meanwhile."))
    return redirect(request, "journey-edit", journey_id)


@requires(Right.EDIT_MARKETING)
def step_move(request: HttpRequest, journey_id: int, key: str) -> HttpResponse:
    """A step to another place, chosen from a list."""
    found, draft = _draft(journey_id)
    if request.method == "POST":
        after, _sep, way = request.POST.get("place", "").partition("|")
        try:
            _save(request, found, draft, steps=move_step(draft.steps, key=key, place=Place(after, way)))
        except StepGone:
            refused(request, gettext("Somebody has changed the journey meanwhile."))
        return redirect(request, "journey-edit", journey_id)
    names = draw(read_with_problems(draft.steps)[0], within=draft.journey.name).names
    places = [
        (f"{row['key']}|{way}", names.get(row["key"], row["key"]), WAY_NAMES[way] if len(ways_of(row)) > 1 else "")
        for row in sorted(draft.steps, key=lambda row: list(names).index(row["key"]) if row["key"] in names else 999)
        if row.get("key") != key
        for way in ways_of(row)
    ]
    context = {"journey": found, "key": key, "name": names.get(key, key), "places": places}
    return page(request, "journeys/move.html", context, fragment="journeys/_move.html")


@requires(Right.EDIT_MARKETING)
def journey_trigger(request: HttpRequest, journey_id: int) -> HttpResponse:
    """What starts the journey, for whom, and who may enter again."""
    found, draft = _draft(journey_id)
    initial = {**draft.trigger, "reentry": found.reentry, "reentry_days": found.reentry_days or None}
    form = TriggerForm(request.POST if request.method == "POST" else None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            condition = needed_condition(request.POST, "condition")
        except (ConditionError, ValueError) as error:
            form.add_error(None, str(error))
        else:
            trigger = form.trigger() | ({"condition": condition} if condition and condition != {"all": []} else {})
            _save(request, found, draft, trigger=trigger)
            Journey.objects.filter(pk=found.pk).update(
                reentry=form.cleaned_data["reentry"], reentry_days=form.cleaned_data["reentry_days"] or 0
            )
            return redirect(request, "journey-edit", journey_id)
    context = {"journey": found, "form": form, "condition": draft.trigger.get("condition") or {}}
    status = 422 if form.is_bound else 200
    return page(request, "journeys/trigger.html", context, fragment="journeys/_trigger.html", status=status)


@requires(Right.EDIT_MARKETING)
def journey_ways_out(request: HttpRequest, journey_id: int) -> HttpResponse:
    """The goal, and the condition on which people leave at once."""
    found, draft = _draft(journey_id)
    error = ""
    if request.method == "POST":
        try:
            goal, leaves = (_condition(request, name) for name in ("goal", "leaves"))
            _save(request, found, draft, goal=goal, exits=[leaves] if leaves else [])
            return redirect(request, "journey-edit", journey_id)
        except (ConditionError, ValueError) as refusal:
            error = str(refusal)
    leaves = draft.exits[0] if len(draft.exits) == 1 else {"any": draft.exits} if draft.exits else {}
    context = {"journey": found, "goal": draft.goal, "leaves": leaves, "error": error}
    status = 422 if error else 200
    return page(request, "journeys/ways_out.html", context, fragment="journeys/_ways_out.html", status=status)


def _condition(request: HttpRequest, name: str) -> dict[str, Any]:
    """What a builder sent; no condition at all means: nothing."""
    condition: dict[str, Any] = dict(needed_condition(request.POST, name))
    return {} if condition == {"all": []} else condition


@requires(Right.EDIT_MARKETING)
@require_POST
def journey_undo(request: HttpRequest, journey_id: int) -> HttpResponse:
    """The draft as it was before the last change."""
    found, draft = _draft(journey_id)
    memory = _memory(request, found)
    if memory:
        JourneyVersion.objects.filter(pk=draft.pk, published_at=None).update(**memory.pop())
        _remember(request, found, memory)
        saved(request, gettext("Undone"))
    return redirect(request, "journey-edit", journey_id)


def _draft(journey_id: int) -> tuple[Journey, JourneyVersion]:
    found = get_object_or_404(Journey.objects.exclude(state=JourneyState.STOPPED), pk=journey_id)
    return found, draft_of(found)


def _save(request: HttpRequest, found: Journey, draft: JourneyVersion, **changes: Any) -> None:
    """Write the draft and remember how it was."""
    before = {part: getattr(draft, part) for part in ("steps", "trigger", "exits", "goal")}
    _remember(request, found, [*_memory(request, found), before])
    JourneyVersion.objects.filter(pk=draft.pk, published_at=None).update(**changes)
    Journey.objects.filter(pk=found.pk).update(updated_at=now())


def _memory(request: HttpRequest, found: Journey) -> list[dict[str, Any]]:
    memory: list[dict[str, Any]] = request.session.get(f"journey-{found.pk}", [])
    return list(memory)


def _remember(request: HttpRequest, found: Journey, memory: list[dict[str, Any]]) -> None:
    request.session[f"journey-{found.pk}"] = memory[-_KEPT:]


def _offer_letters(form: Any, draft: JourneyVersion) -> None:
    if isinstance(form, ReactionForm):
        names = draw(read_with_problems(draft.steps)[0], within=draft.journey.name).names
        form.fields["letter"].choices = letters_of(draft.steps, names)  # type: ignore[attr-defined]


urlpatterns = [
    path("journeys/<int:journey_id>/edit/", journey_edit, name="journey-edit"),
    path("journeys/<int:journey_id>/edit/trigger/", journey_trigger, name="journey-trigger"),
    path("journeys/<int:journey_id>/edit/ways-out/", journey_ways_out, name="journey-ways-out"),
    path("journeys/<int:journey_id>/edit/undo/", journey_undo, name="journey-undo"),
    path("journeys/<int:journey_id>/edit/add/", step_menu, name="journey-add-menu"),
    path("journeys/<int:journey_id>/edit/add/<slug:variant>/", step_add, name="journey-step-add"),
    path("journeys/<int:journey_id>/edit/step/<slug:key>/", step_edit, name="journey-step"),
    path("journeys/<int:journey_id>/edit/step/<slug:key>/remove/", step_remove, name="journey-step-remove"),
    path("journeys/<int:journey_id>/edit/step/<slug:key>/move/", step_move, name="journey-step-move"),
]
