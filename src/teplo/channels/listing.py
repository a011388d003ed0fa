"""The outbox as it is looked at: counts and pages, by state, channel, journey and reason."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Q, QuerySet

from teplo.channels.models import Delivery, DeliveryState
from teplo.kit.clock import now, read_moment

PAGE = 50
_WAITING = (DeliveryState.QUEUED, DeliveryState.SENDING)


@dataclass(frozen=True, slots=True)
class Filter:
    """What is asked for; empty: all."""

    state: str = ""
    channel: str = ""
    reason: str = ""
    journey_id: int | None = None
    person_id: int | None = None

    def q(self) -> Q:
        """As a condition over deliveries."""
        asked = Q()
        if self.state == "waiting":
            asked &= Q(state__in=_WAITING)
        elif self.state == "bounced":
            asked &= Q(bounced_at__isnull=False)
        elif self.state:
            asked &= Q(state=self.state)
        if self.channel:
            asked &= Q(channel=self.channel)
        if self.reason:
            asked &= Q(reason=self.reason)
        if self.journey_id:
            asked &= Q(journey_id=self.journey_id)
        if self.person_id:
            asked &= Q(person_id=self.person_id)
        return asked


@dataclass(frozen=True, slots=True)
class DeliveryPage:
    """Newest first; `further` is where the next page begins, empty on the last."""

    deliveries: Sequence[Delivery]
    further: str


def list_deliveries(asked: Filter, *, after: str = "") -> DeliveryPage:
    """One page with people and senders read along; keyset by (created, id), so a million rows are as fast as ten."""
    rows: QuerySet[Delivery] = Delivery.objects.filter(asked.q()).select_related("person", "sender")
    if place := _place(after):
        created_at, number = place
        rows = rows.filter(Q(created_at__lt=created_at) | Q(created_at=created_at, id__lt=number))
    found = list(rows.order_by("-created_at", "-id")[: PAGE + 1])
    last = found[PAGE - 1] if len(found) > PAGE else None
    further = f"{last.created_at.isoformat()}~{last.id}" if last else ""
    return DeliveryPage(found[:PAGE], further)


def _place(text: str) -> tuple[datetime, int] | None:
    moment, _, number = text.partition("~")
    try:
        return read_moment(moment), int(number)
    except ValueError:
        return None


@dataclass(frozen=True, slots=True)
class Counts:
    """How many deliveries stand where. Sent, failed and skipped: of the last thirty days."""

    by_state: dict[str, int]
    by_reason: list[tuple[str, str, int]]

    @property
    def waiting(self) -> int:
        """Queued and just being handed over."""
        return sum(self.by_state.get(state, 0) for state in _WAITING)


def count_deliveries() -> Counts:
    """Two statements over what waits and what was made lately."""
    since = now() - timedelta(days=30)
    lately = Delivery.objects.filter(Q(created_at__gte=since) | Q(state__in=(*_WAITING, DeliveryState.UNCERTAIN)))
    rows = lately.values_list("state", "reason").annotate(number=Count("id"))
    by_state: dict[str, int] = {}
    by_reason: list[tuple[str, str, int]] = []
    for state, reason, number in rows:
        by_state[state] = by_state.get(state, 0) + number
        if reason:
            by_reason.append((state, reason, number))
    return Counts(by_state, sorted(by_reason, key=lambda row: -row[2]))
