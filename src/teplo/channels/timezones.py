"""Where a person lives, as a time zone: his own, else from his city, his country or his phone, else the workspace's."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from zoneinfo import ZoneInfo

import phonenumbers

from teplo.kit.zones import COUNTRIES, LARGE

_CITIES_BY_ZONE = {
    "Europe/Kaliningrad": "калининград kaliningrad",
    "Europe/Samara": "самара samara тольятти ижевск",
    "Europe/Saratov": "саратов",
    "Europe/Volgograd": "волгоград",
    "Europe/Astrakhan": "астрахань",
    "Europe/Ulyanovsk": "ульяновск",
    "Asia/Yekaterinburg": "екатеринбург yekaterinburg ekaterinburg челябинск пермь тюмень уфа оренбург сургут курган",
    "Asia/Omsk": "омск omsk",
    "Asia/Novosibirsk": "новосибирск novosibirsk",
    "Asia/Barnaul": "барнаул",
    "Asia/Tomsk": "томск",
    "Asia/Novokuznetsk": "кемерово новокузнецк",
    "Asia/Krasnoyarsk": "красноярск krasnoyarsk абакан",
    "Asia/Irkutsk": "иркутск irkutsk улан-удэ братск",
    "Asia/Yakutsk": "якутск благовещенск",
    "Asia/Chita": "чита",
    "Asia/Vladivostok": "владивосток vladivostok хабаровск комсомольск-на-амуре",
    "Asia/Sakhalin": "южно-сахалинск",
    "Asia/Magadan": "магадан",
    "Asia/Kamchatka": "петропавловск-камчатский",
    "America/Los_Angeles": "los-angeles san-francisco seattle san-diego",
    "America/Chicago": "chicago houston dallas austin",
    "America/Denver": "denver",
}
CITIES = {city: zone for zone, cities in _CITIES_BY_ZONE.items() for city in cities.split()}
"""Cities whose time differs from the most usual of their country."""


def zone_of(*, timezone: str, city: str, country: str, phones: Iterable[str], default: str) -> ZoneInfo:
    """The zone in which this person's quiet hours are counted; never fails."""
    if timezone and (own := _known(timezone)):
        return own
    region = country.upper() or next(filter(None, map(_region, phones)), "")
    if region in COUNTRIES:
        return ZoneInfo(COUNTRIES[region])
    by_city = CITIES.get(city.strip().lower().replace("ё", "е").replace(" ", "-"))
    if by_city and (not region or region in LARGE):
        return ZoneInfo(by_city)
    return (_known(LARGE[region]) if region in LARGE else None) or _known(default) or ZoneInfo("UTC")


@lru_cache(maxsize=1024)
def _known(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return None


@lru_cache(maxsize=4096)
def _region_of_prefix(code: int, start: str) -> str:
    # enough of the number to tell Russia from Kazakhstan and the countries of +1 apart
    number = phonenumbers.PhoneNumber(country_code=code, national_number=int(start.ljust(10, "0")))
    regions = phonenumbers.region_codes_for_country_code(code)
    return regions[0] if len(regions) == 1 else (phonenumbers.region_code_for_number(number) or regions[0])


def _region(phone: str) -> str:
    """ISO 3166 of an E.164 number, else empty."""
    try:
        number = phonenumbers.parse(phone)
    except phonenumbers.NumberParseException:
        return ""
    return _region_of_prefix(number.country_code or 0, str(number.national_number)[:4])
