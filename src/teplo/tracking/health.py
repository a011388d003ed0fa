"""Is this installation well? The database, its tables, and how far the worker is behind."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from django.db import DatabaseError, InterfaceError, connection

from teplo.kit.schema import look_at_schema
from teplo.tracking import inbox
from teplo.tracking.models import DeadLetter

QUEUE_MAY_BE_OLD = 300.0  # seconds; older means that no worker runs, or none that can take it


@dataclass(frozen=True, slots=True)
class Health:
    """What was found; `database`, `migrations` and `worker` are ok or the reason why not."""

    database: str
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
        return self.database == "ok" and not self.migrations.startswith("missing")

    def as_dict(self) -> dict[str, Any]:
        """For answers and the shell, rounded."""
        return asdict(self) | {"queue_age": round(self.queue_age, 1)}


def look() -> Health:
    """Look now; never raises for a database that is away."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        schema = look_at_schema()
        if schema.missing:
            return Health(database="ok", migrations=str(schema))
        events, age = inbox.depth()
        worker = "ok" if age < QUEUE_MAY_BE_OLD else f"late: the oldest event has waited for {age:.0f} s"
        return Health("ok", str(schema), worker, events, age, DeadLetter.objects.count())
    except (DatabaseError, InterfaceError) as error:
        return Health(database=f"away: {type(error).__name__}")
