"""Time zones by country and city, as CLDR knows them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from babel import Locale
from babel.core import get_global

from teplo.kit.cities import cities
from teplo.kit.clock import known_zones

COUNTRIES = {
    "AM": "Asia/Yerevan", "AT": "Europe/Vienna", "AZ": "Asia/Baku", "BE": "Europe/Brussels", "BG": "Europe/Sofia",
    "BY": "Europe/Minsk", "CH": "Europe/Zurich", "CN": "Asia/Shanghai", "CY": "Asia/Nicosia", "CZ": "Europe/Prague",
    "DE": "Europe/Berlin", "DK": "Europe/Copenhagen", "EE": "Europe/Tallinn", "ES": "Europe/Madrid",
    "FI": "Europe/Helsinki", "FR": "Europe/Paris", "GB": "Europe/London", "GE": "Asia/Tbilisi", "GR": "Europe/Athens",
    "HU": "Europe/Budapest", "IE": "Europe/Dublin", "IL": "Asia/Jerusalem", "IN": "Asia/Kolkata", "IT": "Europe/Rome",
    "JP": "Asia/Tokyo", "KG": "Asia/Bishkek", "KR": "Asia/Seoul", "KZ": "Asia/Almaty", "LT": "Europe/Vilnius",
    "LV": "Europe/Riga", "MD": "Europe/Chisinau", "ME": "Europe/Podgorica", "NL": "Europe/Amsterdam",
    "NO": "Europe/Oslo", "PL": "Europe/Warsaw", "PT": "Europe/Lisbon", "RO": "Europe/Bucharest",
    "RS": "Europe/Belgrade", "SE": "Europe/Stockholm", "SI": "Europe/Ljubljana", "SK": "Europe/Bratislava",
    "TH": "Asia/Bangkok", "TJ": "Asia/Dushanbe", "TM": "Asia/Ashgabat", "TR": "Europe/Istanbul",
    "UA": "Europe/Kyiv", "UZ": "Asia/Tashkent", "AE": "Asia/Dubai",
}  # fmt: skip
"""Countries where one zone holds for all (or nearly all)."""

LARGE = {"RU": "Europe/Moscow", "US": "America/New_York", "CA": "America/Toronto", "AU": "Australia/Sydney",
         "BR": "America/Sao_Paulo", "MX": "America/Mexico_City"}  # fmt: skip
"""Countries with several zones: where most people live, when the city does not say."""

UTC_NAME = "UTC"


def canonical(name: str) -> str:
    """A zone by its present name (Europe/Kiev is Europe/Kyiv); empty if there is no such zone."""
    if name not in known_zones():
        return ""
    present = str(get_global("zone_aliases").get(name, name))
    is_named = present in known_zones() and not present.startswith("Etc/")
    return present if is_named else name


def country_of(zone: str) -> str:
    """The country whose zone it is; empty for UTC and the like."""
    code = str(get_global("zone_territories").get(canonical(zone), ""))
    return code if code.isalpha() and code != "ZZ" else ""


def main_zone(country: str) -> str:
    """Where most people of a country live; empty for an unknown country."""
    if known := COUNTRIES.get(country) or LARGE.get(country):
        return known
    zones = [str(zone) for zone in get_global("territory_zones").get(country, [])]
    return next((zone for zone in zones if zone in known_zones()), "")


@cache
def listed_zones() -> tuple[str, ...]:
    """Zones people live in, each once and by its present name."""
    every = {canonical(str(zone)) for zone in get_global("zone_territories")} - {""}
    return tuple(sorted(zone for zone in every if country_of(zone)))


def city_name(zone: str, language: str) -> str:
    """The city a zone is named after, in a language."""
    said = _cities_of(language).get(zone)
    return said or zone.rsplit("/", 1)[-1].replace("_", " ")


@cache
def _cities_of(language: str) -> Mapping[str, str]:
    named: dict[str, str] = {}
    for zone, told in Locale.parse(language).time_zones.items():
        if city := told.get("city"):
            named[canonical(str(zone)) or str(zone)] = str(city)
    for city in reversed(cities()):
        name = city.names.get(language, "")
        if _is_named_after(city.zone, city.spellings["en"]):
            named[city.zone] = name
    return named


def _is_named_after(zone: str, spellings: tuple[str, ...]) -> bool:
    return zone.rsplit("/", 1)[-1].replace("_", " ") in spellings


@cache
def cities_in(zone: str) -> tuple[str, ...]:
    """Every way the known cities of a zone are written."""
    return tuple(word for city in cities() if city.zone == zone for word in city.words)


def offset_of(zone: str, at: datetime) -> str:
    """How far a zone is from UTC at a moment: UTC+2, UTC−3:30, UTC."""
    distance = ZoneInfo(zone).utcoffset(at) or timedelta(0)
    minutes = int(abs(distance).total_seconds()) // 60
    if not minutes:
        return UTC_NAME
    sign = "+" if distance > timedelta(0) else "\N{MINUS SIGN}"
    hours, rest = divmod(minutes, 60)
    return f"UTC{sign}{hours}:{rest:02d}" if rest else f"UTC{sign}{hours}"
