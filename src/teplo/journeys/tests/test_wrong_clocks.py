"""Walks that went on while the clock was ahead wait as long as they would have, once it is right."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from teplo.journeys.clock_back import shorten_waits
from teplo.journeys.models import Enrolment
from teplo.journeys.stepping import tick
from teplo.journeys.testing import make_journey, make_people, place
from teplo.kit.clock import at_moment

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
AHEAD = timedelta(days=700)


def test_what_remained_to_be_waited_remains() -> None:
    journey = make_journey({"key": "w", "kind": "wait", "for": {"days": 2}, "next": None})
    ahead, ready, right = make_people(3)
    place(journey, [ahead], step="w", due_at=NOON + AHEAD + timedelta(days=2), step_since=NOON + AHEAD)
    place(journey, [ready], step="w", due_at=NOON + AHEAD, step_since=NOON + AHEAD)
    place(journey, [right], step="w", due_at=NOON + timedelta(days=30), step_since=NOON - timedelta(days=1))
    with at_moment(NOON):
        assert shorten_waits() == 2
        assert shorten_waits() == 0
    assert dict(Enrolment.objects.values_list("person_id", "due_at")) == {
        ahead: NOON + timedelta(days=2),
        ready: NOON,
        right: NOON + timedelta(days=30),
    }


def test_a_lease_longer_than_any_holds_no_walk() -> None:
    journey = make_journey({"key": "w", "kind": "wait", "for": {"days": 2}, "next": None})
    place(journey, make_people(1), step="w", due_at=NOON, lease_owner="dead")
    Enrolment.objects.update(lease_until=NOON + AHEAD)
    with at_moment(NOON):
        assert tick(owner="test") == 1
    assert Enrolment.objects.get().state == "done"
