"""Shadow runs on a draft's page: start, stop, and what the draft would have said of those who were touched (R21)."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from teplo.accounts.access import Right, requires
from teplo.kit.clock import now
from teplo.scoring.models import ScoreTable, TableState
from teplo.scoring.shadow_runs import AlreadyShadowing, hot_otherwise, shadow_of, start_shadow, stop_shadow
from teplo.scoring.tables import TableRefused
from teplo.web.answers import page, part_of, redirect, refused, saved

SHOWN = 20


@requires(Right.SEE)
@require_GET
@part_of("score-table", "table_id")
def score_shadow(request: HttpRequest, table_id: int) -> HttpResponse:
    """What the run has found so far, as a part of the draft's page."""
    table = get_object_or_404(ScoreTable, pk=table_id)
    found = shadow_of(table)
    context = {
        "table": table,
        "shadow": found,
        "live": ScoreTable.objects.filter(state=TableState.LIVE).first(),
        "lists": [
            (_("Hot by this draft only"), hot_otherwise(found.run, by_draft=True, limit=SHOWN)),
            (_("Hot by the live table only"), hot_otherwise(found.run, by_draft=False, limit=SHOWN)),
        ]
        if found
        else [],
    }
    return page(request, "backtests/_shadow.html", context)


@requires(Right.EDIT_MARKETING)
@require_POST
def score_shadow_start(request: HttpRequest, table_id: int) -> HttpResponse:
    try:
        start_shadow(table=get_object_or_404(ScoreTable, pk=table_id), by=request.user.pk, at=now())
    except TableRefused as refusal:
        refused(request, str(refusal).capitalize())
    except AlreadyShadowing:
        refused(request, _("This draft is in the shadow already."))
    else:
        saved(request, _("From now on the draft scores everybody who is touched. Nothing acts on it."))
    return redirect(request, "score-table", table_id)


@requires(Right.EDIT_MARKETING)
@require_POST
def score_shadow_stop(request: HttpRequest, table_id: int) -> HttpResponse:
    if stop_shadow(table=get_object_or_404(ScoreTable, pk=table_id), at=now()):
        saved(request, _("The shadow run has ended; what it found is kept."))
    return redirect(request, "score-table", table_id)


urlpatterns = [
    path("scoring/tables/<int:table_id>/shadow/", score_shadow, name="score-shadow"),
    path("scoring/tables/<int:table_id>/shadow/start/", score_shadow_start, name="score-shadow-start"),
    path("scoring/tables/<int:table_id>/shadow/stop/", score_shadow_stop, name="score-shadow-stop"),
]
