"""Statements that write what the score statement says: only rows that changed, and a change row for each of them."""

# ruff: noqa: S608 - the text is made of names of our own tables and columns; values are parameters

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import connection

from teplo.kit.turns import others_wait
from teplo.people.models import Person
from teplo.scoring.models import Score, ScoreChange, ScoreTable, Temperature
from teplo.scoring.statement import Compilation, Scope, Sql

SCORE = Score._meta.db_table
CHANGE = ScoreChange._meta.db_table
PERSON = Person._meta.db_table

# One key for all who write scores: a batch shares it, rescoring everybody takes it alone, range by range.
_TURN = 0x7E910_5C0
VALUES = "fit, behaviour, total, grade, temperature"


def take_turn(*, alone: bool) -> None:
    """Keep batches and ranges apart until the transaction ends, so that no older score is written over a newer one.

    A range computes from what is committed when its statement starts; a batch that had already computed but not yet
    committed would be overwritten. SQLite has one writer at a time anyway.
    """
    if connection.vendor == "postgresql":
        function = "pg_advisory_xact_lock" if alone else "pg_advisory_xact_lock_shared"
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {function}(%s)", [_TURN])


def hold_scores(*, scope: Scope, at: datetime) -> None:
    """Make the missing score rows of these people, in order, and hold all of them until the transaction ends.

    Two batches over one person take turns here, so the later one computes from what the earlier one committed.
    """
    whose = scope.where("p.id")
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {SCORE} (person_id, {VALUES}, changed_at) "
            f"SELECT p.id, 0, 0, 0, '', '{Temperature.COLD}', %s FROM {PERSON} p WHERE {whose.text} ORDER BY p.id "
            f"ON CONFLICT (person_id) DO UPDATE SET changed_at = {SCORE}.changed_at",
            [connection.ops.adapt_datetimefield_value(at), *whose.params],
        )


def changed(compilation: Compilation) -> Sql:
    """People whose score by the statement differs from the stored one, with what it was before."""
    scored = compilation.total()
    table = compilation.rules.table
    whose = compilation.scope.where("s.person_id")
    text = (
        f"WITH scored AS MATERIALIZED ({scored.text}), "
        f"warm AS (SELECT scored.*, {temperature(table, 'fit + behaviour')} AS temperature FROM scored) "
        f"SELECT warm.person_id AS person_id, warm.fit AS fit, warm.behaviour AS behaviour, "
        f"warm.fit + warm.behaviour AS total, warm.grade AS grade, warm.temperature AS temperature, "
        f"COALESCE(s.total, 0) AS total_before, COALESCE(s.temperature, '{Temperature.COLD}') AS temperature_before "
        f"FROM warm LEFT JOIN {SCORE} s ON s.person_id = warm.person_id AND {whose.text} "
        f"WHERE warm.fit <> COALESCE(s.fit, 0) OR warm.behaviour <> COALESCE(s.behaviour, 0) "
        f"OR warm.grade <> COALESCE(s.grade, '') OR warm.temperature <> COALESCE(s.temperature, '{Temperature.COLD}')"
    )
    return Sql(text, (*scored.params, *whose.params))


def temperature(table: ScoreTable, total: str) -> str:
    """The temperature of a total by the thresholds of `table`, as SQL (R14)."""
    return (
        f"CASE WHEN {total} >= {int(table.hot_from)} THEN '{Temperature.HOT}' "
        f"WHEN {total} >= {int(table.warm_from)} THEN '{Temperature.WARM}' ELSE '{Temperature.COLD}' END"
    )


def write_changes(compilation: Compilation, *, cause: str, change_id: int) -> list[tuple[Any, ...]] | int:
    """Record a change for everyone whose score differs; rows for a batch of named people, else how many.

    Rows are (person_id, fit, behaviour, total, grade, temperature, total_before, temperature_before). One id serves
    all: the key of a change is (person, id).
    """
    differing = changed(compilation)
    columns = f"person_id, {VALUES}, total_before, temperature_before"
    moment = connection.ops.adapt_datetimefield_value(compilation.at)
    named = compilation.scope.ids is not None
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {CHANGE} ({columns}, id, at, table_id, cause) "
            f"SELECT {columns}, %s, %s, %s, %s FROM ({differing.text}) d" + (f" RETURNING {columns}" if named else ""),
            [change_id, moment, compilation.rules.table.id, cause, *differing.params],
        )
        return list(cursor.fetchall()) if named else int(cursor.rowcount)


def write_scores(compilation: Compilation, *, change_id: int) -> None:
    """Bring the score rows to the changes just recorded under `change_id`, in the order of people."""
    whose = compilation.scope.where("person_id")
    assigned = ", ".join(f"{name} = excluded.{name}" for name in (*VALUES.split(", "), "changed_at"))
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {SCORE} (person_id, {VALUES}, changed_at) SELECT person_id, {VALUES}, at FROM {CHANGE} "
            f"WHERE {whose.text} AND id = %s ORDER BY person_id ON CONFLICT (person_id) DO UPDATE SET {assigned}",
            [*whose.params, change_id],
        )


def add_missing_scores(compilation: Compilation) -> None:
    """A score row for everyone in the range who has none, so that lists by warmth show all people."""
    whose = compilation.scope.where("p.id")
    moment = connection.ops.adapt_datetimefield_value(compilation.at)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {SCORE} (person_id, {VALUES}, changed_at) "
            f"SELECT p.id, 0, 0, 0, '', '{Temperature.COLD}', %s FROM {PERSON} p WHERE {whose.text} "
            f"AND NOT EXISTS (SELECT 1 FROM {SCORE} s WHERE s.person_id = p.id) ORDER BY p.id "
            f"ON CONFLICT (person_id) DO NOTHING",
            [moment, *whose.params],
        )


def range_size() -> int:
    """People per transaction when everybody is scored: long enough to be fast, short enough that nobody waits long.

    SQLite has one writer: a range is half a second of waiting for all others, where there are others.
    """
    if connection.vendor != "sqlite":
        return 50_000
    return 4_000 if others_wait() else 20_000


def last_of_range(*, after: int, size: int) -> int | None:
    """The id that ends the next range of `size` people after `after`; None when nobody is left."""
    ids = Person.objects.filter(id__gt=after).order_by("id").values_list("id", flat=True)
    return ids[size - 1 : size].first() or ids.order_by("-id").first()


def differing_people(compilation: Compilation) -> list[int]:
    """Ids of those whose stored score is not what the statement says, rising."""
    differing = changed(compilation)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT person_id FROM ({differing.text}) d ORDER BY person_id", differing.params)
        return [row[0] for row in cursor.fetchall()]
