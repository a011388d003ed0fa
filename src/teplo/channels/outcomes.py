"""Recording what became of letters: the delivery, events, blocked addresses, the sender's health."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from teplo.channels import reasons
from teplo.channels.email.answers import Fate, Outcome, grown
from teplo.channels.email.streak import SILENT_FOR_GOOD, Streak
from teplo.channels.models import Delivery, DeliveryState, Sender
from teplo.channels.preflight import Cleared, identity_kind
from teplo.channels.queries import Change, write_changes
from teplo.channels.repeating import block_silent_addresses
from teplo.channels.senders import note_streak, note_trouble, note_well, streak_of
from teplo.channels.telling import letter_event
from teplo.kit.clock import now
from teplo.people.suppression import suppress
from teplo.tracking.inbox import put_events

MOST_ATTEMPTS = 8
_LONGEST_TRYING = timedelta(days=3)
_SOON = timedelta(seconds=30)
_AGAIN = timedelta(minutes=5)
_BEHIND = timedelta(seconds=0.1)  # behind those that were not tried: so the next ones tried are others

Result = tuple[Cleared, Outcome]


def record_outcomes(sender: Sender, results: Sequence[Result], *, owner: str, streak: Streak | None = None) -> None:
    """Write the fate of a group in one transaction with the events it gives rise to.

    `streak` is what these letters, in the order of time, have said of the sender.
    """
    at = now()
    streak = streak or _streak(sender, results)
    is_going = any(outcome.fate is Fate.SENT for _, outcome in results)
    note_streak(sender, streak)
    if streak.trouble:
        note_trouble(sender, streak.trouble, at=at, for_good=streak.silent >= SILENT_FOR_GOOD)
    elif is_going:
        note_well(sender)
    stand = _Stand(sender, at, streak, is_going=is_going, is_stopped=bool(streak.trouble))
    changes = [_change(one, outcome, stand) for one, outcome in results]
    with transaction.atomic():
        written = write_changes(changes, owner=owner, states=[DeliveryState.SENDING, DeliveryState.UNCERTAIN])
        mine = [(one, outcome) for one, outcome in results if one.delivery.id in written]
        bad = [one for one, outcome in mine if outcome.is_bad_address]
        suppress([(identity_kind(one.delivery.channel), one.address) for one in bad], reason="bounced", at=at)
        block_silent_addresses(_refused(mine), at=at)
        events = [letter_event("letter-sent", one.delivery, at=at) for one, o in mine if o.fate is Fate.SENT]
        events += [letter_event("letter-bounced", one.delivery, at=at, kind="hard") for one in bad]
        if events:
            put_events(events, origin="own")


def _refused(results: Sequence[Result]) -> list[Delivery]:
    """Deliveries as they are addressed, of which the server has said something against the recipient."""
    fates = (Fate.REFUSED, Fate.NO_SUCH_ADDRESS)
    refused = [one for one, outcome in results if outcome.fate in fates and not outcome.is_bad_address]
    for one in refused:
        one.delivery.address = one.address
    return [one.delivery for one in refused]


@dataclass(frozen=True, slots=True)
class _Stand:
    """How it stands with the sender after a group. `is_going`: others of the group went out."""

    sender: Sender
    at: datetime
    streak: Streak
    is_going: bool
    is_stopped: bool


def _streak(sender: Sender, results: Sequence[Result]) -> Streak:
    streak = streak_of(sender)
    for one, outcome in results:
        streak.note(one.address, outcome)
    return streak


def _change(one: Cleared, outcome: Outcome, stand: _Stand) -> Change:
    at = stand.at
    match outcome.fate:
        case Fate.SENT:
            return _made(one, DeliveryState.SENT, sent_at=at, answer=outcome.answer)
        case Fate.UNCERTAIN:
            return _made(one, DeliveryState.UNCERTAIN, reasons.UNCONFIRMED, sent_at=at, answer=outcome.answer)
        case Fate.NOT_HANDED:
            return _tried(one, outcome, stand) if outcome.was_tried else _not_handed(one, outcome, stand)
        case Fate.LATER:
            return _later(one, outcome, at)
        case Fate.NO_SUCH_ADDRESS:
            key = reasons.REFUSED_ADDRESS
        case Fate.REFUSED_CONTENT:
            key = reasons.REFUSED_CONTENT
        case _:
            key = reasons.REFUSED
    return _made(one, DeliveryState.FAILED, key, {"code": outcome.code}, answer=outcome.answer)


def _not_handed(one: Cleared, outcome: Outcome, stand: _Stand) -> Change:
    """As if it had not been tried; without trouble the process was merely told to stop."""
    trouble = stand.sender.health or outcome.trouble
    if not trouble:
        return _made(one, DeliveryState.QUEUED, due_at=stand.at, attempts_added=-1)
    until = stand.sender.paused_until or stand.at + _SOON
    params = {"trouble": trouble, "until": until.isoformat()}
    return _made(one, DeliveryState.QUEUED, reasons.SENDER_TROUBLE, params, due_at=until, attempts_added=-1)


def _tried(one: Cleared, outcome: Outcome, stand: _Stand) -> Change:
    """The server refused the sender at this recipient: his own affair only if others still went after him."""
    if stand.is_stopped:
        attempts = one.delivery.attempts + 1
        until = stand.sender.paused_until or stand.at + _SOON
        due_at = until + min(attempts * _BEHIND, 9 * _BEHIND)
        params = {"trouble": stand.sender.health or outcome.trouble, "until": until.isoformat()}
        return _made(one, DeliveryState.QUEUED, reasons.SENDER_TROUBLE, params, due_at=due_at, answer=outcome.answer)
    if stand.is_going and stand.streak.is_alone(one.address) and outcome.code.startswith("5"):
        return _made(one, DeliveryState.FAILED, reasons.REFUSED, {"code": outcome.code}, answer=outcome.answer)
    return _later(one, replace(outcome, wait=outcome.wait or _AGAIN), stand.at)


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
