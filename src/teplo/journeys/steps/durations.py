"""Lengths of time as a marketer writes them: {"days": 2, "hours": 4}."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.utils.translation import ngettext

from teplo.journeys.steps.kind import SettingWrong

UNITS = ("weeks", "days", "hours", "minutes")
_LONGEST = timedelta(days=3660)


def read_duration(raw: Mapping[str, Any], name: str, *, required: bool = False) -> timedelta:
    """The setting `name` as a timedelta, zero when it is absent; raises SettingWrong."""
    value = raw.get(name)
    if value in (None, "", {}):
        if required:
            raise SettingWrong(name, "missing")
        return timedelta()
    if not isinstance(value, Mapping) or not set(value) <= set(UNITS):
        raise SettingWrong(name, "not-a-duration")
    if not all(isinstance(count, int) and not isinstance(count, bool) and count >= 0 for count in value.values()):
        raise SettingWrong(name, "not-a-duration")
    try:
        length = timedelta(**value)
    except OverflowError as error:
        raise SettingWrong(name, "too-long") from error
    if length > _LONGEST:
        raise SettingWrong(name, "too-long")
    return length


def say_duration(length: timedelta) -> str:
    """ "2 days", "1 week 4 hours"; empty for zero."""
    minutes = int(length.total_seconds() // 60)
    days, minutes = divmod(minutes, 1440)
    hours, minutes = divmod(minutes, 60)
    weeks, days = divmod(days, 7) if days % 7 == 0 else (0, days)
    parts = []
    if weeks:
        parts.append(ngettext("%(n)s week", "%(n)s weeks", weeks) % {"n": weeks})
    if days:
        parts.append(ngettext("%(n)s day", "%(n)s days", days) % {"n": days})
    if hours:
        parts.append(ngettext("%(n)s hour", "%(n)s hours", hours) % {"n": hours})
    if minutes:
        parts.append(ngettext("%(n)s minute", "%(n)s minutes", minutes) % {"n": minutes})
    return " ".join(parts)
