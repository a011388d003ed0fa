"""How fast a sender may send, for all processes together: one moment in its row, moved by a conditional update."""

from __future__ import annotations

from datetime import datetime, timedelta

from teplo.channels.models import Sender
from teplo.kit.clock import SKEW

_BURST = timedelta(seconds=10)
_LONGEST_INTERVAL = timedelta(minutes=1)


def room(sender: Sender, *, now: datetime) -> int:
    """How many messages the sender may send this moment."""
    taken = _taken(sender, now)
    return max(0, (now + _burst(sender) - taken) // _interval(sender))


def book(sender: Sender, wanted: int, *, now: datetime) -> int:
    """Take the right to send up to `wanted` messages; answers how many were granted (perhaps 0).

    Two processes: who loses the conditional update reads anew. `sender.booked_until` is brought up to date.
    """
    for _attempt in range(20):
        granted = min(wanted, room(sender, now=now))
        if not granted:
            return 0
        seen = sender.booked_until
        booked = _taken(sender, now) + granted * _interval(sender)
        if Sender.objects.filter(pk=sender.pk, booked_until=seen).update(booked_until=booked):
            sender.booked_until = booked
            return granted
        sender.refresh_from_db(fields=["booked_until", "per_minute"])
    return 0


def give_back(sender: Sender, unused: int) -> None:
    """Return the right to messages that were not sent after all."""
    seen = sender.booked_until
    if unused > 0 and seen:
        earlier = seen - unused * _interval(sender)
        if Sender.objects.filter(pk=sender.pk, booked_until=seen).update(booked_until=earlier):
            sender.booked_until = earlier


def turn(sender: Sender, place: int, *, now: datetime) -> datetime:
    """When the message at `place` (0 is next) of those that found no room may try again."""
    return _taken(sender, now) - _burst(sender) + (place + 1) * _interval(sender)


def _taken(sender: Sender, now: datetime) -> datetime:
    """From when on the rate is free; a booking further ahead than any is of a clock that was wrong."""
    booked = sender.booked_until
    is_possible = booked is not None and now < booked <= now + _burst(sender) + _LONGEST_INTERVAL + SKEW
    return booked if booked is not None and is_possible else now


def _interval(sender: Sender) -> timedelta:
    return timedelta(minutes=1) / max(1, sender.per_minute)


def _burst(sender: Sender) -> timedelta:
    return max(_BURST, _interval(sender))
