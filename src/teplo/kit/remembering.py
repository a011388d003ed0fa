"""Definitions (stages, activities, a score table …) read for every batch, but made into objects only when they differ.

Nothing is believed to be unchanged: the rows are read each time. What is spared is the making of the statement and of
objects out of rows, which take ten times as long as the reading.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.db import connection
from django.db.models import QuerySet

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Statement:
    text: str
    params: tuple[Any, ...]
    convert: Callable[[list[Any]], list[Any]]


class Remembered(Generic[T]):
    """`make` of the rows of a queryset that is the same each time: of models or `values_list`, without joined models.

    All threads get the same value, so it is not to be changed, and must not depend on who asks (his language).
    """

    def __init__(self, rows: Callable[[], QuerySet[Any, Any]], make: Callable[[list[Any]], T]) -> None:
        self._rows = rows
        self._make = make
        self._statements: dict[str, _Statement] = {}
        self._kept: tuple[list[Any], T] | None = None

    def __call__(self) -> T:
        statement = self._statements.get(connection.vendor)
        if statement is None:
            statement = self._statements[connection.vendor] = _compile(self._rows())
        with connection.cursor() as cursor:
            cursor.execute(statement.text, statement.params)
            found = list(cursor.fetchall())
        kept = self._kept
        if kept is None or kept[0] != found:
            kept = self._kept = (found, self._make(statement.convert(found)))
        return kept[1]


def _compile(rows: QuerySet[Any, Any]) -> _Statement:
    compiler = rows.query.get_compiler(connection=connection)
    text, params = compiler.as_sql()
    chosen = [expression for expression, _, _ in compiler.select]
    converters = compiler.get_converters(chosen)
    model = rows.model if rows._fields is None else None  # type: ignore[attr-defined]
    names = [expression.target.attname for expression in chosen] if model is not None else []

    def convert(found: list[Any]) -> list[Any]:
        converted = [tuple(row) for row in compiler.apply_converters(found, converters)]
        return [model.from_db(connection.alias, names, row) for row in converted] if model is not None else converted

    return _Statement(text, tuple(params), convert)
