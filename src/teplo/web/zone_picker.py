"""Choosing a time zone: by its city, in any of the three languages, with how far it is from UTC."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from teplo.kit.clock import known_zones, now
from teplo.kit.zones import UTC_NAME, cities_in, city_name, country_of, listed_zones, offset_of
from teplo.people.places import LANGUAGES, country_name, country_names_in


def zone_choices() -> list[tuple[str, str]]:
    """Zones people live in, by the city they are named after: “Kyiv, Ukraine · UTC+2”."""
    language = (get_language() or "en")[:2]
    moment = now()
    named = [(city_name(zone, language), zone) for zone in listed_zones()]
    named.sort(key=lambda pair: pair[0].lower())
    choices = [(zone, f"{city}, {country_name(country_of(zone))} · {offset_of(zone, moment)}") for city, zone in named]
    return [(UTC_NAME, UTC_NAME), *choices]


def words_of(zone: str) -> str:
    """What a zone is found by: its cities and country in three languages, and its own name."""
    country = country_of(zone) if zone else ""
    cities = [city_name(zone, language) for language in LANGUAGES] if country else []
    countries = [country_names_in(language).get(country, "") for language in LANGUAGES]
    words = [*cities, *cities_in(zone), *countries, zone, zone.replace("_", " ")]
    return " ".join(dict.fromkeys(word.lower() for word in words if word))


def known_zone(name: str) -> str:
    """The zone, or an error of a form; nothing stays nothing."""
    if name and name not in known_zones():
        raise forms.ValidationError(_("There is no such time zone."))
    return name


class ZoneSelect(forms.Select):
    """A list that `zone-picker.js` lets one search in."""

    def __init__(self, attrs: dict[str, Any] | None = None, choices: Any = ()) -> None:
        said = {"data-search-in": "", "data-nothing": gettext_lazy("Nothing found")}
        super().__init__(said | (attrs or {}), choices)

    def create_option(self, name: str, value: Any, label: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        option = super().create_option(name, value, label, *args, **kwargs)
        option["attrs"]["data-words"] = words_of(str(value))
        return option
