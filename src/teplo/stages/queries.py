"""Reads and writes over whole batches of people at stages: a constant number of statements, however many people."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from django.db import connection
from django.db.models import BooleanField, Case, Exists, F, IntegerField, OuterRef, Q, QuerySet, Value, When
from django.db.models.expressions import RawSQL

from teplo.kit.arrays import as_array
from teplo.people.models import Person
from teplo.people.queries import as_table, execute
from teplo.stages.models import Stage, StageMove, Standing
from teplo.tracking.models import Tally

STANDING = Standing._meta.db_table
_MOVE = StageMove._meta.db_table
_ROWS = 5000


def among(person_ids: Sequence[int]) -> QuerySet[Person]:
    """These people as a queryset; the ids travel as one parameter."""
    text = "SELECT value FROM json_each(%s)" if connection.vendor == "sqlite" else "SELECT unnest(%s::bigint[])"
    return Person.objects.filter(id__in=RawSQL(text, [encoded(person_ids)]))  # noqa: S611 - our own text


def encoded(person_ids: Sequence[int]) -> Any:
    """Ids as the one parameter that `among` passes."""
    if connection.vendor == "sqlite":
        return "[" + ",".join(str(int(one)) for one in person_ids) + "]"
    return as_array(person_ids)


def as_statement(rows: QuerySet[Any, Any]) -> tuple[str, tuple[Any, ...]]:
    """The SQL of a query with its parameters, to be asked again of others."""
    text, params = rows.query.get_compiler(connection=connection).as_sql()
    return text, tuple(params)


def rows_of(statement: tuple[str, tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """What the statement answers."""
    with connection.cursor() as cursor:
        cursor.execute(*statement)
        return list(cursor.fetchall())


def whether_signs_hold(
    people: QuerySet[Person],
    *,
    signs: Sequence[tuple[int, Q]],
    ladder: Sequence[tuple[int, Q]],
    awake_from: Iterable[int],
) -> QuerySet[Person]:
    """Each person with where he stands and what his signs say, ordered by id.

    `ladder` holds (rank, sign) of the steps, `signs` (rank, sign) of the places beside; the highest rank that holds is
    `furthest` (0: none) and the lowest of `signs` is `beside` (-1: none). `is_awake`: he stands beside, at one of the
    stages `awake_from`, and has done something since he came there.
    """
    down = sorted(ladder, key=lambda pair: -pair[0])
    deeds_since = Tally.objects.filter(person=OuterRef("pk"), last_at__gt=OuterRef("standing__since"))
    asleep = list(awake_from)
    awake = (
        Case(When(Q(standing__stage_id__in=asleep), then=Exists(deeds_since)), default=Value(False))
        if asleep
        else Value(False, output_field=BooleanField())
    )
    return people.annotate(
        furthest=_first_of(down, default=0),
        beside=_first_of(signs, default=-1),
        is_awake=awake,
        stage_now=F("standing__stage_id"),
        since=F("standing__since"),
        pinned_by=F("standing__pinned_by"),
    ).order_by("id")


def _first_of(pairs: Sequence[tuple[int, Q]], *, default: int) -> Case:
    cases = [When(sign, then=Value(rank)) for rank, sign in pairs]
    return Case(*cases, default=Value(default), output_field=IntegerField())


def read_moment(at: datetime | str | None) -> datetime | None:
    """A moment as the engine answers it to hand-written SQL: SQLite gives text in UTC."""
    if at is None:
        return None
    moment = datetime.fromisoformat(at) if isinstance(at, str) else at
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def repair_moves(moves: Sequence[tuple[int, int, int | None, list[str] | None]]) -> int:
    """(person, move, stage, again): these moves begin at another stage, or were made once more."""
    if not moves:
        return 0
    kinds = {"person": "bigint", "id": "bigint", "stage": "bigint", "again": "text"}
    rows = [(person, move, stage, json.dumps(again)) for person, move, stage, again in sorted(moves)]
    table, values = as_table("r", kinds, rows)
    cast = "::jsonb" if connection.vendor == "postgresql" else ""
    return execute(
        f"UPDATE {_MOVE} SET from_stage_id = r.stage, again = r.again{cast} FROM {table} "  # noqa: S608 - our own names
        f"WHERE {_MOVE}.person_id = r.person AND {_MOVE}.id = r.id",
        values,
    )


def stand_since(rows: Sequence[tuple[int, datetime]]) -> int:
    """(person, moment): since when they stand where they stand."""
    if not rows:
        return 0
    said = [(person, connection.ops.adapt_datetimefield_value(at)) for person, at in sorted(rows)]
    table, values = as_table("r", {"person": "bigint", "since": "timestamptz"}, said)
    return execute(
        f"UPDATE {STANDING} SET since = r.since FROM {table} WHERE {STANDING}.person_id = r.person",  # noqa: S608
        values,
    )


def put(
    *, from_stage: Stage | None, to_stage: Stage, person_ids: Sequence[int], at: datetime, even_if_pinned: bool = False,
    pin_by: int | None = None,
) -> list[int]:  # fmt: skip
    """Let these people (sorted) stand at `to_stage`, if they still stand at `from_stage`; answers whom it moved.

    The row is changed only while it is as it was read, so of two movers the second does nothing.
    """
    moved: list[int] = []
    ordered = sorted(person_ids)
    for start in range(0, len(ordered), _ROWS):
        moved += _put_part(ordered[start : start + _ROWS], from_stage, to_stage, at, even_if_pinned, pin_by)
    return moved


def _put_part(
    person_ids: Sequence[int],
    from_stage: Stage | None,
    to_stage: Stage,
    at: datetime,
    even_if_pinned: bool,
    pin_by: int | None,
) -> list[int]:
    since = connection.ops.adapt_datetimefield_value(at)
    if connection.vendor == "postgresql":
        source = "SELECT person_id, %s, %s, %s::bigint FROM unnest(%s::bigint[]) AS p(person_id)"
        params: list[Any] = [to_stage.id, since, pin_by, as_array(person_ids)]
    else:
        source = f"VALUES {', '.join(['(%s, %s, %s, %s)'] * len(person_ids))}"
        params = [value for person_id in person_ids for value in (person_id, to_stage.id, since, pin_by)]
    if from_stage is None:
        conflict = "DO NOTHING"
    else:
        free = "" if even_if_pinned else f" AND {STANDING}.pinned_by IS NULL"
        conflict = (
            "DO UPDATE SET stage_id = excluded.stage_id, since = excluded.since, pinned_by = excluded.pinned_by "
            f"WHERE {STANDING}.stage_id = %s{free}"
        )
        params.append(from_stage.id)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {STANDING} (person_id, stage_id, since, pinned_by) {source} "  # noqa: S608
            f"ON CONFLICT (person_id) {conflict} RETURNING person_id",
            params,
        )
        return [row[0] for row in cursor.fetchall()]
