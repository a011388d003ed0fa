"""Taking parcels from the inbox: exactly once, and one poisonous event never holds up the others (ARCHITECTURE §6)."""

from __future__ import annotations

import re
import sqlite3
import time
from collections.abc import Sequence
from datetime import timedelta

import structlog
from django.db import DatabaseError, InterfaceError, connection, transaction

from teplo.jobs.running import place_of
from teplo.kit import bulk
from teplo.kit.clock import now
from teplo.kit.garbage import rarely_collected
from teplo.kit.ids import new_ids
from teplo.kit.schema import OtherSchema, look_at_schema
from teplo.kit.turns import others_wait
from teplo.pipeline import steps
from teplo.pipeline.batch import Batch, Taken, open_parcels
from teplo.tracking import inbox
from teplo.tracking.incoming import encode
from teplo.tracking.measuring import add
from teplo.tracking.models import DeadLetter, InboxRow

log = structlog.get_logger(__name__)

LEASE = timedelta(seconds=20)
KILLED_ALONE = 2
"""Workers that may die with one event alone in their hands before it is buried."""

# busy, locked, memory, read-only, i/o, corrupt, full, cannot open …
_SQLITE_ENVIRONMENT = frozenset({5, 6, 7, 8, 10, 11, 13, 14, 15, 26})
# … and tables, columns, functions, rights that are not there (42 also holds mistakes in a statement, which are ours)
_POSTGRES_ENVIRONMENT = (
    "08", "25", "28", "3D", "3F", "40", "53", "55", "57", "58", "42501", "42703", "42704", "42883", "42P01", "42P10",
)  # fmt: skip
_SQLITE_OTHER_TABLES = re.compile(r"no such (table|column|function)|has no column named|^ON CONFLICT clause")


class LeaseLost(Exception):
    """Another worker has taken these parcels meanwhile."""


class WorkerKilled(Exception):
    """The worker died with this event alone in its hands, more than once."""

    def __str__(self) -> str:
        return "the worker died with this event alone in its hands, more than once"


class Pace:
    """How many events (or notes) to take at once: as many as fit in the time that others may wait for us."""

    def __init__(self, *, first: int = 400, least: int = 200, most: int = 10_000) -> None:
        self.events = first
        self._least, self._most = least, most
        self._began = time.monotonic()

    def begin(self) -> None:
        """The transaction has begun: from here on others wait for us, and we no longer for them."""
        self._began = time.monotonic()

    def learn(self, *, events: int, others_wait: bool, seconds: float | None = None) -> None:
        """After a batch (of `seconds`, else since `begin`): smaller when it took too long, larger with time left."""
        seconds = time.monotonic() - self._began if seconds is None else seconds
        target = 0.1 if others_wait else 0.8 if connection.vendor == "sqlite" else 2.0
        if seconds > target:
            self.events = max(self._least, int(self.events * max(0.5, target / seconds)))
        elif events >= self.events * 0.8:
            self.events = min(self._most, int(self.events * 1.5))


_pace = Pace()


def run_once(owner: str, *, limit: int | None = None) -> int:
    """Take the oldest parcels through all steps; answers how many events. Raises what is not the events' fault."""
    parcels = inbox.claim_parcels(events=limit or _pace.events, owner=owner, lease=LEASE)
    if not parcels:
        return 0
    began = time.monotonic()
    try:
        with rarely_collected():
            events = open_parcels(parcels)
            if parcels[0].attempts > inbox.SUSPECT_AFTER:
                _take_suspect(parcels[0], events)
            else:
                _take(parcels, events)
    except LeaseLost:
        log.warning("lease_lost", parcels=len(parcels))
        return 0
    except BaseException as error:
        _give_back(parcels, is_untried=isinstance(error, DatabaseError | InterfaceError) and is_environment(error))
        raise
    seconds = time.monotonic() - began
    _pace.learn(events=len(events), others_wait=others_wait())
    add("teplo_pipeline_events_total", len(events))
    add("teplo_pipeline_batches_total")
    add("teplo_pipeline_seconds_total", seconds)
    return len(events)


def _take(parcels: Sequence[InboxRow], events: list[Taken]) -> None:
    try:
        with transaction.atomic():
            _pace.begin()
            steps.run(Batch(at=now(), events=events))
            _remove(parcels)
            return
    except Exception as error:
        if isinstance(error, LeaseLost):
            raise
        raise_trouble(error)
        log.warning("batch_failed", events=len(events), error=place_of(error))
    with transaction.atomic():
        _isolate(events)
        _remove(parcels)


def _take_suspect(parcel: InboxRow, events: list[Taken]) -> None:
    """Workers died with this parcel in their hands: its events are taken one by one, and the one to blame is buried."""
    if parcel.events > 1:
        inbox.split_parcel(parcel)
    elif parcel.attempts <= inbox.SUSPECT_AFTER + KILLED_ALONE:
        _take([parcel], events)
    else:
        with transaction.atomic():
            _bury(events[0], "unknown", WorkerKilled())
            _remove([parcel])


def _remove(parcels: Sequence[InboxRow]) -> None:
    if not inbox.remove_parcels(parcels):
        raise LeaseLost


def _isolate(events: list[Taken]) -> None:
    """Halve until the poisonous event stands alone; it becomes a dead letter, all others pass."""
    batch = Batch(at=now(), events=list(events))
    try:
        with transaction.atomic():
            steps.run(batch)
            return
    except Exception as error:
        raise_trouble(error)
        if len(events) == 1:
            _bury(events[0], batch.step, error)
            return
    middle = len(events) // 2
    _isolate(events[:middle])
    _isolate(events[middle:])


def _bury(event: Taken, step: str, error: Exception) -> None:
    log.error("dead_letter", step=step, error=place_of(error))
    text = f"{type(error).__name__}: {error}"[:2000]
    columns = ("id", "received_at", "origin", "payload", "step", "error", "failed_at")
    received_at = inbox.moment_of(event.stored.received)
    row = (new_ids(1)[0], received_at, event.origin, encode(event.stored), step, text, now())
    bulk.insert(DeadLetter, columns, [row])


def raise_trouble(error: Exception) -> None:
    """Raise what failed unless the events may be to blame: on tables that are not this code's nothing can be said."""
    if is_environment(error):
        raise error
    if schema := look_at_schema():
        raise OtherSchema(schema) from error


def is_environment(error: BaseException) -> bool:
    """Whether the database (gone, full, busy, another transaction, other tables) failed rather than the event."""
    if not isinstance(error, DatabaseError | InterfaceError):
        return isinstance(error, OSError | MemoryError)
    if isinstance(error, OtherSchema):
        return True
    cause = error.__cause__
    code = getattr(cause, "sqlite_errorcode", None)
    if code is not None:
        is_other = code == sqlite3.SQLITE_ERROR and _SQLITE_OTHER_TABLES.search(str(cause)) is not None
        return is_other or (code & 0xFF) in _SQLITE_ENVIRONMENT
    state = getattr(cause, "sqlstate", None)
    if state is not None:
        return str(state).startswith(_POSTGRES_ENVIRONMENT)
    return connection.vendor == "postgresql" and type(error).__name__ in ("OperationalError", "InterfaceError")


def _give_back(parcels: Sequence[InboxRow], *, is_untried: bool) -> None:
    """Best effort: when the database is away the lease runs out by itself.

    An attempt that ended with the database's own trouble (a deadlock, a full disk) says nothing against the events.
    """
    if connection.vendor == "sqlite":
        return
    try:
        inbox.give_back(parcels, is_untried=is_untried)
    except (DatabaseError, InterfaceError):
        connection.close()
