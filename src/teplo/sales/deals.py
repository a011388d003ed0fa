"""Deals: a possible sale with an amount, won or lost with a reason (R36, R39).

What happens to a deal is also told to the pipeline as an event, so that scores, stages and journeys see it.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from teplo.accounts.workspace import get_workspace
from teplo.kit.clock import now
from teplo.kit.ids import new_id
from teplo.sales.models import Deal, DealChange, DealState
from teplo.tracking.inbox import put_events

STEPS = {
    "talks": _("Talks"),
    "offer": _("Offer sent"),
    "contract": _("Contract"),
    "invoice": _("Invoice sent"),
}
LOST_REASONS = {
    "too-expensive": _("Too expensive"),
    "competitor": _("Chose a competitor"),
    "no-need": _("No need any more"),
    "no-money": _("No money now"),
    "no-answer": _("Stopped answering"),
    "not-ours": _("Not our client"),
    "other": _("Another reason"),
}


def split_reason(reason: str) -> tuple[str, str]:
    """A stored reason as its key and the person's own words; a reason from elsewhere is all key."""
    key, _colon, words = reason.partition(": ")
    return (key, words) if key in LOST_REASONS else (reason, "")


def say_reason(reason: str) -> str:
    """Why a deal was lost, for reading."""
    key, words = split_reason(reason)
    said = str(LOST_REASONS.get(key, key))
    return f"{said}: {words}" if words else said


class DealClosed(Exception):
    """The deal is closed already."""


class LostWithoutReason(Exception):
    """Say why the deal is lost."""


def open_deal(
    *,
    person_id: int,
    title: str,
    amount: Decimal | None = None,
    currency: str = "",
    owner_id: int | None = None,
    source: str = "",
    at: datetime | None = None,
) -> Deal:
    """A new open deal; without a currency, the workspace's."""
    moment = at or now()
    with transaction.atomic():
        deal = Deal.objects.create(
            id=new_id(),
            person_id=person_id,
            title=title,
            step=next(iter(STEPS)),
            amount=amount,
            currency=currency or get_workspace().currency,
            owner_id=owner_id,
            source=source,
            opened_at=moment,
        )
        note_change(deal=deal, at=moment)
    return deal


def move_deal(*, deal: Deal, step: str) -> None:
    """Take an open deal to a step of the pipeline; raises DealClosed."""
    _change_open(deal, step=step)


def win_deal(*, deal: Deal, amount: Decimal | None = None, is_paid: bool = False, at: datetime | None = None) -> None:
    """The deal is won; with `is_paid` the payment is told too, and the first payment makes a customer (R39)."""
    moment = at or now()
    changes: dict[str, Any] = {"state": DealState.WON, "closed_at": moment}
    if amount is not None:
        changes["amount"] = amount
    with transaction.atomic():
        _change_open(deal, **changes)
        note_change(deal=deal, at=moment)
        _tell_pipeline("deal-won", deal, moment)
        if is_paid:
            _tell_pipeline("payment-received", deal, moment)


def lose_deal(*, deal: Deal, reason: str, at: datetime | None = None) -> None:
    """The deal is lost, for a reason; raises LostWithoutReason, DealClosed."""
    if not reason.strip():
        raise LostWithoutReason
    moment = at or now()
    with transaction.atomic():
        _change_open(deal, state=DealState.LOST, lost_reason=reason.strip()[:200], closed_at=moment)
        note_change(deal=deal, at=moment)
        _tell_pipeline("deal-lost", deal, moment, reason=reason.strip()[:200])


def note_payment(*, deal: Deal, at: datetime | None = None) -> None:
    """Money has come for a won deal, perhaps not for the first time: each payment is an event of its own."""
    moment = at or now()
    _tell_pipeline("payment-received", deal, moment, again=f":{int(moment.timestamp() * 1000)}")


def reopen_deal(*, deal: Deal, at: datetime | None = None) -> None:
    """Undo winning or losing, from now on. What was told to the pipeline stays in the person's story."""
    closed = Deal.objects.filter(person_id=deal.person_id, id=deal.id).exclude(state=DealState.OPEN)
    with transaction.atomic():
        is_reopened = closed.update(state=DealState.OPEN, closed_at=None, lost_reason="")
        deal.refresh_from_db()
        if is_reopened:
            note_change(deal=deal, at=at or now())


def note_change(*, deal: Deal, at: datetime) -> None:
    """Keep the state the deal has got, for questions about the past; belongs into the transaction of the change."""
    DealChange.objects.create(
        person_id=deal.person_id, deal_id=deal.id, state=deal.state, amount=deal.amount, currency=deal.currency,
        lost_reason=deal.lost_reason, at=at,
    )  # fmt: skip


def _change_open(deal: Deal, **changes: Any) -> None:
    changed = Deal.objects.filter(person_id=deal.person_id, id=deal.id, state=DealState.OPEN).update(**changes)
    if not changed:
        raise DealClosed
    deal.refresh_from_db()


def _tell_pipeline(name: str, deal: Deal, at: datetime, *, again: str = "", **properties: str) -> None:
    event = {
        "id": f"{name}:{deal.id}{again}",
        "name": name,
        "time": int(at.timestamp() * 1000),
        "person": str(deal.person_id),
        "properties": {
            "deal": str(deal.id),
            "amount": float(deal.amount) if deal.amount is not None else None,
            "currency": deal.currency,
            **properties,
        },
    }
    put_events([event], origin="own")
