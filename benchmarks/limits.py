"""The machine's own limits, measured in the same run and on the same database as the figure beside them."""

from __future__ import annotations

import io
import time
from datetime import UTC, datetime, timedelta
from typing import Any

from benchmarks.world import World

ROW_TABLE = (
    "CREATE TABLE bench_event (person_id bigint NOT NULL, id bigint NOT NULL, name varchar(80) NOT NULL, "
    "at {moment} NOT NULL, url text NOT NULL, properties text NOT NULL, PRIMARY KEY (person_id, id))"
)


def insert_rate(world: World, rows: int) -> float:
    """Events a second into a plain table of events (primary key, index on person and time), batches of 1,000.

    PostgreSQL by COPY, SQLite by executemany: the fastest each offers.
    """
    from django.db import connection  # noqa: PLC0415

    at = datetime.now(UTC)
    data = [
        (
            i * 7919 % 50_000,
            i,
            "page-viewed",
            str(at - timedelta(seconds=i)),
            f"https://example.com/page/{i % 40}",
            '{"a": 1}',
        )
        for i in range(rows)
    ]
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS bench_event")
        cursor.execute(ROW_TABLE.format(moment="timestamptz" if world.engine == "postgresql" else "datetime"))
        cursor.execute("CREATE INDEX bench_event_when ON bench_event (person_id, at)")
    began = time.perf_counter()
    for start in range(0, rows, 1000):
        _insert(world, connection, data[start : start + 1000])
    seconds = time.perf_counter() - began
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE bench_event")
    return rows / seconds


def _insert(world: World, connection: Any, batch: list[tuple[Any, ...]]) -> None:
    from django.db import transaction  # noqa: PLC0415

    with transaction.atomic(), connection.cursor() as cursor:
        if world.engine == "sqlite":
            cursor.cursor.connection.executemany("INSERT INTO bench_event VALUES (?, ?, ?, ?, ?, ?)", batch)
            return
        text = io.StringIO()
        for row in batch:
            text.write("\t".join(map(str, row)) + "\n")
        with cursor.copy("COPY bench_event FROM STDIN") as copy:
            copy.write(text.getvalue())


def claim_rate(world: World, rows: int) -> float:
    """Rows a second taken by `UPDATE … IN (SELECT … LIMIT 500) RETURNING`, one worker, one commit a claim."""
    from django.db import connection  # noqa: PLC0415

    rows = max(rows, 50_000)
    moment = "timestamptz" if world.engine == "postgresql" else "datetime"
    now = datetime.now(UTC)
    columns = f"id bigint PRIMARY KEY, due_at {moment} NOT NULL, state smallint NOT NULL, payload text NOT NULL"
    data = [(i, str(now - timedelta(seconds=i % 1000)), 0, f"enrolment {i}") for i in range(rows)]
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS bench_work")
        cursor.execute(f"CREATE TABLE bench_work ({columns})")
        cursor.executemany("INSERT INTO bench_work VALUES (%s, %s, %s, %s)", data)
        cursor.execute("CREATE INDEX bench_work_due ON bench_work (due_at, id) WHERE state = 0")
        taken, began = 0, time.perf_counter()
        while found := _claim(cursor, str(now)):
            taken += found
        seconds = time.perf_counter() - began
        cursor.execute("DROP TABLE bench_work")
    assert taken == rows
    return rows / seconds


def _claim(cursor: Any, now: str) -> int:
    cursor.execute(
        "UPDATE bench_work SET state = 1 WHERE state = 0 AND id IN (SELECT id FROM bench_work WHERE state = 0 "
        "AND due_at <= %s ORDER BY due_at, id LIMIT 500) RETURNING id, payload",
        [now],
    )
    return len(cursor.fetchall())
