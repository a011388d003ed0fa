"""Days and hours by the clock on the wall, over clock changes too."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from teplo.kit.local_time import days_later, wall_moment

KYIV = ZoneInfo("Europe/Kyiv")  # 2026: forward on 29 March at 03:00, back on 25 October at 04:00


@pytest.mark.parametrize(
    ("at", "length", "later"),
    [
        ("2026-03-28 10:00", timedelta(days=1), "2026-03-29 10:00"),  # a day of 23 hours
        ("2026-10-24 10:00", timedelta(days=1), "2026-10-25 10:00"),  # a day of 25 hours
        ("2026-03-28 10:00", timedelta(days=1, hours=4), "2026-03-29 14:00"),
        ("2026-03-28 22:00", timedelta(hours=10), "2026-03-29 09:00"),  # hours go by the watch
        ("2026-03-28 03:30", timedelta(days=1), "2026-03-29 04:30"),  # there is no 03:30 that night
        ("2026-02-28 10:00", timedelta(weeks=1), "2026-03-07 10:00"),
    ],
)
def test_whole_days_keep_the_time_of_day(at: str, length: timedelta, later: str) -> None:
    asked = datetime.fromisoformat(at).replace(tzinfo=KYIV)
    assert days_later(asked, length, KYIV) == datetime.fromisoformat(later).replace(tzinfo=KYIV).astimezone(UTC)


def test_of_an_hour_shown_twice_the_first_is_meant_unless_it_is_over() -> None:
    day, half_past = date(2026, 10, 25), time(3, 30)
    first, second = datetime(2026, 10, 25, 0, 30, tzinfo=UTC), datetime(2026, 10, 25, 1, 30, tzinfo=UTC)
    assert wall_moment(day, half_past, KYIV) == first
    assert wall_moment(day, half_past, KYIV, not_before=first + timedelta(minutes=1)) == second


def test_quarters_of_an_hour_are_zones_too() -> None:
    kathmandu = ZoneInfo("Asia/Kathmandu")
    assert wall_moment(date(2026, 5, 1), time(10), kathmandu) == datetime(2026, 5, 1, 4, 15, tzinfo=UTC)
