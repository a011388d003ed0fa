"""Closing a task with what came of it; a talk is also the first contact of the person's hand-off (R38, R40)."""

from __future__ import annotations

from django.db import transaction

from teplo.kit.clock import now
from teplo.sales.handing_off import note_first_contact
from teplo.sales.models import Task, TaskState
from teplo.sales.tasks import OUTCOMES, TALKED, change_open
from teplo.tracking.inbox import put_events


class OutcomeUnknown(Exception):
    """There is no such outcome."""


def finish_task(*, task: Task, outcome: str, note: str = "", by: int | None = None) -> None:
    """Close an open task; raises TaskNotOpen, OutcomeUnknown. A call goes to the pipeline as answered or missed."""
    if outcome not in OUTCOMES:
        raise OutcomeUnknown
    at = now()
    with transaction.atomic():
        change_open(task, state=TaskState.DONE, outcome=outcome, outcome_note=note, done_at=at)
        if outcome in TALKED:
            note_first_contact(person_id=task.person_id, user_id=by, at=at)
        _tell_pipeline(task, outcome)


def _tell_pipeline(task: Task, outcome: str) -> None:
    """A call with somebody at the other end is a deed of the person; one without an answer is known as well."""
    if task.kind not in ("call", "answer-hot"):
        return
    name = "call-answered" if outcome in TALKED else "call-missed" if outcome == "no-answer" else ""
    if name:
        properties = {"task": str(task.id), "outcome": outcome}
        event = {"id": f"{name}:{task.id}", "name": name, "person": str(task.person_id), "properties": properties}
        put_events([event], origin="own")
