"""Days and hours as a clock on the wall shows them: tomorrow at ten is at ten, whatever a clock change does.

Twice a year a wall clock leaves an hour out or shows it twice. An hour left out is taken as the clock before the
change would have shown it; of an hour shown twice the first is meant, unless it is over.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, tzinfo

DAY = timedelta(days=1)


def wall_moment(day: date, clock: time, zone: tzinfo, *, not_before: datetime | None = None) -> datetime:
    """When the clock of `zone` shows `clock` on `day`, in UTC; the second time if the first is before `not_before`."""
    first = datetime.combine(day, clock.replace(fold=0), tzinfo=zone).astimezone(UTC)
    if not_before is None or first >= not_before:
        return first
    second = datetime.combine(day, clock.replace(fold=1), tzinfo=zone).astimezone(UTC)
    return max(first, second)


def days_later(at: datetime, length: timedelta, zone: tzinfo) -> datetime:
    """`length` after `at`, in UTC: whole days by the calendar (the same time of day), the rest by the watch."""
    if length < DAY:
        return at.astimezone(UTC) + length
    local = at.astimezone(zone)
    same_time = wall_moment(local.date() + timedelta(days=length.days), local.time(), zone)
    return same_time + timedelta(seconds=length.seconds)
