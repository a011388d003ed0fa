"""Our own Liquid filters: dates in words and plural forms of each language."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from liquid.filter import with_context

_MONTH_NAMES = {
    "ru": "января февраля марта апреля мая июня июля августа сентября октября ноября декабря",
    "uk": "січня лютого березня квітня травня червня липня серпня вересня жовтня листопада грудня",
    "en": "January February March April May June July August September October November December",
}
_MONTHS = {language: names.split() for language, names in _MONTH_NAMES.items()}


@with_context
def date_in_words(value: Any, *, context: Any) -> str:
    """`{{ person.attributes.renewal | date_in_words }}` → 5 ноября 2026. What is no date stays as it is."""
    day = _as_date(value)
    if day is None:
        return "" if value is None else str(value)
    language = str(context.resolve("language", default="en"))
    month = _MONTHS.get(language, _MONTHS["en"])[day.month - 1]
    return f"{day.day} {month} {day.year}"


@with_context
def plural(value: Any, one: Any = "", few: Any = "", many: Any = "", *, context: Any) -> str:
    """`{{ n | plural: "день", "дня", "дней" }}` → 3 дня; English takes two forms."""
    try:
        number = abs(int(value))
    except (TypeError, ValueError):
        return ""
    if str(context.resolve("language", default="en")) == "en":
        form = one if number == 1 else few or many
    elif number % 10 == 1 and number % 100 != 11:
        form = one
    elif number % 10 in (2, 3, 4) and number % 100 not in (12, 13, 14):
        form = few
    else:
        form = many or few
    return f"{value} {form}"


def _as_date(value: Any) -> date | None:
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    try:
        return datetime.fromisoformat(str(value)).date()
    except ValueError:
        return None


FILTERS: dict[str, Callable[..., Any]] = {"date_in_words": date_in_words, "plural": plural}
