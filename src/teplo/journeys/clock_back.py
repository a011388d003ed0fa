"""Walks after a clock that was ahead has been put right: what remained to be waited still remains, from now on."""

from __future__ import annotations

from django.db.models import DateTimeField, DurationField, ExpressionWrapper, F, Value

from teplo.journeys.models import Enrolment, EnrolmentState
from teplo.kit.clock import SKEW, now


def shorten_waits() -> int:
    """People who came to their step in what is now the future wait as long as they would have; answers how many."""
    at = now()
    ahead = Enrolment.objects.filter(state=EnrolmentState.ACTIVE, step_since__gt=at + SKEW)
    length = ExpressionWrapper(F("due_at") - F("step_since"), output_field=DurationField())
    moment = Value(at, output_field=DateTimeField())
    waiting = ahead.filter(due_at__gt=F("step_since"))
    count = waiting.update(due_at=ExpressionWrapper(moment + length, output_field=DateTimeField()), step_since=at)
    return count + ahead.filter(due_at__lte=F("step_since")).update(due_at=at, step_since=at)
