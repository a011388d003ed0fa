"""Counting people a condition holds for, with a time limit: exactly when there is time, else from a sample, said so."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from math import floor, log10

from django.db import OperationalError, connection, transaction
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Mod

from teplo.conditions.compiling import to_q
from teplo.conditions.condition import Condition, mentions
from teplo.conditions.vocabulary import Vocabulary
from teplo.people.models import Person

SAMPLE = 4000
"""How many people are asked for an estimate: at 10 % of them the error is about ±1 %."""
SPREAD = 1009
"""Ids modulo this prime are evenly spread, whenever the people came."""
_STEPS = 20_000  # virtual-machine steps between two looks at the clock, about a millisecond


class OutOfTime(Exception):
    """The question took longer than was allowed."""


@dataclass(frozen=True, slots=True)
class Count:
    """How many people; an estimate has two significant digits."""

    people: int
    is_estimate: bool = False


def people_with(condition: Condition, vocabulary: Vocabulary, *, among: list[int] | None = None) -> QuerySet[Person]:
    """The people a condition holds for: never erased ones, and strangers only if the condition speaks of them."""
    people = Person.objects.filter(to_q(condition, vocabulary, among=among) & who_counts(condition))
    return people if among is None else people.filter(pk__in=among)


def who_counts(condition: Condition) -> Q:
    """Never the erased; strangers only if the condition speaks of them."""
    return Q(erased_at=None) if mentions(condition, "anonymous") else Q(erased_at=None, is_anonymous=False)


def count_people(condition: Condition, vocabulary: Vocabulary, *, limit: timedelta | None = None) -> Count | None:
    """How many, exactly if `limit` allows, else estimated within the same time again; None when not even that."""
    people = people_with(condition, vocabulary)
    if limit is None:
        return Count(people.count())
    try:
        with at_most(limit):
            return Count(people.count())
    except OutOfTime:
        return _estimate(condition, vocabulary, limit)


def _estimate(condition: Condition, vocabulary: Vocabulary, limit: timedelta) -> Count | None:
    try:
        with at_most(limit):
            everybody = Person.objects.count()
            sample = list(_sample(everybody))
            found = people_with(condition, vocabulary, among=sample).count()
    except OutOfTime:
        return None
    return Count(_rounded(found * everybody / max(len(sample), 1)), is_estimate=True)


def _sample(everybody: int) -> QuerySet[Person, int]:
    """Ids of about SAMPLE people, the same ones each time, so that an estimate does not flicker."""
    wanted = max(1, round(SAMPLE / max(everybody, 1) * SPREAD))
    return Person.objects.annotate(place=Mod(F("pk"), SPREAD)).filter(place__lt=wanted).values_list("pk", flat=True)


def _rounded(number: float) -> int:
    if number < 100:
        return round(number)
    digits = floor(log10(number)) - 1
    return int(round(number / 10**digits) * 10**digits)


@contextmanager
def at_most(limit: timedelta) -> Iterator[None]:
    """Let the queries inside run so long, then raise OutOfTime; the database stops working on them."""
    if connection.vendor == "postgresql":
        with _postgresql_limit(limit):
            yield
    else:
        with _sqlite_limit(limit):
            yield


@contextmanager
def _postgresql_limit(limit: timedelta) -> Iterator[None]:
    """Also with room for the groups of a million people: with the usual 4 MB they would be written to disk."""
    milliseconds = max(1, int(limit.total_seconds() * 1000))
    try:
        with transaction.atomic():
            before = _local_setting("statement_timeout", str(milliseconds))
            memory = _local_setting("work_mem", "64MB")
            yield
            _local_setting("statement_timeout", before)  # an outer transaction goes on without the limit
            _local_setting("work_mem", memory)
    except OperationalError as error:
        if getattr(error.__cause__, "sqlstate", "") == "57014":
            raise OutOfTime from error
        raise


def _local_setting(name: str, value: str) -> str:
    """Set it for this transaction; answers what it was."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting(%s)", [name])
        before: str = cursor.fetchone()[0]
        cursor.execute("SELECT set_config(%s, %s, true)", [name, value])
    return before


@contextmanager
def _sqlite_limit(limit: timedelta) -> Iterator[None]:
    connection.ensure_connection()
    raw = connection.connection
    until = time.monotonic() + limit.total_seconds()
    raw.set_progress_handler(lambda: time.monotonic() > until, _STEPS)
    try:
        yield
    except OperationalError as error:
        if "interrupted" in str(error):
            raise OutOfTime from error
        raise
    finally:
        raw.set_progress_handler(None, 0)
