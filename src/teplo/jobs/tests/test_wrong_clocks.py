"""A clock that was once wrong: nothing booked by it stops periodic work or jobs for days."""

from __future__ import annotations

from datetime import timedelta

import pytest

from teplo.jobs import periodic
from teplo.jobs.holding import are_loops_held
from teplo.jobs.models import Job, JobState, Periodic
from teplo.jobs.registry import register
from teplo.jobs.running import run_due
from teplo.jobs.starting import start_job
from teplo.kit.clock import at_moment, now

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
AHEAD = timedelta(days=400)


def test_periodic_work_booked_by_a_clock_that_was_ahead_runs_now() -> None:
    ran: list[int] = []
    periodic.every("sweep", HOUR, lambda: ran.append(1))
    start = now()
    with at_moment(start + AHEAD):
        assert periodic.run_due() == 1
    with at_moment(start):
        assert periodic.run_due() == 1
        assert periodic.run_due() == 0
    assert Periodic.objects.get(name="sweep").next_at == start + HOUR


@pytest.mark.parametrize("ahead", [timedelta(minutes=5), timedelta(hours=1), timedelta(hours=1, minutes=5)])
def test_periodic_work_booked_as_it_should_be_waits(ahead: timedelta) -> None:
    periodic.every("sweep", HOUR, lambda: None)
    start = now()
    Periodic.objects.create(name="sweep", next_at=start + ahead)
    with at_moment(start):
        assert periodic.run_due() == 0


def test_a_lease_longer_than_any_holds_nothing() -> None:
    ran: list[int] = []
    periodic.every("sweep", HOUR, lambda: ran.append(1))
    start = now()
    Periodic.objects.create(name="sweep", next_at=start, lease_until=start + AHEAD)
    Periodic.objects.create(name="held-loops", next_at=start, lease_until=start + AHEAD)
    with at_moment(start):
        assert periodic.run_due() == 1
    assert not are_loops_held()


def test_a_clock_put_right_is_told_once(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[int] = []
    monkeypatch.setattr(periodic, "_after_clock_back", [])
    periodic.after_clock_back(lambda: told.append(1))
    periodic.every("sweep", HOUR, lambda: None)
    start = now()
    with at_moment(start + AHEAD):
        periodic.run_due()
    assert told == []
    with at_moment(start):
        periodic.run_due()
        periodic.run_due()
    assert told == [1]


def test_a_job_put_off_or_held_by_a_clock_that_was_ahead_is_taken_now() -> None:
    register("test", lambda _work: {})
    with at_moment(now() + AHEAD):
        start_job(kind="test", args={})
    Job.objects.update(lease_owner="dead", lease_until=now() + AHEAD, state=JobState.RUNNING)
    assert run_due("test") == 1
    assert Job.objects.get().state == JobState.DONE
