"""Scoring: how many are warm, the table that says so, its versions, the portraits of clients (R14, R16, R18)."""

from __future__ import annotations

import json
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from teplo.accounts.access import Right, can, requires
from teplo.conditions.reading import ConditionError, load_refusable
from teplo.insights.readiness import GRADES, HEATS, Readiness, readiness
from teplo.jobs.starting import live_job
from teplo.kit.clock import now
from teplo.kit.uses import InUse
from teplo.scoring import jobs, presets, tables
from teplo.scoring.models import Profile, ProfileKind, ScoreTable, Side, TableState
from teplo.scoring.previewing import Distribution, compare, distribution_now
from teplo.scoring.tables import TableRefused
from teplo.tracking.models import Activity
from teplo.web.answers import page, part_of, redirect, refused, saved
from teplo.web.conditions import needed_condition
from teplo.web.formatting import temperature_name
from teplo.web.funnel_picture import grade_part, newcomers_url
from teplo.web.grades import grade_name
from teplo.web.periods import Period, period_chips, period_of
from teplo.web.reading import whole
from teplo.web.score_lines import BLANK, Row, posted_lines, posted_number, rows_of, rows_posted
from teplo.web.scoring_tabs import scoring_tabs
from teplo.web.used import still_used

VERSIONS_SHOWN = 20


@requires(Right.SEE)
@require_GET
def scoring(request: HttpRequest) -> HttpResponse:
    """The picture of warmth, the live table to read, who comes by profile."""
    live = _live()
    period = period_of(request, default="90")
    spread = distribution_now(live) if live else None
    context = {
        "live": live,
        "spread": spread,
        "picture": picture(spread) if spread and spread.people else None,
        "rows": rows_of(live) if live else [],
        "drafts": ScoreTable.objects.filter(state=TableState.DRAFT).order_by("-created_at"),
        "retired": ScoreTable.objects.filter(state=TableState.RETIRED).order_by("-retired_at")[:VERSIONS_SHOWN],
        "profiles": Profile.objects.order_by("position", "id"),
        "kinds": [(kind.value, grade_name(kind.value)) for kind in ProfileKind],
        "job": live_job(subject=jobs.SUBJECT),
        "period": period,
        "periods": period_chips(request, period),
        **_ready(period),
        "tabs": scoring_tabs(request),
    }
    return page(request, "scoring/scoring.html", context)


def _live() -> ScoreTable | None:
    return ScoreTable.objects.filter(state=TableState.LIVE).first()


def _ready(period: Period) -> dict[str, Any]:
    found = readiness(at=now(), days=period.days)
    return {
        "ready": found,
        "ready_rows": _grade_rows(found, period),
        "heats": [(h, temperature_name(h)) for h in HEATS],
    }


def _grade_rows(found: Readiness, period: Period) -> list[dict[str, Any]]:
    """One line per profile: its share, and its people by temperature."""
    return [
        {
            "url": newcomers_url(period, grade_part(grade)),
            "name": grade_name(grade) or _("everybody else"),
            "people": found.of_grade(grade),
            "share": found.share(grade),
            "cells": [
                (found.cells.get((grade, heat), 0), newcomers_url(period, grade_part(grade), {"temperature": heat}))
                for heat in HEATS
            ],
        }
        for grade in GRADES
    ]


def picture(spread: Distribution, *, label: str = "") -> dict[str, Any]:
    """A distribution for the chart: bars with the thresholds drawn in."""
    return {
        "columns": [_("Points from"), _("People")],
        "rows": [list(bar) for bar in spread.bars],
        "marks": [
            {"at": spread.warm_from, "label": temperature_name("warm"), "kind": "warm"},
            {"at": spread.hot_from, "label": temperature_name("hot"), "kind": "hot"},
        ],
        "height": 220,
        "label": label or _("How many people have how many points"),
    }


# -- tables ---------------------------------------------------------------------------------------------------------


@requires(Right.SEE)
@require_GET
def score_table(request: HttpRequest, table_id: int) -> HttpResponse:
    """A table to read; a draft is a sheet to fill in for those who may."""
    table = get_object_or_404(ScoreTable, pk=table_id)
    return _sheet(request, table, rows_of(table))


