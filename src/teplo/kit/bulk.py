"""Many rows in one statement: inserts and upserts from tuples, without a model instance per row.

Rows are sorted by key first: unsorted upserts of two workers deadlock (measured: 48,000 → 60 rows/s, LIMITS.md).
On PostgreSQL values travel as one array per column, so that a statement has as many parameters as columns and its
text never changes; on SQLite one prepared statement takes row after row, which costs a third less than a text of
thousands of holes.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from django.db import connections, models, router, transaction

from teplo.kit.arrays import as_array

Value = Any
Tuple = Sequence[Value]

_BATCH = 5000


def insert(
    model: type[models.Model], columns: Sequence[str], rows: Iterable[Tuple], *, ignore_known: bool = False
) -> int:
    """Insert `rows` (tuples in the order of `columns`, which are attribute names such as person_id).

    With `ignore_known` rows that break a unique constraint are left out. Answers how many were written.
    """
    return _write(model, columns, rows, " ON CONFLICT DO NOTHING" if ignore_known else "")


def upsert(
    model: type[models.Model],
    columns: Sequence[str],
    rows: Iterable[Tuple],
    *,
    key: Sequence[str],
    add: Sequence[str] = (),
    replace: Sequence[str] = (),
    keep_least: Sequence[str] = (),
    keep_greatest: Sequence[str] = (),
) -> int:
    """Insert `rows`, and where `key` is known: add to, replace, or keep the lesser or greater of the named columns.

    Within one call a key must stand once. Rows are sorted by `key`. Answers how many were written.
    """
    connection = connections[router.db_for_write(model)]
    quote = connection.ops.quote_name
    table = quote(model._meta.db_table)
    column = {name: quote(str(_field(model, name).column)) for name in columns}
    changes = [f"{column[n]} = {table}.{column[n]} + excluded.{column[n]}" for n in add]
    changes += [f"{column[n]} = excluded.{column[n]}" for n in replace]
    changes += [keep_least_of(connection.vendor, table, column[n]) for n in keep_least]
    changes += [keep_greatest_of(connection.vendor, table, column[n]) for n in keep_greatest]
    action = f"DO UPDATE SET {', '.join(changes)}" if changes else "DO NOTHING"
    places = [columns.index(name) for name in key]
    ordered = sorted(rows, key=lambda row: tuple(row[place] for place in places))
    return _write(model, columns, ordered, f" ON CONFLICT ({', '.join(column[n] for n in key)}) {action}")


def latest_with(vendor: str, moment: str, moments: str) -> str:
    """The later of a moment and of the last in a JSON list of moments, which may be missing."""
    if vendor == "sqlite":  # a list has them as ISO texts of UTC, a column without T and offset
        last = f"replace(replace(json_extract({moments}, '$[#-1]'), 'T', ' '), '+00:00', '')"
        return f"max({moment}, coalesce({last}, {moment}))"
    return f"greatest({moment}, ({moments} ->> -1)::timestamptz)"


def keep_least_of(vendor: str, table: str, column: str) -> str:
    """For DO UPDATE SET: the lesser of the two, or the one that is known (MIN of SQLite forgets both)."""
    return _keep("MIN" if vendor == "sqlite" else "LEAST", table, column)


def keep_greatest_of(vendor: str, table: str, column: str) -> str:
    """Like `keep_least_of`, the greater."""
    return _keep("MAX" if vendor == "sqlite" else "GREATEST", table, column)


def _keep(function: str, table: str, column: str) -> str:
    mine, new = f"{table}.{column}", f"excluded.{column}"
    return f"{column} = {function}(COALESCE({mine}, {new}), COALESCE({new}, {mine}))"


def _write(model: type[models.Model], columns: Sequence[str], rows: Iterable[Tuple], tail: str) -> int:
    connection = connections[router.db_for_write(model)]
    quote = connection.ops.quote_name
    fields = [_field(model, name) for name in columns]
    into = f"INSERT INTO {quote(model._meta.db_table)} ({', '.join(quote(str(f.column)) for f in fields)})"
    written = 0
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            holes = ", ".join(f"%s::{_array_type(f, connection)}[]" for f in fields)
            statement = f"{into} SELECT * FROM unnest({holes}){tail}"  # noqa: S608 - names of columns only
            for batch in _batches(rows, _BATCH):
                arrays = [
                    as_array(values if prepare is _as_is else [prepare(v) for v in values])
                    for prepare, values in zip(_preparers(fields, "postgresql"), zip(*batch, strict=True), strict=True)
                ]
                cursor.execute(statement, arrays)
                written += cursor.rowcount
        else:
            preparers = _preparers(fields, connection.vendor)
            statement = f"{into} VALUES ({', '.join(['%s'] * len(fields))}){tail}"
            # all or nothing, as one statement would be
            with transaction.atomic(using=connection.alias, savepoint=False):
                for batch in _batches(rows, _BATCH):
                    prepared = [
                        values if prepare is _as_is else _prepared(prepare, values)
                        for prepare, values in zip(preparers, zip(*batch, strict=True), strict=True)
                    ]
                    cursor.executemany(statement, list(zip(*prepared, strict=True)))
                    written += cursor.rowcount
    return written


def _prepared(prepare: Callable[[Value], Value], values: Sequence[Value]) -> Iterable[Value]:
    """All values of a column; a moment that stands in row after row is written out once."""
    if prepare is not _as_sqlite_moment:
        return map(prepare, values)
    written = {id(value): value for value in values}
    texts = {place: prepare(value) for place, value in written.items()}
    return [texts[id(value)] for value in values]


def _batches(rows: Iterable[Tuple], size: int) -> Iterator[list[Tuple]]:
    left = iter(rows)
    while batch := list(islice(left, size)):
        yield batch


def _field(model: type[models.Model], name: str) -> models.Field[Any, Any]:
    for field in model._meta.concrete_fields:
        if name in (field.attname, field.name):
            return field
    raise LookupError(f"{model.__name__} has no column {name}")


def _array_type(field: models.Field[Any, Any], connection: Any) -> str:
    kind = field.db_type(connection) or "text"
    return "text" if kind.startswith("varchar") else kind


def _preparers(fields: Sequence[models.Field[Any, Any]], vendor: str) -> list[Callable[[Value], Value]]:
    return [_preparer(_target(field), vendor) for field in fields]


def _target(field: models.Field[Any, Any]) -> models.Field[Any, Any]:
    return field.target_field if isinstance(field, models.ForeignKey) else field


def _preparer(field: models.Field[Any, Any], vendor: str) -> Callable[[Value], Value]:
    if isinstance(field, models.JSONField):
        return _as_json
    if vendor == "sqlite":
        if isinstance(field, models.DateTimeField):
            return _as_sqlite_moment
        if isinstance(field, models.DateField | models.TimeField | models.DecimalField):
            return _as_text
    return _as_is


def _as_is(value: Value) -> Value:
    return value


def _as_json(value: Value) -> Value:
    # Escaped as Django escapes it: SQLite compares the keys of JSON as they are written.
    return "{}" if value == {} else json.dumps(value)


def _as_text(value: Value) -> Value:
    return None if value is None else str(value)


def _as_sqlite_moment(value: datetime | None) -> Value:
    """As Django stores it, so that comparisons as text are right: UTC, no offset."""
    return None if value is None else str(value.astimezone(UTC).replace(tzinfo=None))
