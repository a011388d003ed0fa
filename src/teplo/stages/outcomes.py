"""What stage moves say of how it ended with people, as facts with dates (R19–R21)."""

from __future__ import annotations

from typing import Any

from django.db.models import Case, CharField, DateTimeField, DecimalField, F, Q, QuerySet, Value, When, Window
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast, Coalesce, Lead

from teplo.stages.merging import MERGE
from teplo.stages.models import StageMove


def move_facts(people: Q) -> QuerySet[Any, Any]:
    """To a customer's stage: won. To a place beside the ladder: lost, with why. To another stage: open.

    A win stands for good unless the very next move puts the person back on the ladder below customers: then it was a
    mistake, and speaks only until that move. Which stages are of customers is asked as it stands now.
    Of moves brought by a merged card only the wins speak; where he stands is told by the kept card's own. The move that
    a merge itself made is passed over: what it repeats was told by the other card.
    """
    state = Case(
        When(to_stage__is_customer=True, then=Value("won")),
        When(to_stage__is_beside=True, then=Value("lost")),
        default=Value("open"),
        output_field=CharField(),
    )
    put_back = Case(When(to_stage__is_customer=False, to_stage__is_beside=False, then=F("at")), default=None)
    of_one_card = [F("person_id"), F("is_brought")]
    corrected = Window(Lead(put_back), partition_by=of_one_card, order_by=[F("at").asc(), F("id").asc()])
    until = Case(When(is_brought=True, to_stage__is_customer=False, then=F("at")), default=corrected)
    why = Coalesce(KeyTextTransform("returned", "why"), KeyTextTransform("words", "why"), F("to_stage__key"))
    reason = Case(When(to_stage__is_beside=True, then=Cast(why, CharField())), default=Value(""))
    nothing = Cast(Value(None), DecimalField(max_digits=14, decimal_places=2))
    rows = (
        StageMove.objects.filter(people)
        .exclude(cause=MERGE)
        .annotate(fact=state, until=Cast(until, DateTimeField()), reason=reason, value=nothing)
    )
    return rows.values_list("person_id", "at", "until", "fact", "reason", "value", Value("", output_field=CharField()))
