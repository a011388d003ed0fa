"""Holding the worker's loops while something runs the world itself, such as the example company on its virtual clock.

A hold is a row with a lease: whoever dies lets go by himself.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from teplo.jobs.models import Periodic
from teplo.kit.claim import lease_free, lease_held

LEASE = timedelta(minutes=2)
SETTLE_SECONDS = 1.5
"""A loop asks before each turn and may be in the middle of one: so long is waited before the holder begins."""

_ROW = "held-loops"


class HeldAlready(Exception):
    """Something else holds the loops."""


@contextmanager
def held_loops(*, settle_seconds: float = SETTLE_SECONDS) -> Iterator[None]:
    """Within it no worker takes inbox, notes, journeys or outbox; raises HeldAlready. Renew by `renew_hold`."""
    moment = _real_now()
    Periodic.objects.get_or_create(name=_ROW, defaults={"next_at": moment})
    if not Periodic.objects.filter(lease_free(moment), name=_ROW).update(lease_until=moment + LEASE):
        raise HeldAlready
    time.sleep(settle_seconds)
    try:
        yield
    finally:
        Periodic.objects.filter(name=_ROW).update(lease_until=None)


def renew_hold() -> None:
    """Hold for another two minutes."""
    Periodic.objects.filter(name=_ROW).update(lease_until=_real_now() + LEASE)


def are_loops_held() -> bool:
    """Whether somebody holds the loops now."""
    return Periodic.objects.filter(lease_held(_real_now()), name=_ROW).exists()


def _real_now() -> datetime:
    """The hold is about processes, not about people: it never follows a virtual clock."""
    return datetime.fromtimestamp(time.time(), UTC)
