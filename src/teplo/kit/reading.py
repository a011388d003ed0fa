"""Reading many rows: Django's own loader of moments is written in Python and takes ten times as long as psycopg's."""

from __future__ import annotations

from typing import Any

from django.db import connection


def read_moments_fast(cursor: Any) -> None:
    """Let this cursor answer moments by psycopg's compiled loader: aware, in UTC as the connection's zone is.

    On SQLite, which stores moments as texts, nothing changes.
    """
    if connection.vendor == "postgresql":
        psycopg: Any = connection.Database  # type: ignore[attr-defined] # not imported where there is no PostgreSQL
        known = psycopg.adapters
        oid = known.types["timestamptz"].oid
        cursor.cursor.adapters.register_loader(oid, known.get_loader(oid, psycopg.pq.Format.TEXT))
