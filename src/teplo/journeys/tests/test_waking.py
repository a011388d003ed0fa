"""What happens to people wakes, lets out and enrols them (R27, R28)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from teplo.journeys.enrolling import JourneyNotLive, enrol_people
from teplo.journeys.models import Enrolment, Journey, StepPass
from teplo.journeys.stepping import tick
from teplo.journeys.testing import make_journey, make_people, place
from teplo.journeys.waking import Happened, react
from teplo.kit.clock import at_moment
from teplo.people.models import Person, Segment
from teplo.stages import presets as stages_presets
from teplo.stages.models import Stage, StageMove
from teplo.tracking import presets as tracking_presets
from teplo.tracking.models import Activity, Tally

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)

UNTIL = {
    "key": "until", "kind": "wait", "activity": "letter-clicked", "at_most": {"days": 3}, "next": "keen",
    "timeout": "shy",
}  # fmt: skip
KEEN = {"key": "keen", "kind": "end", "reason": "keen"}
SHY = {"key": "shy", "kind": "end", "reason": "shy"}
IN_MOSCOW = {"field": "city", "is": "Москва"}


@pytest.fixture(autouse=True)
def _ready_made() -> None:
    tracking_presets.install()


def activity(key: str) -> int:
    return Activity.objects.get(key=key).pk


def waiting(number: int = 1) -> tuple[Journey, list[int]]:
    journey, people = make_journey(UNTIL, KEEN, SHY), make_people(number)
    with at_moment(NOON):
        enrol_people(journey=journey, person_ids=people, at=NOON)
    return journey, people


def tick_at(moment: datetime) -> int:
    with at_moment(moment):
        return tick(owner="test")


def did(key: str, *people: int, at: datetime) -> Happened:
    return Happened(at=at, touched=people, deeds=[(person, activity(key), at) for person in people])


def test_who_waits_for_a_deed_is_woken_by_it_and_leaves_by_next() -> None:
    _, [doer, other] = waiting(2)

    react(did("letter-clicked", doer, at=NOON + HOUR))

    assert tick_at(NOON + HOUR) == 1
    assert Enrolment.objects.get(person_id=doer).end_reason == "keen"
    assert Enrolment.objects.get(person_id=other).state == "active"


def test_who_does_not_do_it_leaves_by_timeout() -> None:
    waiting()
    assert tick_at(NOON + timedelta(days=3) - timedelta(seconds=1)) == 0
    assert tick_at(NOON + timedelta(days=3)) == 1
    assert Enrolment.objects.get().end_reason == "shy"
    assert StepPass.objects.filter(step="until").get().exit == "timeout"


def test_another_deed_or_an_old_one_wakes_nobody() -> None:
    _, [person] = waiting()
    react(did("page-viewed", person, at=NOON + HOUR))
    react(Happened(at=NOON + HOUR, deeds=[(person, activity("letter-clicked"), NOON - HOUR)]))
    assert tick_at(NOON + HOUR) == 0


def test_a_deed_counted_while_nobody_could_wake_him_is_found_at_the_timeout() -> None:
    _, [person] = waiting()
    Tally.objects.create(
        person_id=person, activity_id=activity("letter-clicked"), day=NOON.date(), count=1,
        first_at=NOON + HOUR, last_at=NOON + HOUR,
    )  # fmt: skip
    tick_at(NOON + timedelta(days=3))
    assert Enrolment.objects.get().end_reason == "keen"


def test_waking_takes_the_lease_from_a_tick_that_is_just_sending_him_out_by_timeout() -> None:
    _, [person] = waiting()
    Enrolment.objects.update(lease_owner="a tick", lease_until=NOON + timedelta(days=9))
    react(did("letter-clicked", person, at=NOON + HOUR))
    assert tick_at(NOON + HOUR) == 1
    assert Enrolment.objects.get().end_reason == "keen"


def test_reaching_the_goal_or_an_exit_ends_the_walk_at_once() -> None:
    wait = {"key": "w", "kind": "wait", "for": {"days": 9}, "next": None}
    journey = make_journey(wait, version={"goal": IN_MOSCOW, "exits": [{"field": "city", "is": "Тверь"}]})
    goal, exit_, stays = make_people(3)
    place(journey, [goal, exit_, stays], step="w", due_at=NOON + timedelta(days=9))
    Person.objects.filter(pk=goal).update(city="Москва")
    Person.objects.filter(pk=exit_).update(city="Тверь")

    react(Happened(at=NOON, touched=[goal, exit_, stays]))

    states = {row.person_id: (row.state, row.end_reason) for row in Enrolment.objects.all()}
    assert states == {goal: ("goal", "goal"), exit_: ("exited", "exit:0"), stays: ("active", "")}


def test_a_step_is_not_taken_by_whoever_is_at_the_goal_by_then() -> None:
    task = {"key": "call", "kind": "add-task", "title": "Call", "next": None}
    journey = make_journey(task, version={"goal": IN_MOSCOW})
    [person] = make_people(1)
    place(journey, [person], step="call", due_at=NOON)
    Person.objects.filter(pk=person).update(city="Москва")
    tick_at(NOON)
    assert Enrolment.objects.get().state == "goal"
    assert not StepPass.objects.exists()


def triggers() -> list[tuple[dict[str, Any], dict[str, Any]]]:
    return [
        ({"kind": "activity", "activity": "trial-started"}, {"deeds": "trial-started"}),
        ({"kind": "segment"}, {"segment": True}),
        ({"kind": "stage", "stage": "cold"}, {"stage": "cold"}),
        ({"kind": "form", "form": "ask"}, {"form": "ask"}),
        ({"kind": "form"}, {"form": "any"}),
    ]


@pytest.mark.parametrize(("trigger", "happens"), triggers())
def test_each_trigger_enrols_whom_it_calls(trigger: dict[str, Any], happens: dict[str, Any]) -> None:
    stages_presets.install()
    called, other = make_people(2)
    segment = Segment.objects.create(name="x", is_kept=True)
    if trigger["kind"] == "segment":
        trigger = {**trigger, "segment": str(segment.pk)}
    make_journey(KEEN, version={"trigger": trigger})
    cold, lost = Stage.objects.get(key="cold"), Stage.objects.get(key="lost")
    happened = Happened(
        at=NOON,
        touched=[called, other],
        deeds=[(called, activity(happens["deeds"]), NOON), (other, activity("page-viewed"), NOON)]
        if "deeds" in happens else (),
        segment_entries=[(called, segment.pk), (other, 5)] if "segment" in happens else (),
        stage_moves=[StageMove(person_id=called, to_stage=cold), StageMove(person_id=other, to_stage=lost)]
        if "stage" in happens else (),
        submissions=[(called, happens["form"], NOON)] if "form" in happens else (),
    )  # fmt: skip

    react(happened)

    assert list(Enrolment.objects.values_list("person_id", flat=True)) == [called]


def test_a_trigger_with_a_condition_takes_only_whom_it_holds_for() -> None:
    trigger = {"kind": "activity", "activity": "trial-started", "condition": IN_MOSCOW}
    make_journey(KEEN, version={"trigger": trigger})
    here, elsewhere = make_people(2)
    Person.objects.filter(pk=here).update(city="Москва")
    react(did("trial-started", here, elsewhere, at=NOON))
    assert list(Enrolment.objects.values_list("person_id", flat=True)) == [here]


def test_paused_and_draft_journeys_enrol_nobody() -> None:
    trigger = {"kind": "activity", "activity": "trial-started"}
    for state in ("paused", "draft", "stopped"):
        journey = make_journey(KEEN, version={"trigger": trigger}, state=state)
        with pytest.raises(JourneyNotLive):
            enrol_people(journey=journey, person_ids=make_people(1), at=NOON)
    react(did("trial-started", *make_people(1), at=NOON))
    assert not Enrolment.objects.exists()


def enrol_again(reentry: str, *, days: int = 0, ended: bool, later: timedelta) -> int:
    journey = make_journey(
        {"key": "w", "kind": "wait", "for": {"days": 99}, "next": None}, reentry=reentry, reentry_days=days
    )
    people = make_people(1)
    assert enrol_people(journey=journey, person_ids=people, at=NOON) == 1
    if ended:
        Enrolment.objects.update(state="done", ended_at=NOON)
    return enrol_people(journey=journey, person_ids=people, at=NOON + later)


@pytest.mark.parametrize(
    ("reentry", "days", "ended", "later", "again"),
    [
        ("once", 0, True, timedelta(days=500), 0),
        ("after-end", 0, True, HOUR, 1),
        ("after-end", 0, False, HOUR, 0),
        ("after-days", 30, True, timedelta(days=29), 0),
        ("after-days", 30, True, timedelta(days=31), 1),
        ("after-days", 30, False, timedelta(days=31), 0),
    ],
)
def test_the_re_entry_policy_decides_who_enters_again(
    reentry: str, days: int, ended: bool, later: timedelta, again: int
) -> None:
    assert enrol_again(reentry, days=days, ended=ended, later=later) == again


def test_nobody_enters_who_would_leave_at_once() -> None:
    journey = make_journey(KEEN, version={"goal": IN_MOSCOW})
    assert enrol_people(journey=journey, person_ids=make_people(2, city="Москва"), at=NOON) == 0


def test_reacting_runs_the_same_number_of_statements_for_three_and_for_three_hundred() -> None:
    trigger = {"kind": "activity", "activity": "trial-started"}
    make_journey(UNTIL, KEEN, SHY, version={"trigger": trigger, "goal": IN_MOSCOW})
    react(did("trial-started", *make_people(1), at=NOON))
    counts = []
    for number in (3, 300):
        _, people = waiting(number)
        happened = Happened(
            at=NOON + HOUR,
            deeds=[(p, activity(key), NOON + HOUR) for p in people for key in ("letter-clicked", "trial-started")],
        )
        with CaptureQueriesContext(connection) as queries:
            react(happened)
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_a_journey_that_cannot_ask_pauses_itself_and_leaves_the_pipeline_alone() -> None:
    wait = {"key": "w", "kind": "wait", "for": {"days": 9}, "next": None}
    broken = make_journey(wait, version={"exits": [{"field": "gone", "is": "x"}]})
    people = make_people(2)
    place(broken, people, step="w", due_at=NOON + HOUR)
    trigger = {"kind": "activity", "activity": "trial-started", "condition": {"field": "gone", "is": "x"}}
    also_broken = make_journey(KEEN, version={"trigger": trigger})

    react(did("trial-started", *people, at=NOON))

    assert set(Journey.objects.filter(state="paused")) == {broken, also_broken}
    assert Enrolment.objects.filter(state="active").count() == 2
