"""Work that may be begun anew after a power cut need not wait for the disk at each of its thousands of commits."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

_COMMITS: dict[str, tuple[str, str]] = {
    "sqlite": ("PRAGMA synchronous=NORMAL", "PRAGMA synchronous=FULL"),
    "postgresql": ("SET synchronous_commit TO off", "RESET synchronous_commit"),
}


@contextmanager
def not_waiting_for_the_disk() -> Iterator[None]:
    """Commits of this connection are whole and in order as always, but the last ones may be lost with the power."""
    begin, end = _COMMITS[connection.vendor]
    if connection.in_atomic_block:  # neither engine changes it within a transaction
        yield
        return
    _say(begin)
    try:
        yield
    finally:
        _say(end)


def _say(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)
