"""A value inside a JSON column, typed: NULL when it is missing, JSON null or of another type.

So a number compares as a number and "12" never equals 12, on either engine, and a value that does not fit its
definition (whose type was changed later) is as if it were missing rather than an error in the middle of a query.
"""

from __future__ import annotations

import json
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import BigIntegerField, BooleanField, F, Field, FloatField, Func, TextField
from django.db.models.expressions import BaseExpression
from django.db.models.sql.compiler import SQLCompiler

Compiled = tuple[str, list[Any]]


class JsonValue(Func):
    """Base: `source` is a JSON column or subquery, `key` the member wanted; None: the source itself."""

    arity = 1
    sqlite = ""
    postgresql = ""

    def __init__(self, source: str | BaseExpression, key: str | None = None, **extra: Any) -> None:
        super().__init__(F(source) if isinstance(source, str) else source, **extra)
        self.key = key

    def as_sqlite(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **_: Any) -> Any:
        source, params = self._source(compiler)
        path, path_params = _sqlite_path(self.key, source, params)
        count = self.sqlite.count("{v}")
        return self.sqlite.replace("{v}", f"{source}, {path}"), [*params, *path_params] * count

    def as_postgresql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **_: Any) -> Any:
        source, params = self._source(compiler)
        if self.key is not None:
            source, params = f"({source} -> %s)", [*params, self.key]
        return self.postgresql.replace("{v}", source), params * self.postgresql.count("{v}")

    def _source(self, compiler: SQLCompiler) -> Compiled:
        sql, params = compiler.compile(self.source_expressions[0])
        return sql, list(params)


def _sqlite_path(key: str | None, source: str, params: list[Any]) -> Compiled:
    """The path of a member. SQLite before 3.45 compares keys as written in the JSON, where letters beyond ASCII
    are mostly, but not always, escaped: both ways of writing are tried."""
    if key is None:
        return "'$'", []
    plain = f'$."{key.replace(chr(34), "")}"'
    if key.isascii():
        return "%s", [plain]
    escaped = f'$."{json.dumps(key.replace(chr(34), ""))[1:-1]}"'
    return f"CASE WHEN json_type({source}, %s) IS NULL THEN %s ELSE %s END", [*params, escaped, plain, escaped]


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

    def __init__(self, source: str | BaseExpression, key: str | None, item: str) -> None:
        super().__init__(source, key)
        self.item = item

    def as_sqlite(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **_: Any) -> Any:
        self.sqlite = "EXISTS (SELECT 1 FROM json_each({v}) entry WHERE entry.value = %s)"
        sql, params = super().as_sqlite(compiler, connection)
        return sql, [*params, self.item]

    def as_postgresql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **_: Any) -> Any:
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
