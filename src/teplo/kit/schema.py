"""Are the tables of the database those of this code? Asked by its migrations, those done against those known.

What this code knows is the names of its migration files as they were when the process first asked: whoever pulls newer
code below a running worker changes the files, not the worker.
"""

from __future__ import annotations

import pkgutil
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.util import find_spec

from django.apps import apps
from django.db import DatabaseError, connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder


@dataclass(frozen=True, slots=True)
class Difference:
    """Migrations of this code that the database lacks, and the database's that this code does not know."""

    missing: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.missing or self.unknown)

    def __str__(self) -> str:
        if self.missing:
            return f"missing: {', '.join(self.missing[:3])}{' …' if len(self.missing) > 3 else ''}: teplo migrate"
        if self.unknown:
            return f"newer than this code: {', '.join(self.unknown[:3])}{' …' if len(self.unknown) > 3 else ''}"
        return "ok"


class OtherSchema(DatabaseError):
    """The tables are not those of this code, so what failed says nothing about the event."""

    def __init__(self, difference: Difference) -> None:
        super().__init__(str(difference))
        self.difference = difference


@cache
def known_migrations() -> frozenset[tuple[str, str]]:
    """App and name of each migration of this code; the files are listed, not run (0.1 s and some memory)."""
    found: set[tuple[str, str]] = set()
    for config in apps.get_app_configs():
        package, _is_named = MigrationLoader.migrations_module(config.label)
        if package and find_spec(package) is not None:
            listed = pkgutil.iter_modules(import_module(package).__path__)
            found |= {(config.label, file.name) for file in listed if not file.ispkg and file.name[0] not in "_~"}
    return frozenset(found)


def look_at_schema() -> Difference:
    """Compare now. Rows of apps that are not part of this code (any more) are nobody's business."""
    known = known_migrations()
    labels = {label for label, _name in known}
    done = {(label, name) for label, name in MigrationRecorder(connection).applied_migrations() if label in labels}
    return Difference(
        missing=tuple(f"{label}.{name}" for label, name in sorted(known - done)),
        unknown=tuple(f"{label}.{name}" for label, name in sorted(done - known)),
    )
