"""Text compared without regard to case, and with ё as е, in the same way on SQLite and PostgreSQL.

SQLite's LIKE and lower() know ASCII only, so it is taught a function of ours. PostgreSQL's lower() follows the locale
of the database, which is right nearly everywhere; where it is "C", the ICU collation stands in (four times slower).
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Func, TextField
from django.db.models.sql.compiler import SQLCompiler

from teplo.kit.sqlite.functions import teach

_knows_cyrillic: dict[str, bool] = {}


def fold(text: str) -> str:
    """What the database makes of a text before comparing it."""
    return text.lower().replace("ё", "е")


class Fold(Func):
    """`fold` in the database; NULL stays NULL.

    `wanted` are the folded texts it will be compared with: where none has an «е», whether ё became е cannot matter, and
    PostgreSQL is spared that half of the work.
    """

    arity = 1
    output_field = TextField()

    def __init__(self, value: Any, *, wanted: Iterable[str]) -> None:
        super().__init__(value)
        self.minds_yo = any("е" in text for text in wanted)

    def as_sqlite(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **extra: Any) -> Any:
        return self.as_sql(compiler, connection, function="teplo_fold", **extra)

    def as_postgresql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **extra: Any) -> Any:
        collation = "" if _lowers_cyrillic(connection) else ' COLLATE "und-x-icu"'
        lower = f"lower(%(expressions)s{collation})"
        template = f"replace({lower}, 'ё', 'е')" if self.minds_yo else lower
        return self.as_sql(compiler, connection, template=template, **extra)


def folded(expression: str) -> str:
    """`fold` for hand-written SQL."""
    if connection.vendor != "postgresql":
        return f"teplo_fold({expression})"
    collation = "" if _lowers_cyrillic(connection) else ' COLLATE "und-x-icu"'
    return f"replace(lower({expression}{collation}), 'ё', 'е')"


def _lowers_cyrillic(connection: Any) -> bool:
    """Whether lower() of this database knows more than ASCII; asked once per database."""
    name = f"{connection.settings_dict.get('HOST')}/{connection.settings_dict['NAME']}"
    if name not in _knows_cyrillic:
        with connection.cursor() as cursor:
            cursor.execute("SELECT lower('Ж') = 'ж'")
            _knows_cyrillic[name] = cursor.fetchone()[0]
    return _knows_cyrillic[name]


@lru_cache(maxsize=50_000, typed=True)
def _fold_nullable(value: Any) -> str | None:
    """The same cities and pages come again and again, and SQLite calls this for each row."""
    return None if value is None else fold(str(value))


teach("teplo_fold", 1, _fold_nullable)
