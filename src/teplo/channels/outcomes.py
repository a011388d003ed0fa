"""Recording what became of letters: the delivery, events, blocked addresses, the sender's health."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from teplo.channels import reasons
from teplo.channels.email.answers import Fate, Outcome, grown
from teplo.channels.models import DeliveryState, Sender
from teplo.channels.preflight import Cleared, identity_kind
from teplo.channels.queries import Change, write_changes
from teplo.channels.senders import note_trouble, note_well
from teplo.channels.telling import letter_event
from teplo.kit.clock import now
from teplo.people.suppression import suppress
from teplo.tracking.inbox import put_events

MOST_ATTEMPTS = 8
_LONGEST_TRYING = timedelta(days=3)
_SOON = timedelta(seconds=30)

Result = tuple[Cleared, Outcome]


def record_outcomes(sender: Sender, results: Sequence[Result], *, owner: str) -> None:
    """Write the fate of a group in one transaction with the events it gives rise to."""
    at = now()
    trouble = next((outcome.trouble for _, outcome in results if outcome.trouble), "")
    if trouble:
        note_trouble(sender, trouble, at=at)
    elif any(outcome.fate is Fate.SENT for _, outcome in results):
        note_well(sender)
    changes = [_change(one, outcome, sender, at) for one, outcome in results]
    with transaction.atomic():
        written = write_changes(changes, owner=owner, states=[DeliveryState.SENDING, DeliveryState.UNCERTAIN])
        mine = [(one, outcome) for one, outcome in results if one.delivery.id in written]
        bad = [one for one, outcome in mine if outcome.is_bad_address]
        suppress([(identity_kind(one.delivery.channel), one.address) for one in bad], reason="bounced", at=at)
        events = [letter_event("letter-sent", one.delivery, at=at) for one, o in mine if o.fate is Fate.SENT]
        events += [letter_event("letter-bounced", one.delivery, at=at, kind="hard") for one in bad]
        if events:
            put_events(events, origin="own")


def _change(one: Cleared, outcome: Outcome, sender: Sender, at: datetime) -> Change:
    match outcome.fate:
        case Fate.SENT:
            return _made(one, DeliveryState.SENT, sent_at=at, answer=outcome.answer)
        case Fate.UNCERTAIN:
            return _made(one, DeliveryState.UNCERTAIN, reasons.UNCONFIRMED, sent_at=at, answer=outcome.answer)
        case Fate.NOT_HANDED:
            return _not_handed(one, outcome, sender, at)
        case Fate.LATER:
            return _later(one, outcome, at)
        case Fate.NO_SUCH_ADDRESS:
            key = reasons.REFUSED_ADDRESS
        case Fate.REFUSED_CONTENT:
            key = reasons.REFUSED_CONTENT
        case _:
            key = reasons.REFUSED
    return _made(one, DeliveryState.FAILED, key, {"code": outcome.code}, answer=outcome.answer)


def _not_handed(one: Cleared, outcome: Outcome, sender: Sender, at: datetime) -> Change:
    """As if it had not been tried; without trouble the process was merely told to stop."""
    trouble = sender.health or outcome.trouble
    if not trouble:
        return _made(one, DeliveryState.QUEUED, due_at=at, attempts_added=-1)
    until = sender.paused_until or at + _SOON
    params = {"trouble": trouble, "until": until.isoformat()}
    return _made(one, DeliveryState.QUEUED, reasons.SENDER_TROUBLE, params, due_at=until, attempts_added=-1)


def _later(one: Cleared, outcome: Outcome, at: datetime) -> Change:
    attempts = one.delivery.attempts + 1  # as marking has written
    if attempts >= MOST_ATTEMPTS or at - one.delivery.created_at > _LONGEST_TRYING:
        params = {"attempts": attempts, "code": outcome.code or outcome.answer}
        return _made(one, DeliveryState.FAILED, reasons.GAVE_UP, params, answer=outcome.answer)
    due_at = at + grown(outcome.wait, attempts)
    key = reasons.CUT_OFF if outcome.is_cut_off else reasons.LATER
    params = {"code": outcome.code, "until": due_at.isoformat()}
    return _made(one, DeliveryState.QUEUED, key, params, due_at=due_at, answer=outcome.answer)


def _made(one: Cleared, state: str, reason: str = "", params: dict[str, Any] | None = None, **more: Any) -> Change:
    return Change(one.delivery.person_id, one.delivery.id, state, reason, params or {}, **more)
