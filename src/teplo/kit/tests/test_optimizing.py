"""SQLite looks at its large tables now and then; PostgreSQL is left alone."""

from __future__ import annotations

import pytest
from django.db import connection, transaction

from teplo.kit.hurrying import not_waiting_for_the_disk
from teplo.kit.sqlite.optimizing import WORTH_KNOWING, optimize
from teplo.people.models import Company, Person

pytestmark = pytest.mark.django_db


def test_large_tables_are_known_and_small_ones_are_not_taken_for_small_for_ever() -> None:
    Person.objects.bulk_create([Person(first_name=str(number)) for number in range(WORTH_KNOWING + 500)])
    Company.objects.create(name="One")
    optimize()
    if connection.vendor != "sqlite":
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT tbl, MAX(CAST(stat AS INTEGER)) FROM sqlite_stat1 GROUP BY tbl")
        known = dict(cursor.fetchall())
    assert known[Person._meta.db_table] >= WORTH_KNOWING  # estimated
    assert Company._meta.db_table not in known


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_hurried_work_does_not_wait_for_the_disk_and_everything_after_it_does() -> None:
    asked = "PRAGMA synchronous" if connection.vendor == "sqlite" else "SHOW synchronous_commit"

    def answer() -> object:
        with connection.cursor() as cursor:
            cursor.execute(asked)
            return cursor.fetchone()[0]

    usual = answer()  # a server made for tests may be hasty by itself
    assert usual == 2 or connection.vendor == "postgresql"
    with pytest.raises(ZeroDivisionError), not_waiting_for_the_disk():
        assert answer() in (1, "off")
        raise ZeroDivisionError
    assert answer() == usual
    with transaction.atomic(), not_waiting_for_the_disk():
        assert answer() == usual
