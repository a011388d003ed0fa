"""A hot task ends with its reason: who has gone cold is not “answer at once” any more."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from teplo.kit.clock import at_moment, now
from teplo.people.testing import make_person
from teplo.sales.cooling import close_cold
from teplo.sales.handing_off import accept, offer
from teplo.sales.models import HandOff, HandOffState, Task, TaskState
from teplo.sales.tasks import NewTask, create_tasks
from teplo.scoring.models import Score

pytestmark = pytest.mark.django_db


def handed(temperature: str | None, *, ago: timedelta = timedelta(days=1), cause: str = "hot") -> HandOff:
    person = make_person()
    with at_moment(now() - ago):
        offer(person_ids=[person.pk], cause=cause, snapshots={}, at=now())
    if temperature:
        Score.objects.create(person=person, total=1, temperature=temperature)
    return HandOff.objects.get(person=person)


def ends(row: HandOff) -> tuple[str, str, str, str]:
    row.refresh_from_db()
    task = Task.objects.get(person_id=row.person_id, id=row.task_id)
    return row.state, row.return_reason, task.state, task.outcome


@pytest.mark.parametrize(
    ("temperature", "ago", "cause", "expected"),
    [
        ("cold", timedelta(days=1), "hot", ("expired", "cooled", "cancelled", "cooled")),
        (None, timedelta(days=1), "hot", ("expired", "cooled", "cancelled", "cooled")),
        ("warm", timedelta(days=1), "hot", ("offered", "", "open", "")),
        ("hot", timedelta(days=1), "hot", ("offered", "", "open", "")),
        ("cold", timedelta(minutes=5), "hot", ("offered", "", "open", "")),
        ("cold", timedelta(days=1), "hand", ("offered", "", "open", "")),
        ("cold", timedelta(days=1), "journey", ("offered", "", "open", "")),
        ("hot", timedelta(days=40), "hot", ("expired", "unanswered", "cancelled", "unanswered")),
        ("cold", timedelta(days=40), "hand", ("expired", "unanswered", "cancelled", "unanswered")),
    ],
)
def test_what_ends_and_why(temperature, ago, cause, expected):
    row = handed(temperature, ago=ago, cause=cause)
    close_cold()
    assert ends(row) == expected


def test_a_task_taken_on_ends_too_and_the_hand_off_stays_accepted():
    row = handed("cold", ago=timedelta(days=100))
    accept(hand_off=row, user_id=5)
    close_cold()
    assert ends(row)[:1] == ("accepted",)
    assert ends(row)[2:] == ("cancelled", "cooled")


def test_a_hand_off_whose_task_is_gone_ends_as_well():
    row = handed("cold")
    Task.objects.update(state=TaskState.CANCELLED)
    assert close_cold() == 1
    row.refresh_from_db()
    assert (row.state, row.return_reason) == (HandOffState.EXPIRED, "cooled")


def test_other_tasks_of_a_cold_person_stay_open():
    person = make_person()
    Score.objects.create(person=person, total=0, temperature="cold")
    create_tasks([NewTask(person_id=person.pk, title="Call", due_at=now() - timedelta(days=90))])
    assert close_cold() == 0
    assert Task.objects.get().state == TaskState.OPEN


def test_who_turns_hot_again_is_offered_again():
    row = handed("cold")
    close_cold()
    assert offer(person_ids=[row.person_id], cause="hot", snapshots={}, at=now()) == [row.person_id]


def test_many_cost_no_more_questions_than_one():
    def questions() -> int:
        with CaptureQueriesContext(connection) as captured:
            close_cold()
        return len(captured)

    handed("cold")
    few = questions()
    for _number in range(12):
        handed("cold")
    assert questions() == few
    assert not Task.objects.filter(state=TaskState.OPEN).exists()
