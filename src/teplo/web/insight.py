"""Insight: the overview, the funnel of a period, where people come from; pictures, tables below, export (R13, R44)."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from teplo.accounts.access import Right, requires
from teplo.insights.funnel import Entries, Funnel, entries_by_week, funnel
from teplo.insights.origins import Origin, details, origins
from teplo.insights.readiness import GRADES, Readiness, readiness
from teplo.kit.clock import now
from teplo.kit.wording import in_language
from teplo.tracking.models import SourceKind
from teplo.tracking.vocabulary import SOURCES
from teplo.web.answers import page
from teplo.web.formatting import temperature_name
from teplo.web.funnel_picture import (
    cohort_picture,
    condition_url,
    grade_part,
    newcomers_url,
    people_url,
)
from teplo.web.grades import grade_name
from teplo.web.periods import Period, period_chips, period_of

SOURCES_SHOWN = 8


@requires(Right.SEE)
@require_GET
def insight(request: HttpRequest) -> HttpResponse:
    """One page of pictures: the funnel, who comes, from where, and how it goes week by week."""
    period, at = period_of(request, default="90"), now()
    shown, ready = funnel(at=at, days=period.days), readiness(at=at, days=period.days)
    came = origins(at=at, days=period.days)
    entries = entries_by_week(at=at)
    context = {
        "period": period,
        "periods": period_chips(request, period),
        "funnel": shown,
        "picture": cohort_picture(shown) if shown.newcomers else None,
        "ready": ready,
        "profiles": _profiles_picture(ready, period) if ready.people else None,
        "sources": _sources_picture(came[:SOURCES_SHOWN]) if came else None,
        "weeks": _weeks_picture(entries) if any(any(counts) for _week, counts in entries.weeks) else None,
    }
    return page(request, "insight/overview.html", context)


def _profiles_picture(ready: Readiness, period: Period) -> dict[str, Any]:
    """People by profile, each bar split by temperature."""
    return {
        "columns": [_("Profile"), *(temperature_name(heat) for heat in _HEATS)],
        "rows": [
            [grade_name(grade) or _("everybody else"), *(ready.cells.get((grade, heat), 0) for heat in _HEATS)]
            for grade in GRADES
        ],
        "links": [newcomers_url(period, grade_part(grade)) for grade in GRADES],
        "palette": "temperature",
        "height": 230,
        "label": _("People by profile and temperature"),
    }


_HEATS = ("cold", "warm", "hot")


def _sources_picture(lines: Sequence[Origin]) -> dict[str, Any]:
    return {
        "columns": [_("Source"), _("People"), _("Customers")],
        "rows": [[source_name(line.source), line.people, line.customers] for line in lines],
        "links": [_source_url(line) for line in lines],
        "height": 60 + 46 * len(lines),
        "label": _("People and customers by the source of their first touch"),
    }


def _weeks_picture(entries: Entries) -> dict[str, Any]:
    """Entries week by week; the first stage is left out where there are several, it would dwarf the others."""
    first = 1 if len(entries.stages) > 2 else 0
    return {
        "columns": [_("Week"), *(in_language(stage.names) for stage in entries.stages[first:])],
        "rows": [[week, *counts[first:]] for week, counts in entries.weeks],
        "unfinished": _("not over yet"),
        "height": 260,
        "label": _("How many people came to each stage, week by week"),
    }


def source_name(key: str) -> str:
    """How a source is called."""
    return next((str(choice.name) for choice in SOURCES if choice.key == key), key) or _("unknown")


def _source_url(line: Origin) -> str:
    return condition_url({"first_source": line.source} if line.source else {"field": "first_source", "is_set": False})


@requires(Right.SEE)
@require_GET
def funnel_page(request: HttpRequest) -> HttpResponse:
    """The newcomers of a period on their way down, and who stands where now."""
    period = period_of(request, default="90")
    known_only = request.GET.get("who") == "known"
    shown = funnel(at=now(), days=period.days, known_only=known_only)
    context = {
        "period": period,
        "periods": period_chips(request, period),
        "known_only": known_only,
        "funnel": shown,
        "picture": cohort_picture(shown) if shown.newcomers else None,
        "rows": [(step, people_url(step.stage)) for step in shown.steps],
        "beside": [(stage, people, people_url(stage)) for stage, people in shown.beside],
        "stuck": sum(step.stuck for step in shown.steps),
    }
    return page(request, "insight/funnel.html", context)


@requires(Right.EXPORT)
@require_GET
def funnel_export(request: HttpRequest) -> HttpResponse:
    shown = funnel(at=now(), days=period_of(request).days, known_only=request.GET.get("who") == "known")
    head = [
        _("Stage"),
        _("Trade name"),
        _("People now"),
        _("Stuck"),
        _("Came this far"),
        _("Went on"),
        _("Median days"),
    ]
    return _csv("funnel", head, _funnel_rows(shown))


def _funnel_rows(shown: Funnel) -> Iterable[list[Any]]:
    for step in shown.steps:
        rate = "" if step.goes_on is None else round(step.goes_on, 4)
        days = "" if step.days is None else step.days
        yield [in_language(step.stage.names), step.stage.trade_name, step.here, step.stuck, step.reached, rate, days]
    for stage, people in shown.beside:
        yield [in_language(stage.names), stage.trade_name, people, "", "", "", ""]


@requires(Right.SEE)
@require_GET
def sources(request: HttpRequest) -> HttpResponse:
    """Where people come from and what became of them."""
    period = period_of(request, default="90")
    lines = origins(at=now(), days=period.days)
    chosen = request.GET.get("source", "")
    within = details(source=chosen, at=now(), days=period.days) if chosen in SourceKind.values else []
    context = {
        "period": period,
        "periods": period_chips(request, period),
        "lines": [(line, source_name(line.source), _source_url(line)) for line in lines],
        "people": sum(line.people for line in lines),
        "customers": sum(line.customers for line in lines),
        "best": max((line for line in lines if line.customers), key=_customers, default=None),
        "picture": _sources_picture(lines) if lines else None,
        "chosen": chosen,
        "chosen_name": source_name(chosen),
        "details": within,
    }
    if context["best"] is not None:
        context["best_name"] = source_name(context["best"].source)  # type: ignore[attr-defined]
    return page(request, "insight/sources.html", context)


def _customers(line: Origin) -> int:
    return line.customers


@requires(Right.EXPORT)
@require_GET
def sources_export(request: HttpRequest) -> HttpResponse:
    lines = origins(at=now(), days=period_of(request).days)
    head = [_("Source"), _("People"), _("Known"), _("Warm"), _("Hot"), _("Customers"), _("Won")]
    rows = [
        [source_name(one.source), one.people, one.known, one.warm, one.hot, one.customers, one.won] for one in lines
    ]
    return _csv("sources", head, rows)


def _csv(name: str, head: Sequence[str], rows: Iterable[Sequence[Any]]) -> HttpResponse:
    """A file that a spreadsheet opens by itself: UTF-8 with its mark, semicolons never needed."""
    answer = HttpResponse("\ufeff", content_type="text/csv; charset=utf-8")
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    writer = csv.writer(answer)
    writer.writerow(head)
    writer.writerows([_plain(value) for value in row] for row in rows)
    return answer


def _plain(value: Any) -> Any:
    """Texts that a spreadsheet would take for a formula are made harmless."""
    return f"'{value}" if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t") else value


urlpatterns = [
    path("insight/", insight, name="insight"),
    path("insight/funnel/", funnel_page, name="funnel"),
    path("insight/funnel.csv", funnel_export, name="funnel-export"),
    path("insight/sources/", sources, name="sources"),
    path("insight/sources.csv", sources_export, name="sources-export"),
]
