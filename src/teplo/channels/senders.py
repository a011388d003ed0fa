"""Senders: setting up, pausing, resuming, and what trouble with their server does to them."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from copy import deepcopy
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F

from teplo.channels import reasons
from teplo.channels.email.connection import Server
from teplo.channels.email.letters import Letterhead
from teplo.channels.email.streak import Streak
from teplo.channels.models import LONGEST_PAUSE, Delivery, DeliveryState, Sender
from teplo.kit.clock import now
from teplo.kit.idn import ascii_host
from teplo.kit.secrets import SecretUnreadable, decrypt, encrypt
from teplo.kit.uses import Thing, refuse_in_use

_FIRST_PAUSE = timedelta(seconds=30)


_FOR_GOOD = timedelta(days=3650)
_WELL: Mapping[str, Any] = {
    "health": "",
    "failures": 0,
    "paused_until": None,
    "waits_for_colleague": False,
    "streak": {},
}
"""How a sender stands of which nothing bad is known."""


class PasswordLost(Exception):
    """The stored password was encrypted with another installation key; enter it again."""


def server_of(sender: Sender) -> Server:
    """How to reach the mail server of `sender`; raises PasswordLost."""
    settings = sender.settings
    try:
        password = decrypt(sender.secret)
    except SecretUnreadable as error:
        raise PasswordLost from error
    return Server(
        host=_host(settings.get("host")),
        port=int(settings.get("port") or 587),
        security=str(settings.get("security") or "starttls"),
        username=str(settings.get("username", "")),
        password=password,
        trusts_any_certificate=bool(settings.get("trusts_any_certificate")),
        hello=_host(settings.get("hello") or socket.getfqdn()),
    )


def _host(name: object) -> str:
    try:
        return ascii_host(str(name or ""))
    except ValueError:
        return str(name)


def letterhead_of(sender: Sender) -> Letterhead:
    """The fixed part of its letters."""
    return Letterhead(address=sender.address, name=sender.name, reply_to=sender.reply_to)


def is_configured(sender: Sender) -> bool:
    """Whether letters can be handed over at all."""
    return sender.is_active and bool(sender.settings.get("host"))


@transaction.atomic
def save_sender(*, sender: Sender, values: Mapping[str, Any], password: str | None = None) -> Sender:
    """Write the settings of a sender (new or known) and let what waited for one go. `password` None: as it was."""
    for name, value in values.items():
        setattr(sender, name, value)
    if password is not None:
        sender.secret = encrypt(password)
    others = Sender.objects.filter(channel=sender.channel).exclude(pk=sender.pk)
    sender.is_default = sender.is_default or not others.filter(is_default=True).exists()
    if sender.is_default:
        others.update(is_default=False)
    for name, value in _WELL.items():
        setattr(sender, name, value)
    written = (*values, "secret", "is_default", *_WELL)
    sender.save(force_insert=True) if sender._state.adding else sender.save(update_fields=written)
    release(reasons.NOT_CONFIGURED, reasons.SENDER_TROUBLE, reasons.SENDER_PAUSED, channel=sender.channel)
    return sender


def pause(*, sender_id: int) -> None:
    """Nothing goes out through this sender until it is resumed by hand."""
    Sender.objects.filter(pk=sender_id).update(waits_for_colleague=True, paused_until=now() + _FOR_GOOD, health="")


def resume(*, sender_id: int) -> None:
    """Go on at once, with what waited for it."""
    Sender.objects.filter(pk=sender_id).update(**_WELL)
    release(reasons.SENDER_TROUBLE, reasons.SENDER_PAUSED)


def note_trouble(sender: Sender, trouble: str, *, at: datetime, for_good: bool = False) -> None:
    """The server cannot be used now: a pause that grows from half a minute to fifteen; `for_good`: until resumed."""
    length = min(LONGEST_PAUSE, _FIRST_PAUSE * 2 ** min(sender.failures, 6))
    sender.failures, sender.health, sender.paused_until = sender.failures + 1, trouble[:200], at + length
    sender.troubled_at, sender.waits_for_colleague = at, sender.waits_for_colleague or for_good
    more = {"waits_for_colleague": True} if for_good else {}
    Sender.objects.filter(pk=sender.pk).update(
        failures=F("failures") + 1, health=sender.health, paused_until=sender.paused_until, troubled_at=at, **more
    )


def note_streak(sender: Sender, streak: Streak) -> None:
    """Keep what letters in a row have said of the sender, if that has changed."""
    if sender.streak != streak.kept():
        sender.streak = streak.kept()
        Sender.objects.filter(pk=sender.pk).update(streak=sender.streak)


def streak_of(sender: Sender) -> Streak:
    """What letters in a row have said so far."""
    return Streak(**deepcopy(sender.streak))


def reload_pause(sender: Sender) -> None:
    """See what colleagues and other processes have done to the sender meanwhile."""
    sender.refresh_from_db(fields=["paused_until", "waits_for_colleague", "health"])


def note_well(sender: Sender) -> None:
    """The server took a letter again. A pause made by hand stays."""
    if sender.failures or sender.health:
        troubled = Sender.objects.filter(pk=sender.pk, health=sender.health, waits_for_colleague=False)
        troubled.update(failures=0, health="", paused_until=None)
        sender.failures, sender.health, sender.paused_until = 0, "", None
        release(reasons.SENDER_TROUBLE)


def release(*waiting_for: str, channel: str | None = None) -> int:
    """Let queued deliveries that waited for these reasons be looked at again at once."""
    waiting = Delivery.objects.filter(state=DeliveryState.QUEUED, reason__in=waiting_for, due_at__gt=now())
    if channel:
        waiting = waiting.filter(channel=channel)
    return waiting.update(due_at=now())


def remove_sender(*, sender_id: int) -> None:
    """Put a sender out of use; what waits for it goes through another one. Raises InUse while a journey names it."""
    refuse_in_use(Thing("sender", sender_id))
    Sender.objects.filter(pk=sender_id).update(is_active=False, is_default=False)
