"""Which of some people are in which kept segments: one statement, compiled once a day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import structlog
from django.db import connection
from django.db.models import BigIntegerField, QuerySet, Value
from django.db.models.expressions import RawSQL

from teplo.conditions import registry
from teplo.conditions.compiling import ask
from teplo.conditions.reading import ConditionError, read_json
from teplo.conditions.reusing import Statement, reuse
from teplo.conditions.vocabulary import Asking
from teplo.kit.arrays import as_array
from teplo.people.counting import who_counts
from teplo.people.models import Person, Segment, SegmentMember

log = structlog.get_logger(__name__)


def matching(kept: Sequence[Segment], *, person_ids: Sequence[int], at: datetime) -> set[tuple[int, int]]:
    """(person, segment) that hold now. A segment that cannot be asked any more keeps its members and is logged."""

    def build(people: Sequence[int], moment: datetime) -> Statement:
        asking = Asking(registry.people(), moment, among=people)
        parts = [_statement(_members(segment, people, asking)) for segment in kept]
        return " UNION ALL ".join(text for text, _ in parts), tuple(value for _, values in parts for value in values)

    key = ("segments", *((segment.pk, str(segment.condition)) for segment in kept))
    text, params = reuse(key=key, build=build, encode=_encoded, ids=person_ids, at=at)
    with connection.cursor() as cursor:
        cursor.execute(text, params)
        return {(person_id, segment_id) for person_id, segment_id in cursor.fetchall()}


def _members(segment: Segment, people: Sequence[int], asking: Asking) -> QuerySet[Any, Any]:
    try:
        condition = read_json(segment.condition, asking.vocabulary, of_known_values=False)
        rows = Person.objects.filter(ask(condition, asking) & who_counts(condition), pk__in=_among(people))
    except ConditionError as error:
        log.warning("segment_unreadable", segment=segment.pk, code=error.code)
        members = SegmentMember.objects.filter(segment=segment.pk, person__in=_among(people))
        return members.order_by().values_list("person_id", "segment_id")
    marked = rows.annotate(in_segment=Value(segment.pk, output_field=BigIntegerField()))
    return marked.order_by().values_list("pk", "in_segment")


def _among(people: Sequence[int]) -> RawSQL:
    """The ids as one parameter, so that the statement can be asked of others."""
    text = "SELECT value FROM json_each(%s)" if connection.vendor == "sqlite" else "SELECT unnest(%s::bigint[])"
    return RawSQL(text, [_encoded(people)])  # noqa: S611 - our own text


def _encoded(people: Sequence[int]) -> str:
    return f"[{','.join(map(str, people))}]" if connection.vendor == "sqlite" else as_array(people)


def _statement(rows: QuerySet[Any, Any]) -> Statement:
    text, params = rows.query.get_compiler(connection=connection).as_sql()
    return text, tuple(params)
