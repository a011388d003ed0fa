"""A task for sales: call, write, meet (R29: "call when the last letter was read")."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _

from teplo.accounts.models import User
from teplo.journeys.steps.durations import read_duration
from teplo.journeys.steps.kind import Group, Outcome, SettingWrong, StepKind
from teplo.journeys.steps.send_email import read_id
from teplo.kit.local_time import days_later
from teplo.people.vocabulary import zone
from teplo.sales.tasks import KINDS, NewTask, create_tasks

ASSIGNED = ("owner", "least-busy")


@dataclass(frozen=True)
class TaskSettings:
    kind: str
    title: str
    note: str
    due_in: timedelta
    assign: str
    assignee_id: int | None


class AddTask(StepKind[TaskSettings]):
    key = "add-task"

    def read(self, raw: Mapping[str, Any]) -> TaskSettings:
        kind, assign = raw.get("task") or "call", raw.get("assign") or "owner"
        if kind not in KINDS:
            raise SettingWrong("task", "unknown-task-kind")
        title = str(raw.get("title") or "").strip()
        if not title:
            raise SettingWrong("title", "missing")
        if len(title) > 300:
            raise SettingWrong("title", "too-long-text", limit=300)
        if assign not in ASSIGNED and assign != "user":
            raise SettingWrong("assign", "unknown-rule")
        assignee_id = read_id(raw, "user") if assign == "user" else None
        if assign == "user" and assignee_id is None:
            raise SettingWrong("user", "missing")
        due_in = read_duration(raw, "due") or timedelta(days=1)
        return TaskSettings(kind, title, str(raw.get("note") or ""), due_in, assign, assignee_id)

    def check(self, settings: TaskSettings) -> None:
        if settings.assignee_id and not User.objects.filter(pk=settings.assignee_id, is_active=True).exists():
            raise SettingWrong("user", "no-such-user")

    def act(self, group: Group[TaskSettings]) -> Outcome:
        settings = group.settings
        due_at = days_later(group.at, settings.due_in, zone())
        tasks = {
            walker.row_id: NewTask(
                person_id=walker.person_id,
                kind=settings.kind,
                title=settings.title,
                note=settings.note,
                due_at=due_at,
                assignee_id=settings.assignee_id,
                prefer_owner=settings.assign == "owner",
                enrolment_id=walker.row_id,
                step=group.step,
                pass_number=walker.pass_number,
                created_by=f"journey:{group.journey_id}",
            )
            for walker in group.walkers
        }
        return Outcome(write=_write_tasks, rows=tasks)

    def say(self, settings: TaskSettings) -> str:
        return _("Task for sales: %(title)s") % {"title": settings.title}


def _write_tasks(rows: Sequence[NewTask], at: datetime) -> None:
    create_tasks(rows)
