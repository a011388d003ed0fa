"""Counting deeds: one statement over the new events of a batch, and the same over the journal (R8).

Each active activity's condition compiles to a SELECT over event-shaped rows; joined by UNION ALL they are one
statement, whatever the number of people and events. What machines do never counts, unless a condition speaks of who
acted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

import structlog
from django.core.exceptions import EmptyResultSet, FullResultSet
from django.db import connection
from django.db.models import Count, Max, Min, Q, QuerySet
from django.db.models.functions import TruncDate

from teplo.conditions import registry
from teplo.conditions.compiling import to_q
from teplo.conditions.reading import ConditionError, read_json
from teplo.tracking import queries
from teplo.tracking.models import Activity, BatchEvent, Event, EventLabel

log = structlog.get_logger(__name__)


class Deed(NamedTuple):
    """A person did an activity (once or more on a day), the last time at `at`."""

    person_id: int
    activity_id: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Counting:
    """The SELECT of one activity: person, day, count, first, last; empty when nothing can match."""

    activity_id: int
    sql: str
    parameters: tuple[Any, ...]


def tally_batch() -> list[Deed]:
    """Count the batch table into the tallies; answers who did what. Two statements."""
    countings = [counting for activity in _active() if (counting := _over_batch(*activity)).sql]
    if not countings:
        return []
    return [Deed(*row) for row in queries.add_tallies(countings)]


def recount(activity: Activity, *, first: int, last: int) -> int:
    """Count the journal of people from `first` to `last` anew, in the caller's transaction; answers the tallies.

    The caller holds these people's presence, so that no batch counts them meanwhile.
    """
    events = Event.objects.filter(person_id__gte=first, person_id__lte=last)
    counting = _compile(activity.pk, activity.condition, events.annotate(day=TruncDate("at", tzinfo=registry.zone())))
    return queries.replace_tallies(counting, activity_id=activity.pk, first=first, last=last)


def _active() -> list[tuple[int, str, str]]:
    """Id, condition and zone: all that a compiled SELECT follows from. Read anew for every batch, so that an activity
    changed a moment ago is counted as it is now (see backfilling)."""
    zone = str(registry.zone())
    rows = Activity.objects.filter(is_active=True).order_by("id").values_list("id", "condition")
    return [(pk, queries.as_text(condition), zone) for pk, condition in rows]


@lru_cache(maxsize=1000)
def _over_batch(activity_id: int, condition: str, _zone: str) -> Counting:
    return _compile(activity_id, queries.from_text(condition), BatchEvent.objects.all())


def _compile(activity_id: int, condition: Any, events: QuerySet[Any]) -> Counting:
    try:
        matching = events.filter(events_q(condition))
        grouped = (
            matching.order_by().values("person_id", "day").annotate(count=Count("id"), first=Min("at"), last=Max("at"))
        )
        sql, parameters = grouped.query.get_compiler(connection=connection).as_sql()
    except (EmptyResultSet, FullResultSet):
        return Counting(activity_id, "", ())
    except ConditionError as error:
        log.error("activity_unreadable", activity=activity_id, error=error.code)
        return Counting(activity_id, "", ())
    return Counting(activity_id, sql, tuple(parameters))


def events_q(condition: Any) -> Q:
    """The Q of an activity's condition over event-shaped rows; raises ConditionError."""
    vocabulary = registry.events()
    q = to_q(read_json(condition, vocabulary), vocabulary)
    return q if _speaks_of_label(condition) else q & Q(label=EventLabel.HUMAN)


def _speaks_of_label(condition: Any) -> bool:
    if isinstance(condition, dict):
        return condition.get("field") == "label" or any(map(_speaks_of_label, condition.values()))
    return isinstance(condition, Sequence) and not isinstance(condition, str) and any(map(_speaks_of_label, condition))
