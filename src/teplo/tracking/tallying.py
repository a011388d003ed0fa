"""Counting deeds: one statement over the new events of a batch, and the same over the journal (R8).

Each active activity's condition compiles to a SELECT over event-shaped rows; joined by UNION ALL they are one
statement, whatever the number of people and events. What machines do never counts, unless a condition speaks of who
acted.
"""

from __future__ import annotations

from collections.abc import Sequence, Set
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
from teplo.kit.remembering import Remembered
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
    """The SELECT of one activity: person, day, count, first, last; empty when nothing can match.

    `names` are the only event names it can match, None where the condition does not bind them.
    """

    activity_id: int
    sql: str
    parameters: tuple[Any, ...]
    names: frozenset[str] | None = None


def tally_batch(names: Set[str]) -> list[Deed]:
    """Count the batch table, in which events of these names stand, into the tallies; answers who did what.

    Two statements. Activities about other events are left out: each of them would read the whole batch for nothing.
    """
    compiled = [_over_batch(*activity) for activity in _active()]
    countings = [c for c in compiled if c.sql and (c.names is None or not c.names.isdisjoint(names))]
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
    return [(pk, condition, zone) for pk, condition in _active_conditions()]


_active_conditions = Remembered(
    lambda: Activity.objects.filter(is_active=True).order_by("id").values_list("id", "condition"),
    lambda rows: [(pk, queries.as_text(condition)) for pk, condition in rows],
)


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
    return Counting(activity_id, sql, tuple(parameters), names_in(condition))


def names_in(condition: Any) -> frozenset[str] | None:
    """The event names outside of which a condition surely does not hold; None when it does not say."""
    if not isinstance(condition, dict):
        return None
    if "event" in condition:
        return _texts(condition["event"])
    if condition.get("field") == "name":
        return _texts(condition.get("is", condition.get("in")))
    if parts := condition.get("all"):
        return next((names for part in parts if (names := names_in(part)) is not None), None)
    if parts := condition.get("any"):
        found = [names_in(part) for part in parts]
        return None if None in found else frozenset().union(*(names for names in found if names is not None))
    return None


def _texts(value: Any) -> frozenset[str] | None:
    if isinstance(value, str):
        return frozenset((value,))
    return frozenset(value) if isinstance(value, list) and all(isinstance(text, str) for text in value) else None


def events_q(condition: Any) -> Q:
    """The Q of an activity's condition over event-shaped rows; raises ConditionError."""
    vocabulary = registry.events()
    q = to_q(read_json(condition, vocabulary), vocabulary)
    return q if _speaks_of_label(condition) else q & Q(label=EventLabel.HUMAN)


def _speaks_of_label(condition: Any) -> bool:
    if isinstance(condition, dict):
        return condition.get("field") == "label" or any(map(_speaks_of_label, condition.values()))
    return isinstance(condition, Sequence) and not isinstance(condition, str) and any(map(_speaks_of_label, condition))
