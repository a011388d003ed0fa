"""What was learned, as files: a proposed table that `teplo score import` reads, and findings with their figures."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from teplo.accounts.access import Right, requires
from teplo.conditions import registry
from teplo.conditions.sentences import say_stored
from teplo.scoring import proposing
from teplo.scoring.learned_names import times
from teplo.scoring.models import Learning, ProfileSearch
from teplo.scoring.table_file import Line, write_table

FIGURES = ("people", "won", "others", "share_won", "share_others", "lift", "low", "high", "conversion", "p", "q")


@requires(Right.EXPORT)
@require_GET
def learning_csv(request: HttpRequest, learning_id: int) -> HttpResponse:
    """The proposed table: criterion; condition; points, and on how many people each was found."""
    learning = get_object_or_404(Learning, pk=learning_id)
    vocabulary = registry.people()
    lines = [
        Line(
            name=one["name"], condition=proposing.fitting(one["condition"], vocabulary), points=one["points"],
            group=one.get("group", ""), side=one["side"],
            found={
                "people": one["people"], "conversion": round(one["conversion"], 4),
                "effect": times(one, learning.result),
            },
        )
        for one in learning.result.get("criteria") or ()
    ]  # fmt: skip
    return _file(write_table(lines, vocabulary=vocabulary), f"learned-{learning.pk}.csv")


@requires(Right.EXPORT)
@require_GET
def search_csv(request: HttpRequest, search_id: int) -> HttpResponse:
    """Every finding with its shares, lift, interval, p and q."""
    search = get_object_or_404(ProfileSearch, pk=search_id)
    return _file("\ufeff" + _table(search.result.get("findings") or ()), f"findings-{search.pk}.csv")


def _table(findings: Sequence[Mapping[str, Any]]) -> str:
    vocabulary, out = registry.people(), io.StringIO()
    writer = csv.writer(out, delimiter=";", lineterminator="\n")
    writer.writerow([_("What"), *FIGURES])
    for one in findings:
        said = say_stored(proposing.condition_of(one), vocabulary)
        writer.writerow([said, *(round(one[name], 6) for name in FIGURES)])
    return out.getvalue()


def _file(text: str, name: str) -> HttpResponse:
    response = HttpResponse(text, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


urlpatterns = [
    path("scoring/learned/<int:learning_id>/table.csv", learning_csv, name="learning-csv"),
    path("scoring/common/<int:search_id>/findings.csv", search_csv, name="profile-search-csv"),
]
