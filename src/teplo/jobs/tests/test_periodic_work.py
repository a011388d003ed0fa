from __future__ import annotations

from datetime import timedelta

import pytest

from teplo.jobs import periodic
from teplo.jobs.models import Periodic
from teplo.kit.clock import at_moment, now

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def test_periodic_work_runs_at_once_and_then_once_per_interval() -> None:
    ran: list[int] = []
    periodic.every("sweep", HOUR, lambda: ran.append(1))
    start = now()
    with at_moment(start):
        assert periodic.run_due() == 1
        assert periodic.run_due() == 0
    with at_moment(start + HOUR):
        assert periodic.run_due() == 1
    assert len(ran) == 2


def test_a_piece_in_another_process_is_left_alone_until_its_lease_is_over() -> None:
    ran: list[int] = []
    periodic.every("sweep", HOUR, lambda: ran.append(1))
    start = now()
    Periodic.objects.create(name="sweep", next_at=start, lease_until=start + timedelta(minutes=10))
    with at_moment(start + timedelta(minutes=5)):
        assert periodic.run_due() == 0
    with at_moment(start + timedelta(minutes=11)):
        assert periodic.run_due() == 1


def test_a_failing_piece_is_noted_and_the_others_run() -> None:
    ran: list[str] = []

    def fail() -> None:
        raise ValueError("olga@example.com")

    periodic.every("broken", HOUR, fail)
    periodic.every("sound", HOUR, lambda: ran.append("sound"))
    assert periodic.run_due() == 2
    broken = Periodic.objects.get(name="broken")
    assert broken.last_error.startswith("ValueError at ")
    assert "olga" not in broken.last_error
    assert broken.next_at > now()
    assert ran == ["sound"]
