"""The people a question asks about, each at his own moment, kept in a temporary table while they are looked at."""

# ruff: noqa: S608 - the text is made of our own names; values are parameters

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db import connection

from teplo.conditions import registry
from teplo.people.models import Person
from teplo.scoring.statement import Sql

TABLE = "scoring_moment"
WINDOWS = (7, 30, 90)
"""Days back, today being the first of them, in which deeds are counted."""
RANGE = 5_000


@dataclass(frozen=True, slots=True)
class Kept:
    """How many people there are, and what became of them."""

    people: int
    won: int
    lost: int
    open: int


@contextmanager
def kept_moments(sample: Sql) -> Iterator[Kept]:
    """Keep the sample's rows (person_id, at, state, ended_at) with their days until the end of the block."""
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE IF EXISTS {TABLE}")
        cursor.execute(_ddl())
    try:
        with connection.cursor() as cursor:
            _fill(cursor, sample)
            cursor.execute(f"SELECT state, COUNT(*) FROM {TABLE} GROUP BY state")
            found = dict(cursor.fetchall())
        yield Kept(sum(found.values()), found.get("won", 0), found.get("lost", 0), found.get("open", 0))
    finally:
        if not connection.needs_rollback:
            with connection.cursor() as cursor:
                cursor.execute(f"DROP TABLE IF EXISTS {TABLE}")


def one_of_each_company(sample: Sql) -> Sql:
    """The sample with one person of each company: who bought, else who was lost, else whose moment was first."""
    order = "CASE s.state WHEN 'won' THEN 0 WHEN 'lost' THEN 1 ELSE 2 END, s.at, s.person_id"
    return Sql(
        f"SELECT person_id, at, state, ended_at FROM (SELECT s.person_id, s.at, s.state, s.ended_at, "
        f"ROW_NUMBER() OVER (PARTITION BY p.company_id ORDER BY {order}) AS place FROM ({sample.text}) s "
        f"JOIN {Person._meta.db_table} p ON p.id = s.person_id WHERE p.company_id IS NOT NULL) of_companies "
        "WHERE place = 1",
        sample.params,
    )


def _ddl() -> str:
    moment, day = ("timestamptz", "date") if connection.vendor == "postgresql" else ("datetime", "date")
    days = ", ".join(f"day_{days} {day}" for days in WINDOWS)
    return (
        f"CREATE TEMP TABLE {TABLE} (person_id bigint PRIMARY KEY, at {moment}, state varchar(4), "
        f"ended_at {moment}, day {day}, {days})"
    )


def _fill(cursor: Any, sample: Sql) -> None:
    day, zone = connection.ops.datetime_cast_date_sql("s.at", (), str(registry.zone()))
    names = ", ".join(f"day_{days}" for days in WINDOWS)
    back = ", ".join(_days_before(days) for days in WINDOWS)
    cursor.execute(
        f"INSERT INTO {TABLE} (person_id, at, state, ended_at, day, {names}) "
        f"SELECT person_id, at, state, ended_at, day, {back} FROM "
        f"(SELECT s.person_id, s.at, s.state, s.ended_at, {day} AS day FROM ({sample.text}) s) d",
        (*zone, *sample.params),
    )
    if connection.vendor == "postgresql":
        cursor.execute(f"ANALYZE {TABLE}")


def _days_before(days: int) -> str:
    return f"(day - {days})" if connection.vendor == "postgresql" else f"date(day, '-{days} days')"


def ranges(size: int = RANGE) -> Iterator[tuple[int, int]]:
    """First and last person of each range of so many, rising."""
    after = 0
    while True:
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT MIN(person_id), MAX(person_id) FROM "
                f"(SELECT person_id FROM {TABLE} WHERE person_id > %s ORDER BY person_id LIMIT %s) part",
                (after, size),
            )
            first, last = cursor.fetchone()
        if first is None:
            return
        yield first, last
        after = last


def read_moment(value: Any) -> datetime | None:
    """A moment as the engine answers it to a plain cursor: SQLite gives text in UTC."""
    if value is None:
        return None
    at = datetime.fromisoformat(value) if isinstance(value, str) else value
    return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
