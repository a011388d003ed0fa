from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection, models

from teplo.kit.arrays import as_array


class _Choice(models.TextChoices):
    ONE = 'o"ne'


CASES: list[tuple[str, list[Any]]] = [
    ("bigint", [1, None, -(2**62)]),
    ("text", ["", None, 'a"b', "a\\b", "{,}", " NULL ", "null", "строка\nещё", "'%s'", 'a\\"b']),
    ("text", ["только", "тексты"]),
    ("double precision", [1.5, None, 1e-9, 3]),
    ("numeric", [Decimal("1.10"), None]),
    ("boolean", [True, None, False]),
    ("timestamptz", [datetime(2026, 1, 2, 3, 4, 5, 678, tzinfo=UTC), None]),
    ("date", [date(2026, 1, 2), None]),
    ("bytea", [b'\x00\xff\\"', None, b""]),
    ("text", [_Choice.ONE]),
    ("bigint", []),
]


def test_whole_numbers_and_missing_values_are_written_plainly() -> None:
    assert as_array([1, None]) == "{1,NULL}"
    assert as_array([]) == "{}"


@pytest.mark.django_db
@pytest.mark.parametrize(("kind", "values"), CASES)
def test_a_literal_comes_back_as_what_it_was(kind: str, values: list[Any]) -> None:
    if connection.vendor != "postgresql":
        pytest.skip("array literals are PostgreSQL's")
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT unnest(%s::{kind}[])", [as_array(values)])
        found = [bytes(row[0]) if isinstance(row[0], memoryview) else row[0] for row in cursor.fetchall()]
    assert found == [str(value) if isinstance(value, _Choice) else value for value in values]
