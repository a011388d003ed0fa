"""Back-tests: a table put to the past beside the live one, with what became of everybody (R21)."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from typing import Any

from django import forms
from django.core.serializers.json import DjangoJSONEncoder
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import path
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from teplo.accounts.access import Right, requires
from teplo.jobs.models import Job
from teplo.kit.clock import now
from teplo.scoring import backtesting, measuring, tested
from teplo.scoring.models import BackTest, OutcomeState, ScoreTable, TableState
from teplo.scoring.sampling import Question
from teplo.scoring.tables import TableRefused
from teplo.web.answers import page, part_of, redirect, refused, saved
from teplo.web.backtest_pictures import (
    band_rows,
    calibration_picture,
    gain_picture,
    lift_picture,
    lift_rows,
    threshold_picture,
)
from teplo.web.backtest_words import asked_of, said_choice, said_verdicts, state_name
from teplo.web.formatting import temperature_name
from teplo.web.past_question import PastQuestionForm
from teplo.web.reading import whole
from teplo.web.scoring_tabs import scoring_tabs

SHOWN = 50
PEOPLE_SHOWN = 15
CALLS = 20


class BackTestForm(PastQuestionForm):
    """The question, with which table and how many people sales can call a day."""

    table = forms.ModelChoiceField(
        label=gettext_lazy("Table"), queryset=ScoreTable.objects.order_by("-created_at"), empty_label=None
    )
    calls_per_day = forms.IntegerField(
        label=gettext_lazy("People sales can call a day"), min_value=1, max_value=backtesting.MOST_CALLS, initial=CALLS
    )
    name = forms.CharField(label=gettext_lazy("Name"), max_length=200, required=False)
    field_order = ("table",)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["table"].label_from_instance = _table_name  # type: ignore[attr-defined]


def _table_name(table: ScoreTable) -> str:
    words = {TableState.LIVE: _("live"), TableState.DRAFT: _("draft"), TableState.RETIRED: _("retired")}
    return f"{table.name} · {words[TableState(table.state)]}"


@requires(Right.SEE)
@require_GET
def backtest_list(request: HttpRequest) -> HttpResponse:
    rows = [(test, asked_of(test.question), said_verdicts(test.result)[:1]) for test in _newest()]
    return page(request, "backtests/list.html", {"rows": rows, "tabs": scoring_tabs(request)})


def _newest() -> list[BackTest]:
    return list(BackTest.objects.order_by("-created_at")[:SHOWN])


@requires(Right.EDIT_MARKETING)
@require_http_methods(["GET", "POST"])
def backtest_new(request: HttpRequest) -> HttpResponse:
    """Put the question to the past."""
    live = ScoreTable.objects.filter(state=TableState.LIVE).first()
    if request.method == "POST":
        form = BackTestForm(request.POST)
        if form.is_valid() and (test := _start(request, form, live)):
            return redirect(request, "backtest", test.pk)
    else:
        number = whole(request.GET.get("table"))
        drafts = ScoreTable.objects.filter(state=TableState.DRAFT).order_by("-created_at")
        chosen = ScoreTable.objects.filter(pk=number).first() if number else drafts.first() or live
        form = BackTestForm(initial={"table": chosen, "only_known": False})
    status = 422 if form.is_bound else 200
    return page(
        request, "backtests/new.html", {"form": form, "live": live, "tabs": scoring_tabs(request)}, status=status
    )


def _start(request: HttpRequest, form: BackTestForm, live: ScoreTable | None) -> BackTest | None:
    cleaned = form.cleaned_data
    table = cleaned["table"]
    question = form.question.only_of_ended() if cleaned["versus"] == "lost" else form.question
    try:
        return backtesting.start_back_test(
            table=table, against=live if live and live.pk != table.pk else None, question=question,
            calls_per_day=cleaned["calls_per_day"], name=cleaned["name"], by=request.user.pk, at=now(),
        )  # fmt: skip
    except TableRefused as refusal:
        form.add_error("table", str(refusal))
        return None


@requires(Right.SEE)
@require_GET
def backtest(request: HttpRequest, test_id: int) -> HttpResponse:
    """How far it is, or what came out: the draft and the live table side by side. The address can be given away."""
    test = get_object_or_404(BackTest, pk=test_id)
    context: dict[str, Any] = {
        "test": test,
        "asked": asked_of(test.question),
        "job": Job.objects.filter(pk=test.job_id or 0).first() if not test.finished_at else None,
        "tabs": scoring_tabs(request),
        "result": test.result,
    }
    if test.result.get("people"):
        context |= _shown(request, test)
    return page(request, "backtests/backtest.html", context)


def _shown(request: HttpRequest, test: BackTest) -> dict[str, Any]:
    result = test.result
    sides = [side for side in (result["draft"], result["live"]) if side]
    return {
        "verdicts": said_verdicts(result),
        "sides": [(side, band_rows(side), calibration_picture(side)) for side in sides],
        "lifts": lift_rows(sides),
        "gain": gain_picture(result["draft"], result["live"]),
        "lift": lift_picture(result["draft"], result["live"]),
        "by_threshold": threshold_picture(result["draft"]),
        "threshold": _threshold_asked(request, test),
        "moves": _moves(result),
        "people": _people_asked(request, test) if result["live"] else None,
    }


def _moves(result: dict[str, Any]) -> list[dict[str, Any]]:
    """Who would be called otherwise: from, to, people and how many of them bought."""
    return [
        {
            "before": before, "after": after, "people": people, "bought": bought,
            "share": measuring.proportion(bought, people),
            "said": f"{temperature_name(before)} → {temperature_name(after)}",
        }
        for before, after, people, bought in result.get("moves", ())
        if before != after
    ]  # fmt: skip


# -- the threshold -------------------------------------------------------------------------------------------------


@requires(Right.SEE)
@require_GET
@part_of("backtest", "test_id")
def backtest_threshold(request: HttpRequest, test_id: int) -> HttpResponse:
    """What handing over from so many points on would have meant."""
    test = get_object_or_404(BackTest, pk=test_id)
    return page(request, "backtests/_threshold.html", {"test": test, "threshold": _threshold_asked(request, test)})


def _threshold_asked(request: HttpRequest, test: BackTest) -> dict[str, Any]:
    """That of the address, else from where the table calls hot."""
    try:
        threshold = int(request.GET.get("threshold", ""))
    except ValueError:
        threshold = test.result["draft"]["hot_from"]
    return _threshold_context(test, threshold)


def _threshold_context(test: BackTest, threshold: int) -> dict[str, Any]:
    result = test.result
    rows = result["draft"]["thresholds"]
    low, high = (rows[0][0], rows[-1][0]) if rows else (0, 0)
    wanted = min(max(threshold, low), high)
    chosen = measuring.choose(rows, wanted, buyers=result["won"], weeks=result["weeks"])
    live = None
    if result["live"]:
        side = result["live"]
        live = measuring.choose(side["thresholds"], side["hot_from"], buyers=result["won"], weeks=result["weeks"])
    return {
        "value": wanted,
        "low": low,
        "high": high,
        "chosen": chosen,
        "said": said_choice(chosen),
        "live": said_choice(live) if live else "",
        "live_from": result["live"]["hot_from"] if result["live"] else None,
    }


# -- who changes band ----------------------------------------------------------------------------------------------


@requires(Right.SEE)
@require_GET
@part_of("backtest", "test_id")
def backtest_people(request: HttpRequest, test_id: int) -> HttpResponse:
    """The next people whom the two tables would call differently, criterion by criterion."""
    test = get_object_or_404(BackTest, pk=test_id)
    return page(request, "backtests/_people.html", {"test": test, "people": _people_asked(request, test)})


def _people_asked(request: HttpRequest, test: BackTest) -> dict[str, Any]:
    """Those whom the address asks for: from which temperature to which, after whom."""
    before, _arrow, after = request.GET.get("move", "").partition("-")
    beyond = whole(request.GET.get("after")) or 0
    return _people(test, before=before, after=after, state=request.GET.get("state", ""), beyond=beyond)


def _people(test: BackTest, *, before: str = "", after: str = "", state: str = "", beyond: int = 0) -> dict[str, Any]:
    tables = backtesting.tables_of(test)
    if len(tables) < 2:  # noqa: PLR2004
        return {"rows": [], "next": None, "move": "", "state": ""}
    found = tested.changers(
        test.pk, *tables, before=before, after=after, state=state if state in OutcomeState.values else "",
        beyond=beyond, limit=PEOPLE_SHOWN + 1,
    )  # fmt: skip
    shown = found[:PEOPLE_SHOWN]
    split = tested.points(shown, tables)
    return {
        "rows": [
            {
                "row": row, "state": state_name(row.state), "differences": _differences(tables, split[row.person_id]),
                "before": row.before, "after": row.after,
            }
            for row in shown
        ],
        "next": shown[-1].person_id if len(found) > PEOPLE_SHOWN else None,
        "move": f"{before}-{after}" if before and after else "",
        "state": state,
    }  # fmt: skip


def _differences(tables: list[Any], given: list[list[int]]) -> list[tuple[str, int]]:
    """(criterion, points more or less by the draft), the greatest first; criteria of one name are one."""
    sums: dict[str, int] = {}
    for sign, table, points in ((1, tables[0], given[0]), (-1, tables[1], given[1])):
        for item, one in zip(table.criteria, points, strict=True):
            sums[item.name] = sums.get(item.name, 0) + sign * one
    return sorted(((name, by) for name, by in sums.items() if by), key=lambda pair: -abs(pair[1]))


# -- taking it along -----------------------------------------------------------------------------------------------


class _Echo:
    """What csv.writer writes is handed on at once."""

    def write(self, text: str) -> str:
        return text


@requires(Right.EXPORT)
@require_GET
def backtest_csv(request: HttpRequest, test_id: int) -> HttpResponseBase:
    """Everybody of the test with both scores and the outcome; streamed."""
    test = get_object_or_404(BackTest, pk=test_id)
    response = StreamingHttpResponse(_csv(test), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="back-test-{test.pk}.csv"'
    return response


def _csv(test: BackTest) -> Iterator[str]:
    writer = csv.writer(_Echo())
    yield "\ufeff" + writer.writerow(["person", "at", "outcome", "value", "ended", "score", "live_score"])
    rows = tested.of_test(test.pk).order_by("person_id")
    names = ("person_id", "at", "state", "value", "ended_at", "total", "against")
    for person, at, state, value, ended, total, against in rows.values_list(*names).iterator(chunk_size=5000):
        ended_at = f"{localtime(ended):%Y-%m-%d %H:%M}" if ended else ""
        yield writer.writerow([person, f"{localtime(at):%Y-%m-%d %H:%M}", state, value, ended_at, total, against])


@requires(Right.SEE)
@require_GET
def backtest_json(request: HttpRequest, test_id: int) -> HttpResponse:
    """The question, both tables and all figures."""
    test = get_object_or_404(BackTest, pk=test_id)
    data = {"name": test.name, "question": test.question, "rules": test.rules, "result": test.result}
    text = json.dumps(data, cls=DjangoJSONEncoder, ensure_ascii=False, indent=1)
    response = HttpResponse(text, content_type="application/json; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="back-test-{test.pk}.json"'
    return response


@requires(Right.EDIT_MARKETING)
@require_POST
def backtest_delete(request: HttpRequest, test_id: int) -> HttpResponse:
    backtesting.delete_back_test(test=get_object_or_404(BackTest, pk=test_id))
    saved(request, _("The back-test is gone."))
    return redirect(request, "backtests")


@requires(Right.EDIT_MARKETING)
@require_POST
def backtest_again(request: HttpRequest, test_id: int) -> HttpResponse:
    """The same question, with the tables as they are now and what became of people until today."""
    test = get_object_or_404(BackTest, pk=test_id)
    if test.table is None:
        refused(request, _("Its table is gone."))
        return redirect(request, "backtest", test.pk)
    question = Question.from_json({**test.question, "as_of": now().isoformat()})
    again = backtesting.start_back_test(
        table=test.table, against=test.against, question=question, calls_per_day=test.calls_per_day, name=test.name,
        by=request.user.pk, at=now(),
    )  # fmt: skip
    return redirect(request, "backtest", again.pk)


urlpatterns = [
    path("scoring/back-tests/", backtest_list, name="backtests"),
    path("scoring/back-tests/new/", backtest_new, name="backtest-new"),
    path("scoring/back-tests/<int:test_id>/", backtest, name="backtest"),
    path("scoring/back-tests/<int:test_id>/threshold/", backtest_threshold, name="backtest-threshold"),
    path("scoring/back-tests/<int:test_id>/people/", backtest_people, name="backtest-people"),
    path("scoring/back-tests/<int:test_id>/people.csv", backtest_csv, name="backtest-csv"),
    path("scoring/back-tests/<int:test_id>/figures.json", backtest_json, name="backtest-json"),
    path("scoring/back-tests/<int:test_id>/delete/", backtest_delete, name="backtest-delete"),
    path("scoring/back-tests/<int:test_id>/again/", backtest_again, name="backtest-again"),
]
