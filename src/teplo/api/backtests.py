"""Back-tests: what a table would have said of the past, beside another one, and what became of everybody (R21)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import Path, Query, Router, Schema, Status
from pydantic import Field

from teplo.accounts.access import Right
from teplo.api.access import Token, maker
from teplo.api.jobs import JobShown, find_job, job_shown, stop
from teplo.api.line_forms import refused
from teplo.api.problems import NotThere
from teplo.api.questions import QuestionAsked, question_of
from teplo.api.shapes import Asked, Id, Text
from teplo.api.tables import TableId, find_table
from teplo.jobs.models import Job
from teplo.kit.clock import now
from teplo.scoring.backtesting import MOST_CALLS, delete_back_test, start_back_test
from teplo.scoring.models import BackTest, ScoreTable, TableState
from teplo.scoring.tables import TableRefused

router = Router(tags=["back-tests"])


class BackTestAsked(Asked):
    table: TableId = Field(description="An id, or `live`.")
    against: TableId | None = Field("live", description="The table beside it; null: none.")
    question: QuestionAsked
    calls_per_day: int = Field(20, ge=1, le=MOST_CALLS, description="How many people sales can call a day.")
    name: Text = Field("", max_length=200)


class BackTestShort(Schema):
    id: Id
    name: str
    table: Id
    against: Id | None
    question: dict[str, Any]
    calls_per_day: int
    created_at: datetime
    finished_at: datetime | None


class BackTestShown(BackTestShort):
    """`result` is empty until it is counted; `job` says how far it is."""

    result: dict[str, Any]
    job: JobShown | None


class PageAsked(Asked):
    limit: int = Field(50, ge=1, le=200)


@router.get("", auth=Token(Right.SEE), response=list[BackTestShort], summary="Back-tests, the newest first")
def list_backtests(request: HttpRequest, asked: Query[PageAsked]) -> list[BackTestShort]:
    return [_short(test) for test in BackTest.objects.order_by("-created_at")[: asked.limit]]


@router.post("", auth=Token(Right.EDIT_MARKETING), response={202: BackTestShown}, summary="Ask the past")
def start_backtest(request: HttpRequest, asked: BackTestAsked) -> Status[BackTestShown]:
    """The tables are kept as they stand now, so later edits do not change the answer."""
    try:
        test = start_back_test(
            table=find_table(asked.table), against=_beside(asked.against), question=question_of(asked.question),
            calls_per_day=asked.calls_per_day, name=asked.name, by=maker(request), at=now(),
        )  # fmt: skip
    except TableRefused as error:
        raise refused(error) from error
    return Status(202, backtest_shown(test))


@router.get("/{backtest_id}", auth=Token(Right.SEE), response=BackTestShown, summary="Its figures")
def read_backtest(request: HttpRequest, backtest_id: Path[Id]) -> BackTestShown:
    return backtest_shown(_find(backtest_id))


@router.post("/{backtest_id}/cancel", auth=Token(Right.EDIT_MARKETING), response={202: JobShown}, summary="Stop it")
def cancel_backtest(request: HttpRequest, backtest_id: Path[Id]) -> Status[JobShown]:
    return Status(202, stop(request, find_job(str(_find(backtest_id).job_id or 0))))


@router.delete("/{backtest_id}", auth=Token(Right.EDIT_MARKETING), response={204: None}, summary="Forget it")
def forget_backtest(request: HttpRequest, backtest_id: Path[Id]) -> Status[None]:
    delete_back_test(test=_find(backtest_id))
    return Status(204, None)


def backtest_shown(test: BackTest) -> BackTestShown:
    """As JSON."""
    job = Job.objects.filter(pk=test.job_id or 0).first()
    return BackTestShown(**_short(test).model_dump(), result=test.result, job=job_shown(job) if job else None)


def _short(test: BackTest) -> BackTestShort:
    names = ("name", "question", "calls_per_day", "created_at", "finished_at")
    return BackTestShort(
        id=str(test.pk),
        table=str(test.table_id or test.rules["table"]["id"]),
        against=str(test.against_id) if test.against_id else None,
        **{name: getattr(test, name) for name in names},
    )


def _find(backtest_id: str) -> BackTest:
    test = BackTest.objects.filter(pk=backtest_id).first()
    if test is None:
        raise NotThere(_("There is no such back-test."))
    return test


def _beside(table_id: str | None) -> ScoreTable | None:
    """Nothing is live at first: then a draft is tested alone."""
    if table_id == "live":
        return ScoreTable.objects.filter(state=TableState.LIVE).first()
    return find_table(table_id) if table_id else None
