"""Stages: the picture of the ladder, each stage with its goals and sign, ready ladders (R11, R13, R15)."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from teplo.accounts.access import Right, requires
from teplo.conditions.reading import ConditionError
from teplo.insights.funnel import funnel, stuck_people
from teplo.jobs.starting import live_job
from teplo.kit.clock import now
from teplo.kit.uses import InUse
from teplo.stages import editing, jobs
from teplo.stages.editing import Filled, StageRefused
from teplo.stages.models import Stage
from teplo.stages.presets import PRESETS, UnknownPreset
from teplo.web.answers import page, redirect, refused, saved
from teplo.web.conditions import needed_condition
from teplo.web.funnel_picture import condition_url, funnel_picture, people_url
from teplo.web.guiding import note_looked
from teplo.web.reading import whole
from teplo.web.used import still_used


@requires(Right.SEE)
@require_GET
def stages(request: HttpRequest) -> HttpResponse:
    """The ladder from the top, with the people on it."""
    note_looked(request, "stages")
    shown = funnel(at=now(), days=1)
    context = {
        "funnel": shown,
        "picture": funnel_picture(shown) if shown.people else None,
        "steps": [(step, people_url(step.stage), _stuck_url(step.stage)) for step in shown.steps],
        "beside": [(stage, people, people_url(stage)) for stage, people in shown.beside],
        "stuck": sum(step.stuck for step in shown.steps),
        "levels": level_names(),
        "job": live_job(subject=jobs.SUBJECT),
    }
    return page(request, "stages/stages.html", context)


def _stuck_url(stage: Stage) -> str:
    """The people behind the number of the stuck."""
    span = f"{stage.stuck_after_days}d"
    late, alive = {"field": "stage_since", "older_than": span}, {"field": "last_seen", "within": span}
    if not stage.stuck_after_days or stage.is_customer or stage.is_beside:
        return ""
    return condition_url({"all": [{"stage": stage.key}, late, alive]}, who="known")


def level_names() -> dict[str, str]:
    """The three levels of a funnel."""
    return {"top": _("top of the funnel"), "middle": _("middle of the funnel"), "bottom": _("bottom of the funnel")}


@requires(Right.SEE)
@require_GET
def stage_stuck(request: HttpRequest, stage_id: int) -> HttpResponse:
    """Who has stood at a stage too long, the longest first."""
    stage = get_object_or_404(Stage, pk=stage_id)
    context = {"stage": stage, "people": stuck_people(stage, at=now()), "url": _stuck_url(stage)}
    return page(request, "stages/stuck.html", context, fragment="stages/_stuck.html")


@requires(Right.EDIT_MARKETING)
@require_http_methods(["GET", "POST"])
def stage_edit(request: HttpRequest, stage_id: int | None = None) -> HttpResponse:
    """A stage as filled in: names in three languages, goals and actions of the seller, its sign."""
    stage = get_object_or_404(Stage, pk=stage_id) if stage_id else None
    error = ""
    if request.method == "POST":
        try:
            editing.save_stage(filled=_filled(request.POST, stage), stage=stage, by=request.user.pk)
        except (StageRefused, ConditionError) as refusal:
            error = str(refusal)
        else:
            saved(request, _("Kept."))
            return redirect(request, "stages")
    context = {"stage": stage, "values": _values(request, stage), "levels": level_names(), "error": error}
    status = 422 if error else 200
    return page(request, "stages/edit.html", context, fragment="stages/_edit.html", status=status)


def _filled(data: QueryDict, stage: Stage | None) -> Filled:
    days = data.get("stuck_after_days", "")
    return Filled(
        names=_by_language(data, "name"),
        trade_name=data.get("trade_name", ""),
        level=data.get("level", ""),
        goals=_by_language(data, "goals"),
        actions=_by_language(data, "actions"),
        sign=needed_condition(data, "sign"),
        may_go_back=data.get("may_go_back") == "on",
        is_customer=data.get("is_customer") == "on",
        is_beside=stage.is_beside if stage else data.get("is_beside") == "on",
        stuck_after_days=whole(days) or 0,
    )


def _by_language(data: QueryDict, name: str) -> dict[str, str]:
    return {language: data.get(f"{name}_{language}", "") for language, _label in settings.LANGUAGES}


def _values(request: HttpRequest, stage: Stage | None) -> dict[str, Any]:
    """What stands in the form: as posted, else as stored."""
    data, is_posted = request.POST, request.method == "POST"
    texts = [
        {
            "language": language,
            "label": label,
            **{
                key: data.get(f"{key}_{language}", "") if is_posted else stored.get(language, "")
                for key, stored in (
                    ("name", stage.names if stage else {}),
                    ("goals", stage.goals if stage else {}),
                    ("actions", stage.actions if stage else {}),
                )
            },
        }
        for language, label in settings.LANGUAGES
    ]
    if is_posted:
        checks = {name: data.get(name) == "on" for name in ("may_go_back", "is_customer", "is_beside")}
        plain = {name: data.get(name, "") for name in ("trade_name", "level", "stuck_after_days", "sign")}
        return {"texts": texts, **plain, **checks}
    names = ("trade_name", "level", "stuck_after_days", "sign", "may_go_back", "is_customer", "is_beside")
    fresh = Stage(position=0, is_beside=request.GET.get("beside") == "1")
    return {"texts": texts, **{name: getattr(stage or fresh, name) for name in names}}


@requires(Right.EDIT_MARKETING)
@require_POST
def stage_shift(request: HttpRequest, stage_id: int) -> HttpResponse:
    editing.shift_stage(
        stage=get_object_or_404(Stage, pk=stage_id), up=request.POST.get("way") == "up", by=request.user.pk
    )
    return redirect(request, "stages")


@requires(Right.EDIT_MARKETING)
@require_POST
def stage_retire(request: HttpRequest, stage_id: int) -> HttpResponse:
    try:
        editing.retire_stage(stage=get_object_or_404(Stage, pk=stage_id), by=request.user.pk)
    except StageRefused as refusal:
        refused(request, str(refusal).capitalize())
    except InUse as in_use:
        return still_used(request, in_use, back=reverse("stage", args=[stage_id]))
    else:
        saved(request, _("The stage is out of use; its people move where their signs lead them."))
    return redirect(request, "stages")


@requires(Right.EDIT_MARKETING)
@require_http_methods(["GET", "POST"])
def stage_presets(request: HttpRequest) -> HttpResponse:
    """Ready ladders to choose from."""
    if request.method == "POST":
        try:
            editing.use_preset(name=request.POST.get("preset", ""), by=request.user.pk)
        except UnknownPreset:
            return page(request, "stages/presets.html", {"presets": PRESETS}, status=422)
        saved(request, _("The ladder is in place; everybody is finding his stage on it."))
        return redirect(request, "stages")
    return page(request, "stages/presets.html", {"presets": PRESETS}, fragment="stages/_presets.html")


urlpatterns = [
    path("stages/", stages, name="stages"),
    path("stages/new/", stage_edit, name="stage-new"),
    path("stages/ready/", stage_presets, name="stage-presets"),
    path("stages/<int:stage_id>/", stage_edit, name="stage"),
    path("stages/<int:stage_id>/stuck/", stage_stuck, name="stage-stuck"),
    path("stages/<int:stage_id>/shift/", stage_shift, name="stage-shift"),
    path("stages/<int:stage_id>/retire/", stage_retire, name="stage-retire"),
]
