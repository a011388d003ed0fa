"""What tallies said at a moment in the past, to the minute (§8: nothing later changes a past answer).

A tally is a whole day: how often, the first time and the last. That tells exactly how often by any moment, except in
one case: more than two times on a day, and the moment lies between the first and the last of them. Only then, and
only for that row, the journal is asked. So the past costs what the present costs, and a deed done an hour later
cannot take away one done an hour before.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import (
    Aggregate,
    Case,
    Count,
    DateTimeField,
    F,
    IntegerField,
    Max,
    OuterRef,
    Q,
    Subquery,
    Value,
    When,
)
from django.db.models.expressions import Combinable, RawSQL
from django.db.models.functions import Cast, Coalesce, Greatest, Least
from django.db.models.lookups import Exact

from teplo.conditions.comparing import FALSE
from teplo.conditions.reading import ConditionError
from teplo.tracking.models import Activity, Event, Tally
from teplo.tracking.tallying import events_q

Moment = datetime | Combinable


def conditions_of_activities() -> dict[int, Any]:
    """What counts as each activity, by its id: one query, for `times_by` and `last_by`."""
    return dict(Activity.objects.order_by("id").values_list("id", "condition"))


def times_by(moment: Moment, conditions: Mapping[int, Any]) -> Case:
    """How often a row of Tally stood for by `moment` (which still counts). `conditions`: of the activities that matter.

    Where the journal no longer knows, what the tally itself proves counts: at least the first time, never the last.
    """
    told = Cast(_in_journal(moment, conditions, Count("id"), Value(0)), IntegerField())  # else sums become numeric
    proven = Greatest(Least(told, F("count") - 1), 1)
    return Case(
        When(last_at__lte=moment, then=F("count")),
        When(first_at__gt=moment, then=Value(0)),
        When(count=2, then=Value(1)),
        default=proven,
        output_field=IntegerField(),
    )


def last_by(moment: Moment, conditions: Mapping[int, Any]) -> Case:
    """The last time by `moment` of a row of Tally that had begun by then."""
    return Case(
        When(last_at__lte=moment, then=F("last_at")),
        When(count=2, then=F("first_at")),
        default=_in_journal(moment, conditions, Max("at"), F("first_at")),
        output_field=DateTimeField(),
    )


def times_by_sql(moment: RawSQL | datetime, conditions: Mapping[int, Any]) -> tuple[str, tuple[Any, ...]]:
    """`times_by` as SQL over a table named tracking_tally, for statements of one's own.

    `moment` may be a column of a joined table: RawSQL("s.at", (), output_field=DateTimeField()).
    """
    query = Tally.objects.order_by().query
    query.get_initial_alias()
    expression = times_by(moment, conditions).resolve_expression(query)
    text, params = query.get_compiler(connection=connection).compile(expression)
    return text, tuple(params)


def cut_by(moment: datetime) -> Q:
    """Rows of Tally through which the moment goes so that only the journal knows what they said: see above."""
    return Q(first_at__lte=moment, last_at__gt=moment, count__gt=2)


def _in_journal(moment: Moment, conditions: Mapping[int, Any], answer: Aggregate, without: Any) -> Combinable:
    """`answer` over the events of the tally's own day that are its activity, up to the moment."""
    if not conditions:
        return without  # type: ignore[no-any-return]
    whose = Event.objects.filter(person_id=OuterRef("person_id"), at__gte=OuterRef("first_at"), at__lte=moment)
    counted = whose.filter(_is_of_activity(conditions)).order_by().values("person_id").annotate(answer=answer)
    return Coalesce(Subquery(counted.values("answer")), without)


def _is_of_activity(conditions: Mapping[int, Any]) -> Q:
    """Whether an event is what the tally around it counts."""
    found = FALSE
    for activity_id, condition in conditions.items():
        try:
            found |= Q(Exact(OuterRef("activity_id"), activity_id)) & events_q(condition)
        except ConditionError:  # its sense is gone: it counts nothing any more, and tallying says so in the log
            continue
    return found
