"""Published versions never change; people inside finish on theirs or are moved (R28)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from teplo.content.models import Template
from teplo.jobs.models import Job
from teplo.jobs.running import run_due
from teplo.journeys.graph import GraphBroken
from teplo.journeys.models import Enrolment, Journey, JourneyVersion
from teplo.journeys.publishing import (
    OUT,
    JourneyStopped,
    draft_of,
    drop_draft,
    move_batch,
    people_inside,
    publish,
)
from teplo.journeys.running import StateUnfit, pause, resume, stop
from teplo.journeys.stepping import tick
from teplo.journeys.testing import make_journey, make_people, place
from teplo.kit.clock import at_moment
from teplo.people.models import Segment

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
WAIT = {"key": "wait", "kind": "wait", "for": {"days": 5}, "next": "call"}
CALL = {"key": "call", "kind": "add-task", "title": "Call", "next": None}


def change_draft(journey: Journey, **changes: Any) -> JourneyVersion:
    draft = draft_of(journey)
    JourneyVersion.objects.filter(pk=draft.pk).update(**changes)
    draft.refresh_from_db()
    return draft


def test_the_draft_of_a_published_journey_begins_as_it_and_leaves_it_alone() -> None:
    journey = make_journey(WAIT, CALL)
    draft = change_draft(journey, steps=[CALL])
    assert (draft.number, draft.trigger) == (2, {"kind": "hand"})
    assert journey.versions.get(number=1).steps == [WAIT, CALL]
    assert draft_of(journey).pk == draft.pk


def test_dropping_a_draft_keeps_what_is_published() -> None:
    journey = make_journey(WAIT, CALL)
    change_draft(journey, steps=[CALL])
    drop_draft(journey)
    assert list(journey.versions.values_list("number", flat=True)) == [1]


def test_publishing_makes_a_draft_journey_live_and_keeps_the_members_of_its_segment() -> None:
    segment = Segment.objects.create(name="x")
    journey = Journey.objects.create(name="New")
    change_draft(journey, steps=[CALL], trigger={"kind": "segment", "segment": str(segment.pk)})
    version = publish(journey=journey)
    segment.refresh_from_db()
    assert (journey.state, version.published_at is not None, segment.is_kept) == ("live", True, True)


def test_a_version_with_mistakes_is_not_published() -> None:
    journey = Journey.objects.create(name="New")
    letter = {"key": "l", "kind": "send-email", "template": 5, "next": "gone"}
    change_draft(journey, steps=[letter], trigger={"kind": "segment", "segment": "1"}, goal={"field": "no", "is": "x"})
    with pytest.raises(GraphBroken) as broken:
        publish(journey=journey)
    found = {(p.step, p.setting, p.code) for p in broken.value.problems}
    assert found == {
        ("l", "template", "no-such-template"),
        ("l", "next", "leads-nowhere"),
        ("", "trigger", "no-such-segment"),
        ("", "goal", "condition-wrong"),
    }
    assert all(str(problem) for problem in broken.value.problems)
    journey.refresh_from_db()
    assert journey.state == "draft"


def test_a_branch_about_a_letter_needs_that_letter() -> None:
    journey = Journey.objects.create(name="New")
    template = Template.objects.create(name="t", body="x")
    letter = {"key": "l", "kind": "send-email", "template": template.pk, "next": "b"}
    change_draft(journey, steps=[letter, {"key": "b", "kind": "branch", "letter": "b"}], trigger={"kind": "hand"})
    with pytest.raises(GraphBroken) as broken:
        publish(journey=journey)
    assert [(p.step, p.code) for p in broken.value.problems] == [("b", "not-a-letter")]


def test_a_stopped_journey_is_not_published_again() -> None:
    with pytest.raises(JourneyStopped):
        publish(journey=make_journey(CALL, state="stopped"))


def moved(journey: Journey, steps: list[dict[str, Any]], places: dict[str, str]) -> Enrolment:
    change_draft(journey, steps=steps)
    version = publish(journey=journey)
    with at_moment(NOON):
        while move_batch(journey.pk, version.pk, places):
            pass
    enrolment = Enrolment.objects.get()
    assert enrolment.version_id == version.pk
    return enrolment


def test_whoever_waits_at_a_step_that_is_still_there_goes_on_waiting() -> None:
    journey = make_journey(WAIT, CALL)
    place(journey, make_people(1), step="wait", due_at=NOON + timedelta(days=3))
    enrolment = moved(journey, [WAIT, {**CALL, "title": "Other"}], {})
    assert (enrolment.step, enrolment.due_at) == ("wait", NOON + timedelta(days=3))
    with at_moment(NOON + timedelta(days=3)):
        assert tick(owner="test") == 1


def test_a_step_that_waits_differently_now_is_begun_anew() -> None:
    journey = make_journey(WAIT, CALL)
    place(journey, make_people(1), step="wait", due_at=NOON + timedelta(days=3))
    enrolment = moved(journey, [{**WAIT, "for": {"days": 1}}, CALL], {})
    assert (enrolment.step, enrolment.due_at, enrolment.pass_number) == ("wait", NOON + timedelta(days=1), 2)


def test_people_of_a_vanished_step_go_on_where_the_publisher_said_or_leave() -> None:
    journey = make_journey(WAIT, CALL)
    place(journey, make_people(1), step="wait", due_at=NOON + timedelta(days=3))
    assert moved(journey, [CALL], {"wait": "call"}).due_at == NOON
    with at_moment(NOON):
        tick(owner="test")
    assert Enrolment.objects.get().state == "done"

    other = make_journey(WAIT, CALL)
    Enrolment.objects.all().delete()
    place(other, make_people(1), step="wait", due_at=NOON)
    gone = moved(other, [CALL], {"wait": OUT})
    assert (gone.state, gone.end_reason, gone.ended_at) == ("exited", "step-gone", NOON)


def test_the_publisher_is_told_how_many_stand_where_on_older_versions() -> None:
    journey = make_journey(WAIT, CALL)
    place(journey, make_people(3), step="wait", due_at=NOON)
    place(journey, make_people(2), step="call", due_at=NOON)
    change_draft(journey, steps=[CALL])
    version = publish(journey=journey)
    found = [(row.number, row.step, row.people) for row in people_inside(journey=journey, newest=version.pk)]
    assert found == [(1, "call", 2), (1, "wait", 3)]


def test_without_moving_people_finish_on_the_version_they_entered() -> None:
    journey = make_journey(WAIT, CALL)
    place(journey, make_people(1), step="wait", due_at=NOON)
    change_draft(journey, steps=[{"key": "other", "kind": "end"}])
    publish(journey=journey)
    with at_moment(NOON):
        tick(owner="test")
    assert Enrolment.objects.get().end_reason == "end"


def test_a_paused_journey_goes_on_where_it_stood() -> None:
    journey = make_journey(WAIT, CALL)
    place(journey, make_people(1), step="wait", due_at=NOON)
    pause(journey=journey)
    with pytest.raises(StateUnfit):
        pause(journey=journey)
    with at_moment(NOON + timedelta(days=2)):
        assert tick(owner="test") == 0
        resume(journey=journey)
        assert tick(owner="test") == 1


def test_stopping_lets_everybody_out_with_the_reason() -> None:
    journey = make_journey(WAIT, CALL)
    place(journey, make_people(5), step="wait", due_at=NOON)
    stop(journey=journey, by=None)
    run_due("test")
    assert Job.objects.get().state == "done"
    assert set(Enrolment.objects.values_list("state", "end_reason")) == {("stopped", "journey-stopped")}
    with pytest.raises(StateUnfit):
        resume(journey=journey)
