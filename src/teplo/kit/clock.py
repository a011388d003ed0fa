"""The one source of "now", so that a virtual clock can run a journey for sixty days in a second."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime, timedelta
from functools import cache
from zoneinfo import available_timezones

SKEW = timedelta(minutes=1)
"""So far apart the clocks of two machines may be; what lies further ahead than it can was booked by a wrong clock."""

_frozen: ContextVar[datetime | None] = ContextVar("teplo_clock", default=None)


def now() -> datetime:
    """The current moment in UTC, or the virtual one inside `at_moment`."""
    return _frozen.get() or datetime.now(UTC)


def in_utc(moment: datetime) -> datetime:
    """The same moment in UTC: PostgreSQL refuses offsets beyond 16 hours. Raises ValueError beyond the calendar."""
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:
        raise ValueError(str(error)) from error


def read_moment(text: str) -> datetime:
    """An ISO moment; aware ones in UTC, naive ones as they are. Raises ValueError."""
    moment = datetime.fromisoformat(text)
    return in_utc(moment) if moment.tzinfo else moment


@cache
def known_zones() -> frozenset[str]:
    """Names of time zones; listing them walks hundreds of files (30 ms), so it is done once in a process."""
    return frozenset(available_timezones())


@contextmanager
def at_moment(moment: datetime) -> Iterator[None]:
    """Let `now()` answer `moment` (must be aware) in this thread or task."""
    token = _frozen.set(moment)
    try:
        yield
    finally:
        _frozen.reset(token)
