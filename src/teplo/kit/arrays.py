"""Values as one PostgreSQL array literal: psycopg quotes each element in Python, at nine times the cost of this."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any


def as_array(values: Sequence[Any]) -> str:
    """`{1,NULL,"text"}`, to be cast in the statement: `%s::bigint[]`. Texts must hold no NUL."""
    kinds = set(map(type, values))
    if kinds == {int}:
        return f"{{{','.join(map(str, values))}}}"
    if kinds == {str}:
        return f"{{{','.join([_text(value) for value in values])}}}"
    return f"{{{','.join(['NULL' if value is None else _WRITERS[type(value)](value) for value in values])}}}"


def _text(value: str) -> str:
    if "\\" in value:
        value = value.replace("\\", "\\\\")
    if '"' in value:
        value = value.replace('"', '\\"')
    return f'"{value}"'


def _plain(value: int | float | Decimal) -> str:
    return str(value)


def _moment(value: datetime | date | time) -> str:
    return f'"{value.isoformat()}"'


def _bytes(value: bytes | bytearray | memoryview) -> str:
    return f'"\\\\x{bytes(value).hex()}"'


def _flag(value: bool) -> str:
    return "t" if value else "f"


class _Writers(dict[type, Callable[[Any], str]]):
    def __missing__(self, kind: type) -> Callable[[Any], str]:
        """A subclass (a choice of TextChoices, a lazy text) is written as what it is a kind of."""
        for known in (bool, int, float, datetime, date):
            if issubclass(kind, known):
                return self.setdefault(kind, self[known])
        return self.setdefault(kind, lambda value: _text(str(value)))


_WRITERS = _Writers(
    {
        str: _text, int: _plain, float: _plain, Decimal: _plain, bool: _flag, datetime: _moment, date: _moment,
        time: _moment, bytes: _bytes, bytearray: _bytes, memoryview: _bytes,
    }
)  # fmt: skip
