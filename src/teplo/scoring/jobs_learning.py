"""Long work that learns: points from outcomes (R20), and what those who bought have in common (R19).

Both read everybody as he stood at his moment into a frame, hand it to a process of its own, and keep its answer. The
frame holds personal facts: it lies in a folder of its own that goes with the work.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils import translation

from teplo.accounts.workspace import get_workspace
from teplo.jobs.models import Job
from teplo.jobs.running import CannotGoOn, Work
from teplo.jobs.starting import start_job
from teplo.kit.clock import now
from teplo.scoring.extracting import Extracted, Versus, extract
from teplo.scoring.frame import undated_columns
from teplo.scoring.learning_process import LearningFailed, LearningStopped, run_child, run_learning
from teplo.scoring.live_area import live_area
from teplo.scoring.models import Learning, ProfileSearch
from teplo.scoring.sampling import Question, QuestionUnclear, sample_sql

LEARN, FIND_COMMON = "learn", "find-common"
READING = 60
"""Of the hundred steps shown, so many are the reading of people; the rest is thinking."""

Run = Callable[..., dict[str, Any]]


def start_learning(*, question: Question, options: Mapping[str, Any], by: int | None, at: datetime) -> Learning:
    """Ask for points learnt from what became of the people of `question`.

    `options`: versus (“lost” or “everybody”), exclude (keys of fields and activities), insist (keys used although they
    look like the answer), criteria (at most so many).
    """
    with transaction.atomic():
        learning = Learning.objects.create(
            question=question.as_json(), options=dict(options), created_by=by, created_at=at
        )
        job = _start(LEARN, learning, by)
        Learning.objects.filter(pk=learning.pk).update(job_id=job.pk)
    learning.job_id = job.pk
    return learning


def start_search(*, question: Question, options: Mapping[str, Any], by: int | None, at: datetime) -> ProfileSearch:
    """Ask what those who bought have in common. `options`: versus, exclude, about (“people” or “companies”)."""
    with transaction.atomic():
        search = ProfileSearch.objects.create(
            question=question.as_json(), options=dict(options), created_by=by, created_at=at
        )
        job = _start(FIND_COMMON, search, by)
        ProfileSearch.objects.filter(pk=search.pk).update(job_id=job.pk)
    search.job_id = job.pk
    return search


def _start(kind: str, asked: Learning | ProfileSearch, by: int | None) -> Job:
    return start_job(kind=kind, args={"id": str(asked.pk)}, subject=f"{kind}:{asked.pk}", by=by)


def learn(work: Work) -> dict[str, Any]:
    """The job: a proposal, or why there is none, into `Learning.result`."""
    learning = Learning.objects.get(pk=int(work.args["id"]))
    options = learning.options
    asked = {name: options[name] for name in ("insist", "criteria") if options.get(name)}
    result = _beside_live(work, learning, _answer(work, learning, partial(run_learning, options=asked)))
    with transaction.atomic():
        Learning.objects.filter(pk=learning.pk).update(result=result, finished_at=now())
        work.advance(done=100, total=100, cursor={"finished": True})
    return {"verdict": result.get("verdict", "")}


def _beside_live(work: Work, learning: Learning, result: dict[str, Any]) -> dict[str, Any]:
    """The result with the live table's own area over the same people, where there is one to compare with."""
    if not result.get("auc"):
        return result
    question, states = Question.from_json(learning.question), Versus.read(learning.options.get("versus", "")).states
    area = live_area(question=question, states=states, check=work.check)
    return {**result, "auc": {**result["auc"], "live": list(area)}} if area else result


def find_common(work: Work) -> dict[str, Any]:
    """The job: findings into `ProfileSearch.result`."""
    search = ProfileSearch.objects.get(pk=int(work.args["id"]))
    result = _answer(work, search, partial(run_child, "teplo.scoring.commonness", options={}))
    with transaction.atomic():
        ProfileSearch.objects.filter(pk=search.pk).update(result=result, finished_at=now())
        work.advance(done=100, total=100, cursor={"finished": True})
    return {"verdict": result.get("verdict", ""), "findings": len(result.get("findings", ()))}


def _answer(work: Work, asked: Learning | ProfileSearch, run: Run) -> dict[str, Any]:
    """People into a frame, the frame into the other process, its answer."""
    with tempfile.TemporaryDirectory(prefix="teplo-frame-") as folder, _in_our_language():
        path = Path(folder) / "frame.csv"
        found = _extract(work, asked, path)
        if found.won in (0, found.people):
            return {"verdict": "too-little", "people": found.people, "won": found.won, "asked": found.asked}
        undated = undated_columns(path)
        progress = Progress(work)
        try:
            result = run(frame=path, report=progress.tell, should_stop=progress.show)
        except LearningStopped:
            work.check()
            raise
        except LearningFailed as failure:
            raise CannotGoOn(str(failure).strip().rpartition("\n")[2]) from failure
    return {**result, "asked": found.asked, "undated": undated}


def _extract(work: Work, asked: Learning | ProfileSearch, path: Path) -> Extracted:
    try:
        question = Question.from_json(asked.question)
    except (QuestionUnclear, ValueError, KeyError) as error:
        raise CannotGoOn(str(error)) from error

    def report(done: int, total: int) -> None:
        work.advance(done=READING * done // max(total, 1), total=100)
        work.check()

    options = asked.options
    return extract(
        sample=sample_sql(question), path=path, versus=Versus.read(options.get("versus", "")),
        without=options.get("exclude", ()), about=options.get("about", ""), report=report,
    )  # fmt: skip


def _in_our_language() -> Any:
    """Names of columns and criteria are kept in the language of the company, whoever asked."""
    return translation.override(get_workspace().language)


class Progress:
    """How far the other process is. It is heard in a thread; what it says is written where the connection is."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._share = 0.0

    def tell(self, done: int, total: int, _what: str) -> None:
        self._share = max(self._share, min(done / total, 1.0) if total else 0.0)

    def show(self) -> bool:
        """Write the progress; raises Cancelled, which ends the other process as well."""
        self._work.advance(done=READING + int((99 - READING) * self._share), total=100)
        return False
