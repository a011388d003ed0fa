"""Is this installation well? The database, its tables, and how far the worker is behind."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass
from typing import Any

from django.db import DatabaseError, InterfaceError, connection
from django.db.migrations.executor import MigrationExecutor

from teplo.tracking import inbox
from teplo.tracking.models import DeadLetter

QUEUE_MAY_BE_OLD = 300.0  # seconds; older means that no worker is running


@dataclass(frozen=True, slots=True)
class Health:
    """What was found; `database` and `migrations` are ok or the reason why not."""

    database: str
    migrations: str = "unknown"
    queue: int = 0
    queue_age: float = 0.0
    dead_letters: int = 0

    @property
    def is_ready(self) -> bool:
        """Whether requests should come here. A long queue is no reason to refuse them: the inbox is durable."""
        return self.database == "ok" and self.migrations == "ok"

    def as_dict(self) -> dict[str, Any]:
        """For answers and the shell, rounded."""
        return asdict(self) | {"queue_age": round(self.queue_age, 1)}


_migrated_at = 0.0


def look() -> Health:
    """Look now; never raises for a database that is away."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        migrations = "ok" if _is_migrated() else "missing: teplo migrate"
        if migrations != "ok":
            return Health(database="ok", migrations=migrations)
        events, age = inbox.depth()
        return Health("ok", migrations, events, age, DeadLetter.objects.count())
    except (DatabaseError, InterfaceError) as error:
        return Health(database=f"away: {type(error).__name__}")


def _is_migrated() -> bool:
    """Once up to date, looked at again only every ten minutes: reading the graph of migrations takes 0.1 s."""
    global _migrated_at
    if _migrated_at and time.monotonic() - _migrated_at < 600:
        return True
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        return False
    _migrated_at = time.monotonic()
    return True