def _sheet(
    request: HttpRequest, table: ScoreTable, rows: list[Row], *, refusal: TableRefused | None = None
) -> HttpResponse:
    is_edited = table.state == TableState.DRAFT and can(request.user, Right.EDIT_MARKETING)
    context = {
        "table": table,
        "rows": rows,
        "fit": [row for row in rows if row.side == Side.FIT],
        "behaviour": [row for row in rows if row.side == Side.BEHAVIOUR],
        "blank_fit": Row(number=-1, side=Side.FIT, **BLANK),
        "blank_behaviour": Row(number=-1, side=Side.BEHAVIOUR, **BLANK),
        "activities": Activity.objects.filter(is_active=True).order_by("id"),
        "groups": sorted({row.group for row in rows if row.group}),
        "live": _live(),
        "refusal": refusal,
    }
    template = "scoring/sheet.html" if is_edited else "scoring/table.html"
    fragment = "scoring/_sheet.html" if is_edited else None
    return page(request, template, context, fragment=fragment, status=422 if refusal else 200)


@requires(Right.EDIT_MARKETING)
@require_POST
def score_table_new(request: HttpRequest) -> HttpResponse:
    """A draft of a table (by default the live one), or the ready table."""
    number = whole(request.POST.get("of"))
    of = get_object_or_404(ScoreTable, pk=number) if number else _live()
    if request.POST.get("preset") or of is None:
        draft = presets.install()
    else:
        draft = tables.make_draft(of=of, name=_next_name(of.name), by=request.user.pk, at=now())
    return redirect(request, "score-table", draft.pk)


def _next_name(name: str) -> str:
    """The name of the next version: “Table 2” after “Table”."""
    stem, _space, number = name.rpartition(" ")
    if stem and (counted := whole(number)) is not None:
        return f"{stem} {counted + 1}"
    return f"{name} 2"


@requires(Right.EDIT_MARKETING)
@require_POST
def score_table_save(request: HttpRequest, table_id: int) -> HttpResponse:
    """Keep the sheet. A line that cannot stand comes back marked, with everything that was typed."""
    table = get_object_or_404(ScoreTable, pk=table_id)
    try:
        tables.save_draft(
            table=table,
            name=request.POST.get("name", "").strip()[:200] or table.name,
            warm_from=_threshold(request, "warm_from", table.warm_from),
            hot_from=_threshold(request, "hot_from", table.hot_from),
            note=request.POST.get("note", "").strip(),
            lines=posted_lines(request.POST),
        )
    except TableRefused as refusal:
        table.name = request.POST.get("name", table.name)
        table.warm_from = _threshold(request, "warm_from", table.warm_from)
        table.hot_from = _threshold(request, "hot_from", table.hot_from)
        return _sheet(request, table, rows_posted(request.POST, refusal), refusal=refusal)
    table.refresh_from_db()
    if request.POST.get("then") == "live":
        return _go_live(request, table)
    saved(request, _("Kept as a draft."))
    if request.headers.get("HX-Request") != "true":
        return redirect(request, "score-table", table.pk)
    answer = _sheet(request, table, rows_of(table))
    answer.headers["HX-Trigger-After-Settle"] = json.dumps({"table-kept": True})
    return answer


def _threshold(request: HttpRequest, name: str, former: int) -> int:
    number = posted_number(request.POST.get(name, ""))
    return former if number is None else max(min(number, tables.MOST_POINTS), -tables.MOST_POINTS)


@requires(Right.SEE)
@require_GET
@part_of("score-table", "table_id")
def score_table_preview(request: HttpRequest, table_id: int) -> HttpResponse:
    """The draft beside the live table over the same people."""
    table = get_object_or_404(ScoreTable, pk=table_id)
    live = _live()
    found = compare(table=table, live=live if live and live.pk != table.pk else None, at=now())
    context = {
        "table": table,
        "found": found,
        "draft_picture": picture(found.draft, label=_("What this draft would say")),
        "live_picture": picture(found.live, label=_("What the live table says")) if found.live else None,
    }
    return page(request, "scoring/_preview.html", context)


@requires(Right.EDIT_MARKETING)
@require_POST
def score_table_live(request: HttpRequest, table_id: int) -> HttpResponse:
    """Score everybody by this table from now on."""
    return _go_live(request, get_object_or_404(ScoreTable, pk=table_id))


