"""Is this installation well? The database, its tables, and how far the worker is behind."""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass
from typing import Any

import structlog
from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection, transaction

from teplo.kit.schema import look_at_schema
from teplo.kit.troubles import note_trouble, note_written, trouble_noted
from teplo.tracking import inbox
from teplo.tracking.models import DeadLetter

log = structlog.get_logger(__name__)

ROOM_NEEDED = 2 * 1024 * 1024  # bytes; with less the next commit may fail
FORGOTTEN_AFTER = 60.0  # seconds after which a server's full disk is asked again by whoever writes next
QUEUE_MAY_BE_OLD = 300.0  # seconds; older means that no worker runs, or none that can take it


@dataclass(frozen=True, slots=True)
class Health:
    """What was found; `database`, `disk`, `migrations` and `worker` are ok or the reason why not."""

    database: str
    disk: str = "ok"
    migrations: str = "unknown"
    worker: str = "unknown"
    queue: int = 0
    queue_age: float = 0.0
    dead_letters: int = 0

    @property
    def is_ready(self) -> bool:
        """Whether requests should come here.

        A long queue is no reason to refuse them: the inbox is durable. Tables newer than this code are none either:
        while one process after another is brought up to date, the old ones still take what comes.
        """
        return self.database == "ok" and self.disk == "ok" and not self.migrations.startswith("missing")

    def as_dict(self) -> dict[str, Any]:
        """For answers and the shell, rounded."""
        return asdict(self) | {"queue_age": round(self.queue_age, 1)}


def look() -> Health:
    """Look now; never raises for a database that is away or a disk that is full."""
    disk = look_at_disk()
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        schema = look_at_schema()
        if schema.missing:
            return Health(database="ok", disk=disk, migrations=str(schema))
        events, age = inbox.depth()
        worker = "ok" if age < QUEUE_MAY_BE_OLD else f"late: the oldest event has waited for {age:.0f} s"
        return Health("ok", disk, str(schema), worker, events, age, DeadLetter.objects.count())
    except (DatabaseError, InterfaceError) as error:
        return Health(database=f"away: {type(error).__name__}", disk=disk)


def look_at_disk() -> str:
    """Whether the disk takes what is written: "ok", "full" or "read-only", and where.

    Room in the home folder is asked of the system. What a write of this process ran into (a quota, a limit, the disk
    of a database server) counts until a write succeeds again; on SQLite one is tried.
    """
    said = ""
    try:
        found = os.statvfs(settings.HOME)
        if found.f_flag & os.ST_RDONLY:
            said = "read-only"
        elif found.f_bavail * found.f_frsize < ROOM_NEEDED:
            said = "full"
    except OSError as error:
        said = error.strerror or "away"
    noted, seconds_ago = trouble_noted()
    if not said and noted and not _takes_a_write(seconds_ago):
        said = noted
    if not said:
        return "ok"
    log.error("disk_trouble", trouble=said, home=str(settings.HOME))
    return f"{said}: nothing more can be written to {settings.HOME}"


def _takes_a_write(seconds_ago: float) -> bool:
    if connection.vendor != "sqlite":
        return seconds_ago > FORGOTTEN_AFTER
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("PRAGMA user_version")
            version = int(cursor.fetchone()[0])
            cursor.execute(f"PRAGMA user_version = {version}")
    except (DatabaseError, InterfaceError) as error:
        return not note_trouble(error)
    note_written()
    return True
