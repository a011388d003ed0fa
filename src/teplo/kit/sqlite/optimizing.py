"""What SQLite knows of its tables grows old; now and then it is let look again (other engines do so by themselves)."""

from __future__ import annotations

from django.db import connection, transaction

ROWS_LOOKED_AT = 1000
"""Per index: keeps the look at tables of millions within milliseconds."""
WORTH_KNOWING = 1000
"""Rows from which a table's size is kept: a small one may be large tomorrow, and a plan made for three rows is slow."""


def optimize() -> None:
    """Renew the statistics of large tables, in a transaction, so that it waits for its turn among the writers.

    Not `PRAGMA optimize`: until SQLite 3.46 it looks only at tables that the same connection has asked before, and
    the connection of periodic work asks few.
    """
    if connection.vendor != "sqlite":
        return
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"PRAGMA analysis_limit = {ROWS_LOOKED_AT}")
        cursor.execute("ANALYZE")
        cursor.execute(f"DELETE FROM sqlite_stat1 WHERE CAST(stat AS INTEGER) < {WORTH_KNOWING}")  # noqa: S608
        cursor.execute("ANALYZE sqlite_schema")  # reads them in
