"""Points learnt from what became of people, and the draft that comes of them (R20)."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import Path, Query, Router, Schema, Status
from pydantic import Field

from teplo.accounts.access import Right
from teplo.api.access import Token, maker
from teplo.api.backtests import PageAsked
from teplo.api.jobs import JobShown, find_job, job_shown, stop
from teplo.api.line_forms import refused
from teplo.api.problems import NotThere, Problem
from teplo.api.questions import QuestionAsked, question_of
from teplo.api.shapes import Asked, Id, Text
from teplo.api.tables import TableShown, table_shown
from teplo.jobs.models import Job
from teplo.kit.clock import now
from teplo.scoring.jobs_learning import start_learning
from teplo.scoring.models import Learning
from teplo.scoring.proposing import NothingProposed, make_draft
from teplo.scoring.tables import TableRefused

router = Router(tags=["learning"])


class LearningAsked(Asked):
    """Fields that look like the answer are left out by themselves and named; `insist` takes them all the same."""

    question: QuestionAsked
    versus: Literal["everybody", "lost"] = Field("everybody", description="With whom buyers are compared.")
    exclude: list[Text] = Field(default_factory=list, max_length=500, description="Keys of fields and activities.")
    insist: list[Text] = Field(default_factory=list, max_length=500)
    criteria: int = Field(25, ge=1, le=200, description="At most so many.")


class LearningShort(Schema):
    id: Id
    question: dict[str, Any]
    options: dict[str, Any]
    verdict: str = Field(description="proposed, too-little, no-signal …; empty until it is done.")
    table: Id | None = Field(description="The draft made of it.")
    created_at: datetime
    finished_at: datetime | None


class LearningShown(LearningShort):
    """`result` is empty until it is done: the proposal, or why there is none; the fields left out and why."""

    result: dict[str, Any]
    job: JobShown | None


class DraftAsked(Asked):
    name: Text = Field(min_length=1, max_length=200)


@router.get("", auth=Token(Right.SEE), response=list[LearningShort], summary="Learnings, the newest first")
def list_learnings(request: HttpRequest, asked: Query[PageAsked]) -> list[LearningShort]:
    return [_short(learning) for learning in Learning.objects.order_by("-created_at")[: asked.limit]]


@router.post("", auth=Token(Right.EDIT_MARKETING), response={202: LearningShown}, summary="Learn points from outcomes")
def begin_learning(request: HttpRequest, asked: LearningAsked) -> Status[LearningShown]:
    options = asked.model_dump(exclude={"question"})
    learning = start_learning(question=question_of(asked.question), options=options, by=maker(request), at=now())
    return Status(202, learning_shown(learning))


@router.get("/{learning_id}", auth=Token(Right.SEE), response=LearningShown, summary="What was learnt")
def read_learning(request: HttpRequest, learning_id: Path[Id]) -> LearningShown:
    return learning_shown(_find(learning_id))


@router.post("/{learning_id}/cancel", auth=Token(Right.EDIT_MARKETING), response={202: JobShown}, summary="Stop it")
def cancel_learning(request: HttpRequest, learning_id: Path[Id]) -> Status[JobShown]:
    return Status(202, stop(request, find_job(str(_find(learning_id).job_id or 0))))


@router.post(
    "/{learning_id}/draft", auth=Token(Right.EDIT_MARKETING), response={201: TableShown}, summary="Make a draft of it"
)
def draft_learning(request: HttpRequest, learning_id: Path[Id], asked: DraftAsked) -> Status[TableShown]:
    try:
        table = make_draft(learning=_find(learning_id), name=asked.name, by=maker(request), at=now())
    except NothingProposed as error:
        raise Problem(409, "nothing-proposed", _("This run has proposed no table.")) from error
    except TableRefused as error:
        raise refused(error) from error
    return Status(201, table_shown(table))


def learning_shown(learning: Learning) -> LearningShown:
    """As JSON."""
    job = Job.objects.filter(pk=learning.job_id or 0).first()
    return LearningShown(**_short(learning).model_dump(), result=learning.result, job=job_shown(job) if job else None)


def _short(learning: Learning) -> LearningShort:
    return LearningShort(
        id=str(learning.pk),
        question=learning.question,
        options=learning.options,
        verdict=str(learning.result.get("verdict", "")),
        table=str(learning.table_id) if learning.table_id else None,
        created_at=learning.created_at,
        finished_at=learning.finished_at,
    )


def _find(learning_id: str) -> Learning:
    learning = Learning.objects.filter(pk=learning_id).first()
    if learning is None:
        raise NotThere(_("There is no such learning."))
    return learning
