"""Quiet hours: nobody is woken by us (R32)."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from teplo.kit.local_time import wall_moment

_TICK = timedelta(microseconds=1)


def quiet_until(*, at: datetime, zone: ZoneInfo, quiet_from: time, until: time) -> datetime | None:
    """When the quiet hours in which `at` falls end (UTC), or None outside them. Equal times: there are none."""
    if quiet_from == until:
        return None
    local = at.astimezone(zone)
    clock = local.time()
    if quiet_from < until:
        quiet = quiet_from <= clock < until
        day = local.date()
    else:
        quiet = clock >= quiet_from or clock < until
        day = local.date() + timedelta(days=clock >= quiet_from)
    return wall_moment(day, until, zone, not_before=at + _TICK) if quiet else None
