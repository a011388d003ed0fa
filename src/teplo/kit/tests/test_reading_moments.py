"""Moments read fast are the moments Django reads."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.db import connection

from teplo.kit.reading import read_moments_fast

pytestmark = pytest.mark.django_db


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite stores moments as texts")
def test_moments_are_aware_and_the_same() -> None:
    moment = datetime(2026, 3, 1, 10, 30, 15, 250_000, tzinfo=UTC)
    with connection.cursor() as cursor:
        read_moments_fast(cursor)
        cursor.execute("SELECT %s::timestamptz, NULL::timestamptz", [moment])
        assert cursor.fetchone() == (moment, None)
    with connection.cursor() as cursor:
        cursor.execute("SELECT %s::timestamptz", [moment])
        assert cursor.fetchone() == (moment,)


def test_nothing_is_wrong_with_it_anywhere() -> None:
    with connection.cursor() as cursor:
        read_moments_fast(cursor)
        cursor.execute("SELECT 1")
        assert cursor.fetchone() == (1,)
