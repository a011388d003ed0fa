"""The loops of a worker: inbox, change notes, journeys, outbox, jobs, periodic work.

Each runs in a thread of its own; one that fails is logged and tries again, longer and longer apart, and never ends
the others.
"""

from __future__ import annotations

import os
import secrets
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

import structlog
from django.db import DatabaseError, InterfaceError, close_old_connections, connection

from teplo.channels import sending
from teplo.channels.email.transport import close_transports
from teplo.jobs import periodic, running
from teplo.jobs.holding import are_loops_held
from teplo.journeys import stepping
from teplo.kit.idling import IDLE_SECONDS, give_memory_back
from teplo.kit.schema import OtherSchema, look_at_schema
from teplo.kit.troubles import note_trouble
from teplo.pipeline import noting, working
from teplo.tracking.inbox import arrived

log = structlog.get_logger(__name__)

LONGEST_REST = 5.0  # seconds between tries of a failing loop


@dataclass(frozen=True, slots=True)
class Loop:
    """`turn` does a piece of work and answers how much there was; with none it rests for `rest` seconds.

    `end` is called in the loop's own thread after its last turn.
    """

    name: str
    turn: Callable[[str, Callable[[], bool]], int]
    rest: float
    wake: threading.Event | None = None
    can_be_held: bool = True
    end: Callable[[], object] | None = None


def _inbox(owner: str, stop: Callable[[], bool]) -> int:
    return working.run_once(owner)


def _notes(owner: str, stop: Callable[[], bool]) -> int:
    return noting.run_once(owner)


def _journeys(owner: str, stop: Callable[[], bool]) -> int:
    return stepping.tick(owner=owner)


def _outbox(owner: str, stop: Callable[[], bool]) -> int:
    return sending.send_due(owner=owner, stop=stop)


def _jobs(owner: str, stop: Callable[[], bool]) -> int:
    return running.run_due(owner, stop=stop)


def _periodic(owner: str, stop: Callable[[], bool]) -> int:
    return periodic.run_due(stop=stop)


LOOPS: tuple[Loop, ...] = (
    Loop("inbox", _inbox, rest=0.1, wake=arrived),
    Loop("notes", _notes, rest=0.5),
    Loop("journeys", _journeys, rest=0.5),
    Loop("outbox", _outbox, rest=0.5, end=close_transports),
    Loop("jobs", _jobs, rest=1.0, can_be_held=False),
    Loop("periodic", _periodic, rest=5.0),
)


def run(stop: threading.Event) -> None:
    """Run all loops until `stop` is set and their current pieces have ended; first wait for the tables they need."""
    if not _wait_for_tables(stop):
        return
    owner = f"{socket.gethostname()[:12]}:{os.getpid()}:{secrets.token_hex(3)}"
    threads = [
        threading.Thread(target=_turn, args=(loop, f"{owner}:{loop.name}"[:40], stop), name=f"teplo-{loop.name}")
        for loop in LOOPS
    ]
    for thread in threads:
        thread.daemon = True
        thread.start()
    stop.wait()
    arrived.set()
    until = time.monotonic() + 4
    for thread in threads:
        thread.join(max(0.0, until - time.monotonic()))


def _wait_for_tables(stop: threading.Event) -> bool:
    """Until the database answers and has been migrated; False when asked to stop before. Said once for each reason."""
    said = ""
    while not stop.is_set():
        try:
            schema = look_at_schema()
            if not schema.missing:
                if schema.unknown:
                    log.warning("schema_is_newer", schema=str(schema))
                return True
            reason = str(schema)
        except (DatabaseError, InterfaceError) as error:
            reason = running.place_of(error)
            connection.close()
        if reason != said:
            said = reason
            log.error("waiting_for_tables", reason=reason)
        stop.wait(2.0)
    return False


def _turn(loop: Loop, owner: str, stop: threading.Event) -> None:
    failures = 0
    worked_at: float | None = None
    while not stop.is_set():
        if loop.wake is not None:
            loop.wake.clear()
        try:
            done = 0 if loop.can_be_held and are_loops_held() else loop.turn(owner, stop.is_set)
            failures = 0
        except Exception as error:  # whatever it was, the loop must go on
            failures += 1
            done = 0
            schema = {"schema": str(error)} if isinstance(error, OtherSchema) else {}
            if trouble := note_trouble(error):
                schema["trouble"] = trouble
            log.error("loop_failed", loop=loop.name, error=running.place_of(error), failures=failures, **schema)
            connection.close()
        if done:
            worked_at = time.monotonic()
            continue
        if worked_at is not None and not failures and time.monotonic() - worked_at > IDLE_SECONDS:
            worked_at = None
            give_memory_back()
        _rest(loop, failures, stop)
    connection.close()
    if loop.end is not None:
        loop.end()


def _rest(loop: Loop, failures: int, stop: threading.Event) -> None:
    """Until there may be work again. After a failure nothing wakes it early: what fails must not spin."""
    close_old_connections()
    if loop.wake is not None and not failures:
        loop.wake.wait(loop.rest)
    else:
        stop.wait(min(LONGEST_REST, loop.rest * 2 ** min(failures, 10)))