def _go_live(request: HttpRequest, table: ScoreTable) -> HttpResponse:
    try:
        tables.go_live(table=table, by=request.user.pk, at=now())
    except TableRefused as refusal:
        refused(request, str(refusal).capitalize())
        return redirect(request, "score-table", table.pk)
    saved(request, _("The table is live. Everybody is being scored by it."))
    return redirect(request, "scoring")


@requires(Right.EDIT_MARKETING)
@require_POST
def score_table_discard(request: HttpRequest, table_id: int) -> HttpResponse:
    try:
        is_gone = tables.discard(table=get_object_or_404(ScoreTable, pk=table_id))
    except InUse as refusal:
        return still_used(request, refusal, back=reverse("score-table", args=[table_id]))
    if is_gone:
        saved(request, _("The draft is gone."))
    else:
        refused(request, _("This table has scored people and is kept to compare with."))
    return redirect(request, "scoring")


@requires(Right.EDIT_MARKETING)
@require_GET
@part_of("scoring")
def score_line_condition(request: HttpRequest) -> HttpResponse:
    """The builder for one line of the sheet."""
    condition = load_refusable(request.GET.get("condition", ""))
    return page(request, "scoring/_condition.html", {"condition": condition, "name": request.GET.get("name", "")})


# -- profiles -------------------------------------------------------------------------------------------------------


@requires(Right.EDIT_MARKETING)
@require_http_methods(["GET", "POST"])
def profile_edit(request: HttpRequest, profile_id: int | None = None) -> HttpResponse:
    """The portrait of a client: what kind, its name, and what must be true of the person."""
    profile = get_object_or_404(Profile, pk=profile_id) if profile_id else None
    error = ""
    if request.method == "POST":
        try:
            tables.save_profile(
                profile=profile, by=request.user.pk, name=request.POST.get("name", ""), kind=_kind(request),
                condition=needed_condition(request.POST, "condition"), is_active=request.POST.get("is_active") == "on",
            )  # fmt: skip
        except (TableRefused, ConditionError) as refusal:
            error = str(refusal)
        else:
            saved(request, _("Kept. Everybody is being compared with it."))
            return redirect(request, "scoring")
    context: dict[str, Any] = {
        "profile": profile,
        "kinds": [(kind.value, grade_name(kind.value)) for kind in ProfileKind],
        "kind": request.POST.get("kind") or (profile.kind if profile else request.GET.get("kind", ProfileKind.IDEAL)),
        "name": request.POST.get("name", profile.name if profile else ""),
        "condition": request.POST.get("condition") or (profile.condition if profile else {}),
        "error": error,
    }
    status = 422 if error else 200
    return page(request, "scoring/profile.html", context, fragment="scoring/_profile.html", status=status)


def _kind(request: HttpRequest) -> str:
    kind = request.POST.get("kind", "")
    return kind if kind in ProfileKind.values else ProfileKind.IDEAL.value


@requires(Right.EDIT_MARKETING)
@require_POST
def profile_delete(request: HttpRequest, profile_id: int) -> HttpResponse:
    try:
        tables.delete_profile(profile=get_object_or_404(Profile, pk=profile_id), by=request.user.pk)
    except InUse as refusal:
        return still_used(request, refusal, back=reverse("scoring"))
    saved(request, _("The profile is gone. Everybody is being compared with the others."))
    return redirect(request, "scoring")


urlpatterns = [
    path("scoring/", scoring, name="scoring"),
    path("scoring/tables/new/", score_table_new, name="score-table-new"),
    path("scoring/tables/condition/", score_line_condition, name="score-line-condition"),
    path("scoring/tables/<int:table_id>/", score_table, name="score-table"),
    path("scoring/tables/<int:table_id>/save/", score_table_save, name="score-table-save"),
    path("scoring/tables/<int:table_id>/preview/", score_table_preview, name="score-table-preview"),
    path("scoring/tables/<int:table_id>/live/", score_table_live, name="score-table-live"),
    path("scoring/tables/<int:table_id>/discard/", score_table_discard, name="score-table-discard"),
    path("scoring/profiles/new/", profile_edit, name="score-profile-new"),
    path("scoring/profiles/<int:profile_id>/", profile_edit, name="score-profile"),
    path("scoring/profiles/<int:profile_id>/delete/", profile_delete, name="score-profile-delete"),
]
