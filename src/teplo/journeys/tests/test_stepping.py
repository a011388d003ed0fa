"""The engine takes due people further, each step once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import OperationalError, connection
from django.test.utils import CaptureQueriesContext

from teplo.channels.models import Delivery
from teplo.journeys.models import Enrolment, Journey, StepPass
from teplo.journeys.stepping import tick
from teplo.journeys.testing import make_journey, make_people, place
from teplo.kit.clock import at_moment
from teplo.sales.models import Task

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)

LETTER = {"key": "hello", "kind": "send-email", "template": 1, "next": "pause"}
PAUSE = {"key": "pause", "kind": "wait", "for": {"days": 2}, "next": "call"}
CALL = {"key": "call", "kind": "add-task", "title": "Call him", "next": "bye"}
BYE = {"key": "bye", "kind": "end"}


def run_at(moment: datetime) -> int:
    with at_moment(moment):
        return tick(owner="test")


def test_a_person_goes_through_instant_steps_in_one_tick_and_rests_where_he_waits() -> None:
    journey = make_journey(LETTER, PAUSE, CALL, BYE)
    [person] = make_people(1)
    place(journey, [person], step="hello", due_at=NOON)

    assert run_at(NOON) == 1

    enrolment = Enrolment.objects.get()
    assert (enrolment.step, enrolment.state, enrolment.due_at) == ("pause", "active", NOON + timedelta(days=2))
    assert (enrolment.pass_number, enrolment.lease_owner, enrolment.lease_until) == (2, "", None)
    delivery = Delivery.objects.get()
    assert (delivery.person_id, delivery.enrolment_id, delivery.step, delivery.pass_number) == (
        person, enrolment.id, "hello", 1,
    )  # fmt: skip
    assert delivery.journey_id == journey.pk
    assert StepPass.objects.values_list("step", "pass_number", "exit").get() == ("hello", 1, "next")


def test_nobody_is_taken_before_he_is_due() -> None:
    journey = make_journey(LETTER, PAUSE, CALL, BYE)
    place(journey, make_people(1), step="pause", due_at=NOON)

    assert run_at(NOON - timedelta(seconds=1)) == 0
    assert run_at(NOON) == 1


def test_the_journey_ends_at_its_end() -> None:
    journey = make_journey(LETTER, PAUSE, CALL, BYE)
    place(journey, make_people(1), step="pause", due_at=NOON)

    run_at(NOON)

    enrolment = Enrolment.objects.get()
    assert (enrolment.state, enrolment.end_reason, enrolment.ended_at, enrolment.due_at) == ("done", "end", NOON, None)
    task = Task.objects.get()
    assert (task.title, task.created_by, task.due_at) == ("Call him", f"journey:{journey.pk}", NOON + timedelta(days=1))


@pytest.mark.parametrize("state", ["paused", "stopped", "draft"])
def test_people_of_a_journey_that_is_not_live_stay_where_they_are(state: str) -> None:
    journey = make_journey(LETTER, PAUSE, CALL, BYE, state=state)
    place(journey, make_people(1), step="hello", due_at=NOON)

    assert run_at(NOON) == 0
    assert Enrolment.objects.get().step == "hello"


def test_a_tick_runs_the_same_number_of_statements_for_three_people_and_for_three_hundred() -> None:
    journey = make_journey(LETTER, PAUSE, CALL, BYE)
    place(journey, make_people(3), step="hello", due_at=NOON)
    run_at(NOON)
    counts = []
    for number in (3, 300):
        place(journey, make_people(number), step="hello", due_at=NOON)
        with CaptureQueriesContext(
            connection,
        ) as queries:
            run_at(NOON)
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_somebody_moved_by_another_hand_meanwhile_gets_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    journey = make_journey(LETTER, PAUSE, CALL, BYE)
    kept, moved = make_people(2)
    place(journey, [kept, moved], step="hello", due_at=NOON)
    from teplo.journeys import stepping  # noqa: PLC0415

    real = stepping.walk

    def walk_while_he_leaves(**given: object) -> object:
        result = real(**given)  # type: ignore[arg-type]
        Enrolment.objects.filter(person_id=moved).update(state="exited", ended_at=NOON)
        return result

    monkeypatch.setattr(stepping, "walk", walk_while_he_leaves)
    run_at(NOON)

    assert list(Delivery.objects.values_list("person_id", flat=True)) == [kept]
    assert list(StepPass.objects.values_list("person_id", flat=True)) == [kept]
    assert Enrolment.objects.get(person_id=moved).state == "exited"


def test_a_person_whose_data_breaks_a_step_is_stopped_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    journey = make_journey(LETTER, PAUSE, CALL, BYE)
    people = make_people(9)
    place(journey, people, step="hello", due_at=NOON)
    from teplo.journeys.steps import send_email  # noqa: PLC0415

    real = send_email.enqueue

    def refuse_one(deliveries: list[object]) -> int:
        if any(delivery.person_id == people[4] for delivery in deliveries):  # type: ignore[attr-defined]
            raise ValueError("poison")
        return real(deliveries)  # type: ignore[arg-type]

    monkeypatch.setattr(send_email, "enqueue", refuse_one)
    run_at(NOON)

    assert Delivery.objects.count() == 8
    broken = Enrolment.objects.get(person_id=people[4])
    assert (broken.state, broken.end_reason) == ("stopped", "error")
    note = StepPass.objects.get(person_id=people[4])
    assert note.exit == "error" and note.note["error"].startswith("ValueError")
    assert Journey.objects.get().state == "live"


@pytest.mark.parametrize("number", [2, 100])
def test_a_step_that_fails_for_everybody_pauses_the_journey_and_everybody_keeps_his_place(
    monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    journey = make_journey(LETTER, PAUSE, CALL, BYE)
    people = make_people(number)
    place(journey, people, step="hello", due_at=NOON)
    from teplo.journeys.steps import send_email  # noqa: PLC0415

    def refuse(deliveries: list[object]) -> int:
        raise ValueError("poison")

    monkeypatch.setattr(send_email, "enqueue", refuse)
    run_at(NOON)

    journey.refresh_from_db()
    assert (journey.state, journey.trouble["step"]) == ("paused", "hello")
    assert journey.trouble["error"].startswith("ValueError")
    assert set(Enrolment.objects.values_list("state", "step", "lease_owner")) == {("active", "hello", "")}
    assert not StepPass.objects.exists()


def test_a_database_that_fails_in_a_tick_leaves_nobody_leased(monkeypatch: pytest.MonkeyPatch) -> None:
    journey = make_journey(LETTER, PAUSE, CALL, BYE)
    place(journey, make_people(3), step="hello", due_at=NOON)
    from teplo.journeys.steps import send_email  # noqa: PLC0415

    def deadlock(deliveries: list[object]) -> int:
        raise OperationalError("deadlock detected")

    monkeypatch.setattr(send_email, "enqueue", deadlock)
    with pytest.raises(OperationalError):
        run_at(NOON)
    monkeypatch.undo()

    assert run_at(NOON) == 3
    assert Delivery.objects.count() == 3


def test_a_condition_that_cannot_be_asked_any_more_pauses_the_journey_and_stops_nobody() -> None:
    fork = {"key": "fork", "kind": "branch", "condition": {"field": "gone", "is": "x"}, "yes": None, "no": None}
    journey = make_journey(fork)
    place(journey, make_people(1), step="fork", due_at=NOON)

    run_at(NOON)

    journey.refresh_from_db()
    assert (journey.state, journey.trouble["step"]) == ("paused", "fork")
    enrolment = Enrolment.objects.get()
    assert (enrolment.state, enrolment.lease_owner) == ("active", "")


def test_a_tick_takes_no_more_than_its_limit() -> None:
    journey = make_journey(LETTER, PAUSE, CALL, BYE)
    place(journey, make_people(30), step="hello", due_at=NOON)
    with at_moment(NOON):
        assert tick(owner="test", limit=20) == 20
        assert tick(owner="test", limit=20) == 10
