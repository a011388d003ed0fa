from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from teplo.channels.quiet import quiet_until
from teplo.channels.timezones import zone_of

NIGHT = {"quiet_from": time(21), "until": time(9)}


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("moment", "zone", "until"),
    [
        ("2026-11-22 21:40", "Europe/Kyiv", "2026-11-23 07:00"),  # 23:40 there; 09:00 is 07:00 UTC
        ("2026-11-22 05:00", "Europe/Kyiv", "2026-11-22 07:00"),  # 07:00 there
        ("2026-11-22 07:00", "Europe/Kyiv", None),
        ("2026-11-22 18:59", "Europe/Kyiv", None),
        ("2026-11-22 19:00", "Europe/Kyiv", "2026-11-23 07:00"),
        ("2026-11-22 16:00", "Asia/Vladivostok", "2026-11-22 23:00"),
        ("2026-03-28 23:00", "Europe/Kyiv", "2026-03-29 06:00"),  # the clock goes forward in that night
        ("2026-10-24 23:00", "Europe/Kyiv", "2026-10-25 07:00"),  # and back in this one
    ],
)
def test_the_night_ends_at_nine_where_the_person_lives(moment: str, zone: str, until: str | None) -> None:
    assert quiet_until(at=at(moment), zone=ZoneInfo(zone), **NIGHT) == (at(until) if until else None)


@given(
    st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 1)),
    st.sampled_from(["Europe/Kyiv", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe", "Pacific/Chatham"]),
    st.times(),
    st.times(),
)
@example(datetime(2026, 10, 25, 1, 10), "Europe/Kyiv", time(21), time(3, 30))  # 03:10 for the second time
@example(datetime(2026, 3, 29, 0, 59), "Europe/Kyiv", time(21), time(3, 30))  # there is no 03:30
def test_quiet_hours_end_later_and_then_it_is_not_quiet(
    moment: datetime, zone: str, quiet_from: time, until: time
) -> None:
    moment, here = moment.replace(tzinfo=UTC), ZoneInfo(zone)
    end = quiet_until(at=moment, zone=here, quiet_from=quiet_from, until=until)
    if end is not None:
        assert moment < end <= moment + timedelta(hours=26)
        further = quiet_until(at=end, zone=here, quiet_from=quiet_from, until=until)
        # quiet hours of a few minutes can lie within the hour that the clock shows twice: then once more
        assert further is None or further - end <= timedelta(hours=1)


def test_quiet_hours_within_a_day() -> None:
    noon = {"quiet_from": time(12), "until": time(14)}
    assert quiet_until(at=at("2026-11-22 12:30"), zone=ZoneInfo("UTC"), **noon) == at("2026-11-22 14:00")
    assert quiet_until(at=at("2026-11-22 14:00"), zone=ZoneInfo("UTC"), **noon) is None


def test_equal_times_mean_no_quiet_hours() -> None:
    same = {"quiet_from": time(9), "until": time(9)}
    assert quiet_until(at=at("2026-11-22 03:00"), zone=ZoneInfo("UTC"), **same) is None


@pytest.mark.parametrize(
    ("known", "zone"),
    [
        ({"timezone": "Asia/Tokyo", "country": "UA"}, "Asia/Tokyo"),
        ({"timezone": "Mars/Olympus", "country": "PL"}, "Europe/Warsaw"),
        ({"country": "RU", "city": "Новосибирск"}, "Asia/Novosibirsk"),
        ({"country": "RU", "city": "Тверь"}, "Europe/Moscow"),
        ({"city": "Южно-Сахалинск"}, "Asia/Sakhalin"),
        ({"phones": ["+380671234567"]}, "Europe/Kyiv"),
        ({"phones": ["+77011234567"]}, "Asia/Almaty"),
        ({"phones": ["+79161234567"]}, "Europe/Moscow"),
        ({"phones": ["+48501234567"]}, "Europe/Warsaw"),
        ({"phones": ["nonsense"]}, "Europe/Riga"),
        ({}, "Europe/Riga"),
    ],
)
def test_the_zone_follows_from_what_is_known(known: dict[str, object], zone: str) -> None:
    values = {"timezone": "", "city": "", "country": "", "phones": [], "default": "Europe/Riga", **known}
    assert zone_of(**values).key == zone  # type: ignore[arg-type]
