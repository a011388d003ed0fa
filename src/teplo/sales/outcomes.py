"""What deals and hand-offs say of how it ended with people, as facts with dates (R19–R21)."""

from __future__ import annotations

from typing import Any

from django.db.models import CharField, DateTimeField, DecimalField, F, Q, QuerySet, Value, Window
from django.db.models.functions import Cast, Lead

from teplo.sales.models import DealChange, HandOff, HandOffState

_NEVER = Cast(Value(None), DateTimeField())
_NOTHING = Cast(Value(None), DecimalField(max_digits=14, decimal_places=2))


def _text(value: str) -> Value:
    return Value(value, output_field=CharField())


def deal_facts(people: Q) -> QuerySet[Any, Any]:
    """Each state of each deal, from its moment until the deal got another one."""
    replaced = Window(Lead("at"), partition_by=[F("person_id"), F("deal_id")], order_by=[F("id").asc()])
    rows = DealChange.objects.filter(people).annotate(until=replaced)
    return rows.values_list("person_id", "at", "until", "state", "lost_reason", "amount", "currency")


def hand_off_facts(people: Q) -> QuerySet[Any, Any]:
    """Whom sales was offered is open."""
    rows = HandOff.objects.filter(people)
    return rows.values_list("person_id", "offered_at", _NEVER, _text("open"), _text(""), _NOTHING, _text(""))


def return_facts(people: Q) -> QuerySet[Any, Any]:
    """Whom sales gave back is lost, with its reason, unless something later says otherwise."""
    rows = HandOff.objects.filter(people, state=HandOffState.RETURNED, answered_at__isnull=False)
    return rows.values_list("person_id", "answered_at", _NEVER, _text("lost"), "return_reason", _NOTHING, _text(""))


def hand_off_moments(people: Q) -> QuerySet[Any, Any]:
    """When people were handed to sales."""
    return HandOff.objects.filter(people).annotate(happened_at=F("offered_at"))
