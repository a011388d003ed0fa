"""Makers for tests: people offered to sales, tasks, deals."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from teplo.kit.clock import now
from teplo.people.models import Person
from teplo.sales.deals import note_change
from teplo.sales.handing_off import offer
from teplo.sales.models import Deal, HandOff, Task


def make_task(person_id: int, **changes: Any) -> Task:
    """An open call due in an hour."""
    values: dict[str, Any] = {"title": "Call", "due_at": now() + timedelta(hours=1)}
    return Task.objects.create(person_id=person_id, **(values | changes))


def make_hand_off(person: Person, **snapshot: Any) -> HandOff:
    """The hand-off of a person who has just turned hot."""
    offer(person_ids=[person.pk], cause="hot", snapshots={person.pk: snapshot}, at=now())
    return HandOff.objects.get(person_id=person.pk, state="offered")


def make_deal(person_id: int, **changes: Any) -> Deal:
    """An open deal of 1,000."""
    values: dict[str, Any] = {"title": "Deal", "amount": 1000, "currency": "UAH", "step": "talks"}
    deal = Deal.objects.create(person_id=person_id, **(values | changes))
    note_change(deal=deal, at=deal.closed_at or deal.opened_at)
    return deal
