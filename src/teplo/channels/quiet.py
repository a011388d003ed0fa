"""Quiet hours: nobody is woken by us (R32)."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo


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
    return datetime.combine(day, until, tzinfo=zone).astimezone(UTC) if quiet else None
