"""When a wait ends: the one function that life and simulation ask."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, time, timedelta, tzinfo

from teplo.kit.local_time import DAY, days_later, wall_moment

_NEXT = timedelta(microseconds=1)
_USUAL_HOUR = time(9)  # of a weekday waited for without an hour


def end_of_wait(
    *, since: datetime, length: timedelta, clock: time | None, weekdays: Collection[int], zone: tzinfo
) -> datetime:
    """The moment in UTC at which a wait begun at `since` is over where the person lives.

    "1 day until 10:00" is tomorrow at 10:00, at whatever hour today it begins. Hours beyond whole days are waited for
    in full, and then until the hour; an hour alone is the next one, never this very moment. Without an hour, a wanted
    weekday that has already begun is good at once.
    """
    earliest = days_later(since, length, zone)
    first_day = earliest.astimezone(zone).date()
    is_whole_days = length >= DAY and not length % DAY
    for days in range(9):
        day = first_day + timedelta(days=days)
        if weekdays and day.weekday() not in weekdays:
            continue
        if clock is None and days == 0:
            return earliest
        not_before = earliest if length and not (is_whole_days and days == 0) else since + _NEXT
        moment = wall_moment(day, clock or _USUAL_HOUR, zone, not_before=not_before)
        if moment >= not_before:
            return moment
    return earliest
