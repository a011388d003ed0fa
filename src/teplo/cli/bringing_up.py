"""The tables a command needs: an empty home is brought up silently, an older one is copied first, a server is left
to `teplo migrate`.

SQLite is one file of one installation, so whoever uses it first may bring it up; what a server's database holds may
be in use by others.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.db import connection

from teplo.kit.clock import now
from teplo.kit.schema import OtherSchema, look_at_schema


def bring_up(*, on_server: bool = False) -> bool:
    """See that the tables are there; whether any were made. Raises OtherSchema where that is not ours to do.

    `on_server`: also of a database that others may use.
    """
    schema = look_at_schema()
    if not schema.missing:
        return False
    if connection.vendor != "sqlite":
        if not on_server:
            raise OtherSchema(schema)
        _migrate()
        return True
    with _alone():
        if not look_at_schema().missing:
            return True
        if not _is_empty():
            copy = _copy()
            sys.stderr.write(f"The tables are of an older Teplo. A copy of the database is kept: {copy}\n")
            _migrate()
            sys.stderr.write("The tables are up to date now.\n")
        else:
            _migrate()
    return True


def bring_up_if_empty() -> None:
    """For processes that serve: they wait for the tables of others, but an empty home of their own they bring up."""
    connection.ensure_connection()
    if connection.vendor == "sqlite" and _is_empty():
        bring_up()
    connection.close()


def _migrate() -> None:
    call_command("migrate", interactive=False, verbosity=0)


def _is_empty() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT COUNT(*) FROM sqlite_master WHERE name NOT LIKE 'sqlite_%'")
        return bool(cursor.fetchone()[0] == 0)


@contextmanager
def _alone() -> Iterator[None]:
    """Of several processes that start at once one brings the tables up, the others wait for it."""
    with (_database().parent / f".{_database().name}.bringing-up").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _copy() -> Path:
    """SQLite's own online backup: whole even while others write. Synced before anything is changed."""
    stamp = f"{now():%Y%m%d-%H%M%S}"
    to = _database().with_name(f"{_database().name}.{stamp}.copy")
    with closing(sqlite3.connect(_database())) as source, closing(sqlite3.connect(to)) as target:
        source.backup(target)
    os.chmod(to, _database().stat().st_mode & 0o777)
    descriptor = os.open(to, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    return to


def _database() -> Path:
    return Path(settings.DATABASES["default"]["NAME"])
