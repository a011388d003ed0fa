"""A reason is true whenever it is read, and a time names its zone where two zones meet."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from teplo.channels import reasons
from teplo.kit.clock import at_moment

NIGHT = datetime(2026, 3, 10, 19, 6, tzinfo=UTC)  # 00:06 of the 11th in Almaty, 21:06 in Kyiv
PARAMS = {"local": "00:06", "zone": "Asia/Almaty", "until": "2026-03-11T04:00:00+00:00"}


def said(at: datetime, zone: str, language: str = "en", params: dict[str, str] = PARAMS) -> str:
    with at_moment(at):
        return reasons.say(reasons.QUIET_HOURS, params, name="Olga", zone=ZoneInfo(zone), language=language)


def test_a_time_of_another_zone_names_it():
    expected = "Not sent yet: it was 00:06 where Olga lives; will go at 09:00 (Almaty, UTC+5)."
    assert said(NIGHT, "Europe/Kyiv") == expected


def test_in_one_zone_no_zone_is_named():
    assert said(NIGHT, "Asia/Almaty") == "Not sent yet: it was 00:06 where Olga lives; will go at 09:00."
    same = said(NIGHT, "Asia/Tashkent")  # another name, the same time
    assert "UTC" not in same


@pytest.mark.parametrize(("language", "zone"), [("ru", "Алматы, UTC+5"), ("uk", "Алмати, UTC+5")])
def test_the_zone_is_named_in_the_reader_s_language(language, zone):
    assert f"({zone})" in said(NIGHT, "Europe/Kyiv", language)


def test_a_past_reason_never_speaks_of_now():
    later = said(datetime(2026, 6, 1, tzinfo=UTC), "Europe/Kyiv")
    assert later == "Put off: it was 00:06 where Olga lives; its time came at 11 March, 09:00 (Almaty, UTC+5)."


@pytest.mark.parametrize("key", [reason.key for reason in reasons.REASONS.values() if "%(until)s" in reason.sentence])
def test_whatever_waits_for_a_moment_has_words_for_after_it(key):
    assert reasons.REASONS[key].past
    with at_moment(datetime(2027, 1, 1, tzinfo=UTC)):
        text = reasons.say(key, {**PARAMS, "count": 3, "days": 7, "code": "451"}, name="Olga", language="en")
    assert "will go" not in text
    assert "next attempt at" not in text


def test_offsets_are_those_of_the_moment_spoken_of():
    params = {"local": "22:00", "zone": "Europe/London", "until": "2026-07-01T08:00:00+00:00"}
    assert "09:00 (London, UTC+1)" in said(datetime(2026, 6, 30, 21, tzinfo=UTC), "Europe/Kyiv", params=params)
