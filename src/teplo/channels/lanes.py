"""Whose turn it is: each sender's letters are claimed for themselves, so that one that cannot send holds up no other.

Of a sender that lately could not go on, letters of different templates take turns: if the server refuses what one
journey says, the letters of the others show that the sender is well.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q

from teplo.channels import throttling
from teplo.channels.models import Delivery, DeliveryState, Sender
from teplo.channels.preflight import Cleared, SenderChoice
from teplo.kit.claim import claim, lease_free

_LEAFED = 100  # letters of a sender that cannot send, looked at at once to be told why
_AT_LEAST = 50  # some for the "no"s: a long queue is not leafed through
_TEMPLATES = 20


@dataclass(frozen=True, slots=True)
class Lane:
    """Deliveries that one sender (None: nobody yet) would send."""

    which: Q
    sender: Sender | None


def claim_due(senders: Sequence[Sender], *, owner: str, limit: int, lease: timedelta, now: datetime) -> list[Delivery]:
    """Take what is due of every lane, at most `limit` of each; empty when nothing is due."""
    taken: list[Delivery] = []
    room = {sender.pk: throttling.room(sender, now=now) for sender in senders}
    for lane in _lanes(senders):
        due = Q(state=DeliveryState.QUEUED, due_at__lte=now) & lane.which
        if not Delivery.objects.filter(due, lease_free(now)).exists():  # asked twice a second: reading locks nothing
            continue
        most = min(limit, _most(lane.sender, room, now))
        for ready, share in _shares(lane, due, most, now):
            taken += claim(Delivery, ready=ready, order_by="due_at", limit=share, owner=owner, lease=lease, now=now)
    return taken


def _lanes(senders: Sequence[Sender]) -> Iterator[Lane]:
    """Well senders first; then what names no sender, or one that is not there any more."""
    usual = SenderChoice(senders).of_channel
    for sender in sorted(senders, key=lambda s: (s.failures > 0, s.pk)):
        yield Lane(Q(sender_id=sender.pk), sender)
    for channel, sender in usual.items():
        yield Lane(Q(sender_id=None, channel=channel), sender)
    yield Lane(Q(sender_id=None) & ~Q(channel__in=list(usual)), None)
    gone = list(Sender.objects.exclude(pk__in=[s.pk for s in senders]).values_list("pk", flat=True))
    for channel, sender in usual.items():
        if gone:
            yield Lane(Q(sender_id__in=gone, channel=channel), sender)
    if gone:
        yield Lane(Q(sender_id__in=gone) & ~Q(channel__in=list(usual)), None)


def _most(sender: Sender | None, room: dict[int, int], now: datetime) -> int:
    if sender is None or sender.pause_ends(now):
        return _LEAFED
    return max(_AT_LEAST, room[sender.pk])


def _shares(lane: Lane, due: Q, most: int, now: datetime) -> Iterator[tuple[Q, int]]:
    """What to claim and how much of it: everything, or some of each template after trouble."""
    if lane.sender is None or not lane.sender.was_troubled(now) or lane.sender.pause_ends(now):
        yield due, most
        return
    templates = list(Delivery.objects.filter(due).values_list("template_id", flat=True).distinct()[:_TEMPLATES])
    for template_id in templates:
        yield due & Q(template_id=template_id), max(1, most // len(templates))


def in_turn(cleared: Iterable[Cleared]) -> list[Cleared]:
    """One of each template after another, each template's in their order."""
    queues: dict[int | None, deque[Cleared]] = defaultdict(deque)
    for one in cleared:
        queues[one.delivery.template_id].append(one)
    mixed: list[Cleared] = []
    while queues:
        for template_id in list(queues):
            mixed.append(queues[template_id].popleft())
            if not queues[template_id]:
                del queues[template_id]
    return mixed
