"""Time zones by city and country."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from teplo.kit.cities import cities, find_city
from teplo.kit.zones import canonical, city_name, country_of, listed_zones, main_zone, offset_of

WINTER, SUMMER = datetime(2026, 12, 1, tzinfo=UTC), datetime(2026, 7, 1, tzinfo=UTC)


@pytest.mark.parametrize("text", ["Київ", "киев", "KYIV", "Kiev", " Kyiv "])
def test_a_city_is_known_however_it_is_written(text):
    found = find_city(text)
    assert found is not None
    assert (found.country, found.names["uk"]) == ("UA", "Київ")


def test_every_city_lies_in_its_country_and_in_a_zone_of_this_machine():
    for city in cities():
        assert country_of(city.zone) == city.country, city
        assert set(city.names) == {"ru", "uk", "en"}
        ZoneInfo(city.zone)


def test_a_zone_is_listed_once_and_by_its_present_name():
    assert "Europe/Kyiv" in listed_zones()
    assert "Europe/Kiev" not in listed_zones()
    assert canonical("Europe/Kiev") == "Europe/Kyiv"
    assert canonical("Mars/Olympus") == ""


def test_a_zone_is_named_after_its_city_in_each_language():
    assert [city_name("Europe/Kyiv", spoken) for spoken in ("ru", "uk", "en")] == ["Киев", "Київ", "Kyiv"]
    assert [city_name("Europe/London", spoken) for spoken in ("ru", "uk", "en")] == ["Лондон", "Лондон", "London"]


def test_offsets_follow_the_season():
    assert [offset_of("Europe/Kyiv", moment) for moment in (WINTER, SUMMER)] == ["UTC+2", "UTC+3"]
    assert offset_of("Asia/Kolkata", WINTER) == "UTC+5:30"
    assert offset_of("America/St_Johns", WINTER) == "UTC−3:30"
    assert offset_of("UTC", WINTER) == "UTC"


def test_a_country_has_a_main_zone():
    assert [main_zone(code) for code in ("UA", "RU", "US", "XX", "")] == [
        "Europe/Kyiv", "Europe/Moscow", "America/New_York", "", "",
    ]  # fmt: skip
