"""A value inside a JSON column, typed: NULL when it is missing, JSON null or of another type.

So a number compares as a number and "12" never equals 12, on either engine, and a value that does not fit its
definition (whose type was changed later) is as if it were missing rather than an error in the middle of a query.
"""

from __future__ import annotations

from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import BigIntegerField, BooleanField, Expression, F, Field, FloatField, Func, TextField
from django.db.models.sql.compiler import SQLCompiler

Compiled = tuple[str, list[Any]]


class JsonValue(Func):
    """Base: `source` is a JSON column or subquery, `key` the member wanted; None: the source itself."""

    arity = 1
    sqlite = ""
    postgresql = ""

    def __init__(self, source: str | Expression, key: str | None = None, **extra: Any) -> None:
        super().__init__(F(source) if isinstance(source, str) else source, **extra)
        self.key = key

    def as_sqlite(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **_: Any) -> Compiled:
        source, params = self._source(compiler)
        path = "$" if self.key is None else f'$."{self.key.replace(chr(34), "")}"'
        sql, asked = _fill(self.sqlite, source, params, path)
        return sql, asked

    def as_postgresql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **_: Any) -> Compiled:
        source, params = self._source(compiler)
        if self.key is not None:
            source, params = f"({source} -> %s)", [*params, self.key]
        return self.postgresql.replace("{v}", source), params * self.postgresql.count("{v}")

    def _source(self, compiler: SQLCompiler) -> Compiled:
        sql, params = compiler.compile(self.source_expressions[0])
        return sql, list(params)


def _fill(template: str, source: str, params: list[Any], path: str) -> Compiled:
    """Every {v} becomes `source, path` with its parameters in order."""
    count = template.count("{v}")
    return template.replace("{v}", f"{source}, %s"), [*params, path] * count


class JsonText(JsonValue):
    output_field: Field[Any, Any] = TextField()
    sqlite = "CASE WHEN json_type({v}) = 'text' THEN json_extract({v}) END"
    postgresql = "CASE WHEN jsonb_typeof({v}) = 'string' THEN {v} #>> '{}' END"


class JsonNumber(JsonValue):
    output_field: Field[Any, Any] = FloatField()
    sqlite = "CASE WHEN json_type({v}) IN ('integer', 'real') THEN json_extract({v}) END"
    postgresql = "CASE WHEN jsonb_typeof({v}) = 'number' THEN ({v} #>> '{}')::numeric END"


class JsonId(JsonNumber):
    """A whole number exactly, as ids need it."""

    output_field: Field[Any, Any] = BigIntegerField()
    postgresql = "CASE WHEN jsonb_typeof({v}) = 'number' THEN ({v} #>> '{}')::bigint END"


class JsonBoolean(JsonValue):
    output_field: Field[Any, Any] = BooleanField()
    sqlite = "CASE json_type({v}) WHEN 'true' THEN 1 WHEN 'false' THEN 0 END"
    postgresql = "CASE WHEN jsonb_typeof({v}) = 'boolean' THEN ({v} #>> '{}')::boolean END"


class JsonDate(JsonValue):
    """An ISO date as text, ordered by bytes; what does not look like a date is missing."""

    output_field: Field[Any, Any] = TextField()
    sqlite = (
        "CASE WHEN json_type({v}) = 'text' AND json_extract({v}) GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]*' "
        "THEN substr(json_extract({v}), 1, 10) END"
    )
    postgresql = (
        "(CASE WHEN jsonb_typeof({v}) = 'string' AND {v} #>> '{}' ~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}' "
        "THEN substr({v} #>> '{}', 1, 10) END COLLATE \"C\")"
    )


class JsonHas(JsonValue):
    """Whether a JSON list holds a text; a single text counts as a list of one. True or false, never NULL."""

    output_field: Field[Any, Any] = BooleanField()

    def __init__(self, source: str | Expression, key: str | None, item: str) -> None:
        super().__init__(source, key)
        self.item = item

    def as_sqlite(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **_: Any) -> Compiled:
        self.sqlite = "EXISTS (SELECT 1 FROM json_each({v}) entry WHERE entry.value = %s)"
        sql, params = super().as_sqlite(compiler, connection)
        return sql, [*params, self.item]

    def as_postgresql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **_: Any) -> Compiled:
        self.postgresql = "COALESCE({v} @> to_jsonb(%s::text), false)"
        sql, params = super().as_postgresql(compiler, connection)
        return sql, [*params, self.item]


class JsonFilled(JsonValue):
    """Whether there is anything: not missing, null, empty text or empty list. True or false, never NULL."""

    output_field: Field[Any, Any] = BooleanField()
    sqlite = (
        "(COALESCE(json_type({v}), 'null') <> 'null' AND COALESCE(json_extract({v}), '') <> '' "
        "AND COALESCE(json_extract({v}), '') <> '[]')"
    )
    postgresql = "COALESCE({v} NOT IN ('null'::jsonb, '\"\"'::jsonb, '[]'::jsonb), false)"
