"""The first questions: where the company is, which city is its own, which language it speaks.

They are answered beforehand from what the browser tells of itself. From the answers follow money, phones and time
zone, and the ready content is made for them (`lend` is told how).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import phonenumbers
from babel.core import get_global
from babel.numbers import get_territory_currencies
from django.conf import settings
from django.db import transaction

from teplo.accounts.models import Workspace
from teplo.accounts.workspace import get_workspace
from teplo.kit.cities import find_city
from teplo.kit.clock import now
from teplo.kit.zones import canonical, city_name, country_of, main_zone

LAST_LANGUAGE = "en"
_EURO_SINCE = {"BG"}
"""Countries whose money has changed since the list of currencies was written."""
_installers: list[Callable[[], None]] = []


@dataclass(frozen=True)
class Answers:
    """Country (ISO 3166), own city as one writes it, language of ours; `timezone`: the browser's, if it told."""

    country: str
    city: str
    language: str
    timezone: str = ""


def lend(installer: Callable[[], None]) -> None:
    """Name what makes the ready content once the questions are answered; naming it again changes nothing."""
    if installer not in _installers:
        _installers.append(installer)


def guess(*, spoken: Sequence[str], timezone: str, language: str) -> Answers:
    """What the browser's languages (best first) and time zone say of a company.

    A time zone says where somebody is; a language only where it is mostly spoken. An unknown country stays empty.
    """
    country = country_of(timezone) or next(filter(None, map(_country_of_language, spoken)), "")
    zone = zone_in(country, timezone)
    city = city_name(zone, language) if zone else ""
    return Answers(country, city, language, canonical(timezone))


def _country_of_language(tag: str) -> str:
    """RU of ru-RU, UA of uk, US of en."""
    parts = tag.replace("_", "-").split("-")
    named = next((part.upper() for part in parts[1:] if len(part) == 2 and part.isalpha()), "")
    if named:
        return named if main_zone(named) else ""
    likely = str(get_global("likely_subtags").get(parts[0].lower(), "")).rsplit("_", 1)[-1]
    return likely if len(likely) == 2 and likely.isalpha() and main_zone(likely) else ""


def zone_in(country: str, timezone: str, city: str = "") -> str:
    """The browser's zone where it lies in the country, else that of the city, else where most people live."""
    if timezone and country_of(timezone) == country:
        return canonical(timezone)
    known = find_city(city)
    if known and known.country == country:
        return known.zone
    return main_zone(country)


def currency_of(country: str) -> str:
    """The money of a country; empty where none is known."""
    if country in _EURO_SINCE:
        return "EUR"
    return next((str(code) for code in get_territory_currencies(country)), "")


@transaction.atomic
def settle_workspace(answers: Answers) -> None:
    """Begin where the first owner says they are, and make the ready content. Once answered, it changes no more."""
    get_workspace()
    if not Workspace.objects.filter(pk=1, settled_at=None).update(settled_at=now(), **_changes(answers)):
        return
    for install in _installers:
        install()


def _changes(answers: Answers) -> dict[str, str]:
    country, city = answers.country, answers.city.strip()[:120]
    elsewhere = canonical(answers.timezone) if country_of(answers.timezone) else ""
    zone = zone_in(country, answers.timezone, city) if country else elsewhere
    told = {
        "city": city,
        "language": answers.language if answers.language in dict(settings.LANGUAGES) else "",
        "timezone": zone,
        "phone_region": country if country in phonenumbers.SUPPORTED_REGIONS else "",
        "currency": currency_of(country),
    }
    return {column: value for column, value in told.items() if value}
