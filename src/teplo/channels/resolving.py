"""What a colleague decides about deliveries that stand still: uncertain, failed, or no longer wanted."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import QuerySet

from teplo.channels import reasons
from teplo.channels.models import Delivery, DeliveryState
from teplo.channels.telling import letter_event
from teplo.kit.clock import now
from teplo.tracking.inbox import put_events

Key = tuple[int, int]
"""Person and delivery."""


def send_again(keys: Iterable[Key], *, by: int) -> int:
    """Uncertain and failed ones go into the outbox anew; answers how many. An uncertain one may then arrive twice."""
    chosen = _chosen(keys, DeliveryState.UNCERTAIN, DeliveryState.FAILED)
    return chosen.update(
        state=DeliveryState.QUEUED,
        reason="",
        reason_params={"by": by},
        due_at=now(),
        sent_at=None,
        attempts=0,
        lease_owner="",
        lease_until=None,
    )


def consider_sent(keys: Iterable[Key], *, by: int) -> int:
    """Uncertain ones count as sent."""
    at = now()
    deliveries = list(_chosen(keys, DeliveryState.UNCERTAIN))
    done = 0
    for delivery in deliveries:  # a handful, by hand: one conditional update each, so that two colleagues do it once
        done += _chosen([(delivery.person_id, delivery.id)], DeliveryState.UNCERTAIN).update(
            state=DeliveryState.SENT,
            reason="",
            reason_params={"by": by},
            lease_owner="",
            sent_at=delivery.sent_at or at,
        )
    if done:
        put_events([letter_event("letter-sent", d, at=d.sent_at or at) for d in deliveries], origin="own")
    return done


def do_not_send(keys: Iterable[Key], *, by: int) -> int:
    """Queued ones are taken out of the outbox, uncertain and failed ones are left at that."""
    chosen = _chosen(keys, DeliveryState.QUEUED, DeliveryState.UNCERTAIN)
    return chosen.update(
        state=DeliveryState.SKIPPED, reason=reasons.BY_HAND, reason_params={"by": by}, lease_owner="", lease_until=None
    )


def retry_failed(*, reason: str, by: int) -> int:
    """Everything that failed for this reason goes into the outbox anew."""
    failed = Delivery.objects.filter(state=DeliveryState.FAILED, reason=reason)
    return failed.update(
        state=DeliveryState.QUEUED, reason="", reason_params={"by": by}, due_at=now(), attempts=0, sent_at=None
    )


def _chosen(keys: Iterable[Key], *states: str) -> QuerySet[Delivery]:
    return Delivery.objects.filter(pk__in=list(keys), state__in=states)
