"""Writers of one process take turns over an SQLite file.

SQLite has one writer at a time and lets the others sleep and try again, for up to 100 ms a time and in no order: under
load the collector's commits would starve behind the worker's. Here whoever wants to write waits in a queue, and who
must answer a visitor goes to its front. Other processes are still held off by SQLite itself.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

_LATELY = 1.0  # seconds
_here = threading.local()
_known: dict[str, Turns] = {}
_guard = threading.Lock()


class Turns:
    """A fair lock with an urgent lane."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._is_taken = False
        self._waiting: deque[threading.Lock] = deque()
        self._waited_at = -_LATELY

    @property
    def waiting(self) -> int:
        """How many writers wait now."""
        return len(self._waiting)

    @property
    def is_wanted(self) -> bool:
        """Whether somebody waits now or had to wait a moment ago: who holds the turn long should hold it shorter."""
        return bool(self._waiting) or time.monotonic() - self._waited_at < _LATELY

    def take(self, *, timeout: float) -> bool:
        """Wait for the turn; False when it did not come in `timeout` seconds."""
        with self._lock:
            if not self._is_taken:
                self._is_taken = True
                return True
            self._waited_at = time.monotonic()
            gate = threading.Lock()
            gate.acquire()
            if getattr(_here, "is_urgent", False):
                self._waiting.appendleft(gate)
            else:
                self._waiting.append(gate)
        if gate.acquire(timeout=timeout):
            return True
        with self._lock:
            if gate in self._waiting:
                self._waiting.remove(gate)
                return False
        return True  # it was given just as we gave up

    def give_back(self) -> None:
        """Hand the turn to the next, who already holds it when he wakes."""
        with self._lock:
            if self._waiting:
                self._waiting.popleft().release()
            else:
                self._is_taken = False


def turns_over(path: str) -> Turns:
    """The turns over one database file."""
    with _guard:
        return _known.setdefault(path, Turns())


def others_wait() -> bool:
    """Whether other writers of this process wait, or had to a moment ago, for the one turn that SQLite has."""
    return connection.vendor == "sqlite" and turns_over(str(connection.settings_dict["NAME"])).is_wanted


@contextmanager
def urgently() -> Iterator[None]:
    """Writers of this thread go to the front of the queue."""
    _here.is_urgent = True
    try:
        yield
    finally:
        _here.is_urgent = False
