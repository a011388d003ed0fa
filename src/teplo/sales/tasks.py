"""Tasks: what a colleague must do for a person, by when, and what came of it (R40)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from teplo.accounts.notices import NewNotice, notify
from teplo.kit import bulk
from teplo.kit.clock import now
from teplo.kit.ids import new_ids
from teplo.sales.assigning import choose_assignees
from teplo.sales.models import Task, TaskState

KINDS = {
    "call": _("Call"),
    "write": _("Write"),
    "meet": _("Meet"),
    "answer-hot": _("Answer a hot person"),
    "other": _("Something else"),
}
OUTCOMES = {
    "reached": _("Reached, talked"),
    "agreed": _("Agreed on the next step"),
    "no-answer": _("No answer"),
    "call-later": _("Asked to call later"),
    "refused": _("Not interested"),
    "wrong-contact": _("Wrong contact"),
    "done": _("Done"),
}
TALKED = frozenset({"reached", "agreed", "call-later", "refused"})

_COLUMNS = (
    "person_id",
    "id",
    "kind",
    "title",
    "note",
    "assignee_id",
    "due_at",
    "state",
    "outcome",
    "outcome_note",
    "enrolment_id",
    "step",
    "pass_number",
    "created_by",
    "created_at",
)


class TaskNotOpen(Exception):
    """The task is not open any more."""


@dataclass(frozen=True, slots=True)
class NewTask:
    """A task to be; without `assignee_id` the rule chooses (owner, else whoever has least to do)."""

    person_id: int
    title: str
    due_at: datetime
    kind: str = "call"
    note: str = ""
    assignee_id: int | None = None
    enrolment_id: int | None = None
    step: str = ""
    pass_number: int = 1
    created_by: str = ""
    prefer_owner: bool = True


def create_tasks(rows: Sequence[NewTask]) -> list[int]:
    """Write tasks in bulk and answer their ids; one known by (person, enrolment, step, pass) is not written twice."""
    if not rows:
        return []
    assigned = _assignees(rows)
    ids = new_ids(len(rows))
    at = now()
    ordered = sorted(zip(rows, assigned, ids, strict=True), key=lambda item: item[0].person_id)
    bulk.insert(Task, _COLUMNS, [_as_tuple(row, who, task_id, at) for row, who, task_id in ordered], ignore_known=True)
    _tell(rows, assigned)
    return ids


def snooze_task(*, task: Task, until: datetime) -> None:
    """Put an open task off."""
    change_open(task, due_at=until)


def give_task(*, task: Task, assignee_id: int) -> None:
    """Hand an open task to another colleague and tell him."""
    change_open(task, assignee_id=assignee_id)
    notify([NewNotice(assignee_id, "task-given", {"title": task.title}, "/tasks/")])


def cancel_task(*, task: Task, note: str = "") -> None:
    """Close a task that needs no doing any more."""
    change_open(task, state=TaskState.CANCELLED, outcome_note=note, done_at=now())


def reopen_task(*, task: Task) -> None:
    """Undo finishing or cancelling."""
    Task.objects.filter(person_id=task.person_id, id=task.id).exclude(state=TaskState.OPEN).update(
        state=TaskState.OPEN, outcome="", outcome_note="", done_at=None
    )


def change_open(task: Task, **changes: Any) -> None:
    """Change a task only while it is open; raises TaskNotOpen."""
    changed = Task.objects.filter(person_id=task.person_id, id=task.id, state=TaskState.OPEN).update(**changes)
    if not changed:
        raise TaskNotOpen


def _assignees(rows: Sequence[NewTask]) -> list[int | None]:
    chosen: dict[bool, dict[int, int | None]] = {}
    for prefer in (True, False):
        asked = [row.person_id for row in rows if row.assignee_id is None and row.prefer_owner is prefer]
        chosen[prefer] = choose_assignees(person_ids=asked, prefer_owner=prefer) if asked else {}
    return [row.assignee_id or chosen[row.prefer_owner].get(row.person_id) for row in rows]


def _tell(rows: Sequence[NewTask], assigned: Sequence[int | None]) -> None:
    """One notice per colleague, not per task: a thousand tasks of a journey must not be a thousand rings."""
    titles: dict[int, str] = {}
    for row, user in zip(rows, assigned, strict=True):
        if user is not None and row.kind != "answer-hot" and row.created_by != f"user:{user}":
            titles.setdefault(user, row.title)
    if titles:
        notify([NewNotice(user, "task-given", {"title": title}, "/tasks/") for user, title in titles.items()])


def _as_tuple(row: NewTask, assignee_id: int | None, task_id: int, at: datetime) -> tuple[Any, ...]:
    return (
        row.person_id,
        task_id,
        row.kind,
        row.title,
        row.note,
        assignee_id,
        row.due_at,
        TaskState.OPEN,
        "",
        "",
        row.enrolment_id,
        row.step,
        row.pass_number,
        row.created_by,
        at,
    )
