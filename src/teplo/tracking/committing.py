"""Group commit: one thread writes what many requests brought, in one transaction, and only then they are answered."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from contextlib import nullcontext

import structlog
from django.db import DatabaseError, InterfaceError, connection, transaction

from teplo.kit.troubles import note_trouble, note_written, trouble_of
from teplo.kit.turns import urgently
from teplo.tracking.inbox import Parcel, arrived, write_parcels
from teplo.tracking.measuring import add

log = structlog.get_logger(__name__)

MAX_WAITING = 20_000  # events
MAX_WAITING_BYTES = 64 * 1024 * 1024
_ONE_STATEMENT = 1000  # parcels of at most MAX_WAITING events make fewer rows than kit.bulk writes at once


class Overloaded(Exception):
    """More is waiting to be written than may be; come again in a second."""


class NotWritten(Exception):
    """The database did not take it; nothing was acknowledged."""


Write = Callable[[list[Parcel]], None]
Asked = tuple[list[Parcel], "asyncio.Future[None]"]


class Committer:
    """Collects events of one event loop and writes them as fast as the database commits."""

    def __init__(self, *, write: Write | None = None, max_waiting: int = MAX_WAITING) -> None:
        self._write = write or _write
        self._max_waiting = max_waiting
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._asked: list[Asked] = []
        self._waiting = self._waiting_bytes = 0
        self._is_stopping = False
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """Begin writing; futures belong to `loop`."""
        self._loop = loop
        self._is_stopping = False
        self._thread = threading.Thread(target=self._run, name="teplo-committer", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Write what waits, then end."""
        self._is_stopping = True
        self._wake.set()
        if self._thread is not None:
            self._thread.join(timeout=4)

    def ask(self, parcels: list[Parcel]) -> asyncio.Future[None]:
        """A future that is done when the events are durable, or fails with NotWritten. Raises Overloaded."""
        loop = self._loop
        if loop is None:
            raise Overloaded
        count = sum(len(parcel[3]) for parcel in parcels)
        size = sum(len(event) for parcel in parcels for event in parcel[3])
        future: asyncio.Future[None] = loop.create_future()
        with self._lock:
            if self._waiting >= self._max_waiting or self._waiting_bytes + size > MAX_WAITING_BYTES:
                raise Overloaded
            self._asked.append((parcels, future))
            self._waiting += count
            self._waiting_bytes += size
        if not self._wake.is_set():
            self._wake.set()
        return future

    def withdraw(self, future: asyncio.Future[None]) -> bool:
        """Take back what is not being written yet; False: it is, and only its outcome says what to answer."""
        with self._lock:
            kept = [asked for asked in self._asked if asked[1] is not future]
            is_withdrawn = len(kept) < len(self._asked)
            self._asked = kept
            events = [event for parcels, _ in kept for parcel in parcels for event in parcel[3]]
            self._waiting, self._waiting_bytes = len(events), sum(map(len, events))
        return is_withdrawn

    def _run(self) -> None:
        with urgently():
            while not (self._is_stopping and not self._asked):
                self._wake.wait(timeout=1)
                self._wake.clear()
                with self._lock:
                    asked, self._asked = self._asked, []
                    self._waiting = self._waiting_bytes = 0
                if asked:
                    self._commit(asked)
        connection.close()

    def _commit(self, asked: list[Asked]) -> None:
        error: NotWritten | None = None
        try:
            parcels = _together(asked)
            self._write(parcels)
        except Exception as cause:  # whatever it was, nothing was acknowledged and the next group is tried anew
            error = NotWritten()
            add("teplo_collect_failures_total")
            note_trouble(cause)
            log.error("inbox_not_written", error=type(cause).__name__, trouble=trouble_of(cause), requests=len(asked))
            _forget_connection()
        else:
            note_written()
            add("teplo_collect_commits_total")
            add("teplo_collected_events_total", sum(len(parcel[3]) for parcel in parcels))
            arrived.set()
        assert self._loop is not None
        try:
            self._loop.call_soon_threadsafe(_answer, [future for _, future in asked], error)
        except RuntimeError:  # the loop is closed: nobody waits for the answers any more
            return


def _answer(futures: list[asyncio.Future[None]], error: NotWritten | None) -> None:
    for future in futures:
        if future.done():  # the client has gone
            continue
        if error is None:
            future.set_result(None)
        else:
            future.set_exception(error)


def _together(asked: list[Asked]) -> list[Parcel]:
    """The events of all requests, one parcel for each origin and lane."""
    grouped: dict[tuple[str, int], Parcel] = {}
    for parcels, _ in asked:
        for origin, lane, received_at, events in parcels:
            if (origin, lane) in grouped:
                grouped[origin, lane][3].extend(events)
            else:
                grouped[origin, lane] = (origin, lane, received_at, list(events))
    return list(grouped.values())


def _write(parcels: list[Parcel]) -> None:
    """In one transaction; a single statement is one by itself, and two journeys to the server are spared."""
    is_one_statement = connection.vendor == "postgresql" and len(parcels) <= _ONE_STATEMENT
    with nullcontext() if is_one_statement else transaction.atomic():
        write_parcels(parcels)


def _forget_connection() -> None:
    try:
        connection.close()
    except (DatabaseError, InterfaceError):
        connection.connection = None
