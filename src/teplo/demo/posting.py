"""The example company's post: letters pass every question of the outbox and then go to nobody.

Its sender has no server, so that the real sending never takes its letters: people of the example live at addresses
under .example, which nobody has (RFC 2606).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q

from teplo.accounts.workspace import get_workspace
from teplo.channels.email import answers
from teplo.channels.models import Channel, Delivery, DeliveryState, Sender
from teplo.channels.outcomes import record_outcomes
from teplo.channels.preflight import Cleared, judge
from teplo.channels.queries import Mark, mark_sending, write_changes
from teplo.kit.claim import claim
from teplo.kit.clock import now

OWNER = "demo"
LEASE = timedelta(minutes=5)
BATCH = 1000


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter that has arrived."""

    person_id: int
    delivery_id: int
    template_id: int | None
    journey_id: int | None
    sent_at: datetime

    def properties(self) -> dict[str, Any]:
        """What its opens and clicks carry."""
        return {
            "delivery": str(self.delivery_id),
            "template": str(self.template_id or ""),
            "journey": str(self.journey_id or ""),
            "url": "https://lad.example/prices",
        }


def open_post(*, name: str, address: str) -> Sender:
    """The sender of the example company."""
    return Sender.objects.create(channel=Channel.EMAIL, name=name, address=address, per_minute=100_000, is_default=True)


def post_due() -> int:
    """Let every due letter arrive that may; the others get their reason. Answers how many arrived."""
    arrived = 0
    while deliveries := _claim():
        moment = now()
        senders = list(Sender.objects.filter(channel=Channel.EMAIL, is_active=True))
        judged = judge(deliveries, workspace=get_workspace(), senders=senders, owner=OWNER, now=moment)
        write_changes(judged.held, owner=OWNER, states=[DeliveryState.QUEUED])
        arrived += _arrive(judged.cleared, moment)
        if len(deliveries) < BATCH:
            break
    return arrived


def letters_since(moment: datetime) -> list[Letter]:
    """Letters that arrived after `moment`, in order."""
    sent = Delivery.objects.filter(state=DeliveryState.SENT, sent_at__gt=moment).order_by("sent_at", "person_id", "id")
    return [Letter(d.person_id, d.id, d.template_id, d.journey_id, d.sent_at) for d in sent if d.sent_at]


def _claim() -> list[Delivery]:
    ready = Q(state=DeliveryState.QUEUED, due_at__lte=now())
    return claim(Delivery, ready=ready, order_by="due_at", limit=BATCH, owner=OWNER, lease=LEASE, now=now())


def _arrive(cleared: Iterable[Cleared], moment: datetime) -> int:
    ones = list(cleared)
    if not ones:
        return 0
    marks = [
        Mark(o.delivery.person_id, o.delivery.id, o.address, o.sender.pk, 1, f"{o.delivery.id}@lad.example")
        for o in ones
    ]
    held = mark_sending(marks, owner=OWNER, now=moment, until=moment + LEASE)
    results = [(one, answers.sent("250 example")) for one in ones if one.delivery.id in held]
    record_outcomes(ones[0].sender, results, owner=OWNER)
    return len(results)
