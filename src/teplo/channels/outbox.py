"""Putting messages into the outbox. A delivery row is the truth; sending takes it from there (ARCHITECTURE §8)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from teplo.channels.models import Channel, Delivery, DeliveryState
from teplo.kit import bulk
from teplo.kit.clock import now
from teplo.kit.ids import new_ids

_COLUMNS = (
    "person_id",
    "id",
    "channel",
    "template_id",
    "template_version",
    "sender_id",
    "journey_id",
    "enrolment_id",
    "step",
    "pass_number",
    "address",
    "context",
    "is_service",
    "state",
    "reason",
    "reason_params",
    "due_at",
    "expires_at",
    "attempts",
    "lease_owner",
    "lease_until",
    "message_id",
    "provider_answer",
    "created_at",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewDelivery:
    """One message to be sent to one person. Without `address` the person's own main one is taken when it goes out."""

    person_id: int
    channel: str = Channel.EMAIL
    template_id: int | None = None
    journey_id: int | None = None
    enrolment_id: int | None = None
    step: str = ""
    pass_number: int = 1
    sender_id: int | None = None
    address: str = ""
    context: Mapping[str, Any] = field(default_factory=dict)
    is_service: bool = False
    due_at: datetime | None = None
    expires_at: datetime | None = None


def enqueue(deliveries: Sequence[NewDelivery]) -> int:
    """Put messages into the outbox in one statement; answers how many were new.

    A delivery of the same (person, enrolment, step, pass) is there already: it is left as it is, so a repeated step
    repeats no message.
    """
    if not deliveries:
        return 0
    at = now()
    ordered = sorted(deliveries, key=lambda delivery: delivery.person_id)
    rows: list[tuple[Any, ...]] = [
        (
            d.person_id,
            fresh,
            str(d.channel),
            d.template_id,
            0,
            d.sender_id,
            d.journey_id,
            d.enrolment_id,
            d.step,
            d.pass_number,
            d.address,
            dict(d.context),
            d.is_service,
            str(DeliveryState.QUEUED),
            "",
            {},
            d.due_at or at,
            d.expires_at,
            0,
            "",
            None,
            "",
            "",
            at,
        )
        for d, fresh in zip(ordered, new_ids(len(ordered)), strict=True)
    ]
    return bulk.insert(Delivery, _COLUMNS, rows, ignore_known=True)
