"""Tasks are written in bulk, once each, and closed with what came of them (R40)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from teplo.accounts.models import Notice
from teplo.accounts.testing import make_user
from teplo.people.testing import make_person
from teplo.sales.finishing import OutcomeUnknown, finish_task
from teplo.sales.models import Task
from teplo.sales.tasks import NewTask, TaskNotOpen, create_tasks, give_task, reopen_task, snooze_task
from teplo.sales.testing import make_task
from teplo.tracking.models import InboxRow

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def test_the_same_step_and_pass_makes_one_task() -> None:
    person = make_person()
    row = NewTask(person_id=person.pk, title="Call", due_at=NOON, enrolment_id=7, step="call", pass_number=2)
    create_tasks([row])
    create_tasks([row])
    assert Task.objects.count() == 1


def test_many_tasks_of_one_colleague_ring_once() -> None:
    make_user(role="salesperson")
    create_tasks([NewTask(person_id=make_person().pk, title="Call", due_at=NOON) for _ in range(20)])
    assert Notice.objects.count() == 1


def test_a_task_without_anybody_to_do_it_is_still_written() -> None:
    create_tasks([NewTask(person_id=make_person().pk, title="Call", due_at=NOON)])
    assert Task.objects.get().assignee_id is None


def test_a_finished_task_cannot_be_finished_again_but_can_be_opened_again() -> None:
    task = make_task(make_person().pk)
    finish_task(task=task, outcome="reached", note="Просил прайс")
    with pytest.raises(TaskNotOpen):
        finish_task(task=task, outcome="reached")
    reopen_task(task=task)
    task.refresh_from_db()
    assert (task.state, task.outcome, task.done_at) == ("open", "", None)


def test_an_unknown_outcome_is_refused() -> None:
    with pytest.raises(OutcomeUnknown):
        finish_task(task=make_task(make_person().pk), outcome="whatever")


@pytest.mark.parametrize(("outcome", "told"), [("reached", 1), ("no-answer", 1), ("done", 0)])
def test_a_call_with_an_answer_or_without_is_told_to_the_pipeline(outcome: str, told: int) -> None:
    finish_task(task=make_task(make_person().pk, kind="call"), outcome=outcome)
    assert InboxRow.objects.count() == told


def test_writing_is_no_call() -> None:
    finish_task(task=make_task(make_person().pk, kind="write"), outcome="reached")
    assert not InboxRow.objects.exists()


def test_a_task_can_be_put_off_and_given_away() -> None:
    other = make_user(role="salesperson")
    task = make_task(make_person().pk)
    snooze_task(task=task, until=NOON + timedelta(days=1))
    give_task(task=task, assignee_id=other.pk)
    task.refresh_from_db()
    assert (task.due_at, task.assignee_id) == (NOON + timedelta(days=1), other.pk)
    assert Notice.objects.get().user_id == other.pk
