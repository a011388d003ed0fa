"""May this be sent to this person now? Asked for a whole batch at once; every "no" is a recorded reason (R32)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from teplo.accounts.models import Workspace
from teplo.channels import reasons, throttling
from teplo.channels.links import public_address
from teplo.channels.models import Delivery, DeliveryState, Sender
from teplo.channels.queries import Change, Facts, facts_of
from teplo.channels.quiet import quiet_until
from teplo.channels.timezones import zone_of
from teplo.people.claiming import Waiting, waiting_of
from teplo.people.consent import why_not
from teplo.people.sharing import refused_by_sharers
from teplo.people.suppression import suppressed

LOOK_AGAIN = timedelta(minutes=10)
ASK_FOR_A_WORD = timedelta(days=1)
"""What waits for somebody's word is due at once when it comes; in between it is looked at once a day."""
_KIND_OF_CHANNEL = {"phone": "phone", "sms": "phone"}
_STILL_SERVED = ("unsubscribed",)  # suppressed for marketing only: service messages still go


@dataclass(slots=True)
class Cleared:
    """A delivery that may go out now, where to, and through whom."""

    delivery: Delivery
    address: str
    name: str
    sender: Sender


@dataclass(slots=True)
class Judged:
    """A batch after the questions."""

    cleared: list[Cleared]
    held: list[Change]


def judge(
    deliveries: Sequence[Delivery], *, workspace: Workspace, senders: Sequence[Sender], owner: str, now: datetime
) -> Judged:
    """Every question of ARCHITECTURE §8, in a constant number of statements."""
    asked = _asked(deliveries, workspace, owner, now)
    cleared: list[Cleared] = []
    held: list[Change] = []
    choice = SenderChoice(senders)
    for delivery in sorted(deliveries, key=lambda d: (not d.is_service, d.due_at, d.id)):
        sender = choice.of(delivery)
        answer = asked.ask(delivery, sender)
        if isinstance(answer, Change):
            held.append(answer)
        elif sender is not None:
            cleared.append(Cleared(delivery, answer, asked.name_of(delivery), sender))
    return _throttled(Judged(cleared, held), now=now)


def look_ahead(delivery: Delivery, *, workspace: Workspace, senders: Sequence[Sender], now: datetime) -> Change | None:
    """What would become of this one if it were due now, other than being sent; nothing is booked or written."""
    answer = _asked([delivery], workspace, "", now).ask(delivery, SenderChoice(senders).of(delivery))
    return answer if isinstance(answer, Change) else None


def _asked(deliveries: Sequence[Delivery], workspace: Workspace, owner: str, now: datetime) -> _Asked:
    window = timedelta(days=workspace.cap_days)
    facts = facts_of(
        (d.person_id for d in deliveries),
        kinds={identity_kind(d.channel) for d in deliveries},
        touched_since=now - window,
        owner=owner,
        now=now,
    )
    addresses = _addresses(deliveries, facts)
    return _Asked(
        workspace=workspace,
        now=now,
        facts=facts,
        blocked=suppressed(sorted(addresses)),
        refused=refused_by_sharers(addresses, {d.channel for d in deliveries if not d.is_service}),
        forbidden={channel: why_not(people, channel) for channel, people in _people_by_channel(deliveries).items()},
        waiting=waiting_of({d.person_id for d in deliveries}, at=now),
        has_address=bool(public_address(workspace.public_url)),
    )


def identity_kind(channel: str) -> str:
    """Which kind of identity a channel writes to."""
    return _KIND_OF_CHANNEL.get(channel, channel)


def _addresses(deliveries: Iterable[Delivery], facts: Mapping[int, Facts]) -> set[tuple[str, str]]:
    found: set[tuple[str, str]] = set()
    for delivery in deliveries:
        kind = identity_kind(delivery.channel)
        own = facts[delivery.person_id].addresses.get(kind, []) if delivery.person_id in facts else []
        found.update((kind, value) for value in ([delivery.address] if delivery.address else own))
    return found


def _people_by_channel(deliveries: Iterable[Delivery]) -> dict[str, set[int]]:
    found: dict[str, set[int]] = defaultdict(set)
    for delivery in deliveries:
        if not delivery.is_service:
            found[delivery.channel].add(delivery.person_id)
    return found


class SenderChoice:
    """The sender of a delivery: its own, else the default of its channel, else any active one."""

    def __init__(self, senders: Sequence[Sender]) -> None:
        self.by_id = {sender.pk: sender for sender in senders}
        self.of_channel: dict[str, Sender] = {}
        for sender in sorted(senders, key=lambda s: (s.is_default, s.pk)):
            if sender.is_active:
                self.of_channel[sender.channel] = sender

    def of(self, delivery: Delivery) -> Sender | None:
        own = self.by_id.get(delivery.sender_id or 0)
        return own if own and own.is_active else self.of_channel.get(delivery.channel)


@dataclass(slots=True)
class _Asked:
    workspace: Workspace
    now: datetime
    facts: Mapping[int, Facts]
    blocked: Mapping[tuple[str, str], str]
    refused: Collection[tuple[str, str, str]]
    """Channel and contact that several people have, one of whom does not want it."""
    forbidden: Mapping[str, Mapping[int, str]]
    waiting: Mapping[int, Waiting]
    has_address: bool

    def ask(self, delivery: Delivery, sender: Sender | None) -> str | Change:
        """The address to send to, or what becomes of the delivery instead."""
        facts = self.facts.get(delivery.person_id)
        if facts is None or facts.erased:
            return _skip(delivery, reasons.ERASED)
        if delivery.expires_at and delivery.expires_at <= self.now:
            return _skip(delivery, reasons.EXPIRED, at=delivery.expires_at.isoformat())
        if wait := self._unsettled(delivery, facts):
            return wait
        address = self._address(delivery, facts)
        if isinstance(address, Change):
            return address
        if not delivery.is_service and (why := self.forbidden[delivery.channel].get(delivery.person_id)):
            return _skip(delivery, reasons.UNSUBSCRIBED if why == "consent-withdrawn" else reasons.NO_CONSENT)
        if sender is None:
            return put_off(delivery, reasons.NOT_CONFIGURED, self.now + LOOK_AGAIN)
        if pause_ends := sender.pause_ends(self.now):
            by_hand = not sender.health
            key = reasons.SENDER_PAUSED if by_hand else reasons.SENDER_TROUBLE
            return put_off(delivery, key, min(pause_ends, self.now + LOOK_AGAIN), trouble=sender.health)
        if not delivery.is_service and not self.has_address:  # its link to unsubscribe would lead nowhere
            return put_off(delivery, reasons.NO_PUBLIC_ADDRESS, self.now + LOOK_AGAIN)
        if not delivery.is_service and (wait := self._untimely(delivery, facts)):
            return wait
        return address

    def _unsettled(self, delivery: Delivery, facts: Facts) -> Change | None:
        """Nobody vouches for this person yet: it waits for a confirmation or a colleague's word."""
        waiting = self.waiting.get(delivery.person_id)
        if waiting is None:
            return None
        has_address = bool(delivery.address or facts.addresses.get(identity_kind(delivery.channel)))
        missing = self.forbidden.get(delivery.channel, {}).get(delivery.person_id, "")
        if waiting.is_held:
            key = reasons.TOO_MANY_NEW
        elif waiting.is_claimed and not has_address:
            key = reasons.CLAIMED
        elif missing and delivery.channel in waiting.channels and not delivery.is_service:
            key = reasons.NOT_CONFIRMED
        else:
            return None
        return put_off(delivery, key, self.now + ASK_FOR_A_WORD)

    def name_of(self, delivery: Delivery) -> str:
        return self.facts[delivery.person_id].name

    def _address(self, delivery: Delivery, facts: Facts) -> str | Change:
        kind = identity_kind(delivery.channel)
        known = [delivery.address] if delivery.address else facts.addresses.get(kind, [])
        if not known:
            return _skip(delivery, reasons.NO_ADDRESS)
        why = ""
        for value in known:
            why = self.blocked.get((kind, value), "")
            if not why and not delivery.is_service and (delivery.channel, kind, value) in self.refused:
                why = "unsubscribed"
            if not why or (delivery.is_service and why in _STILL_SERVED):
                return value
        key = reasons.UNSUBSCRIBED if why == "unsubscribed" else reasons.SUPPRESSED
        return _skip(delivery, key, why=why)

    def _untimely(self, delivery: Delivery, facts: Facts) -> Change | None:
        """Quiet hours, another message just going out, too many of late: time cures all of them."""
        workspace = self.workspace
        zone = zone_of(
            timezone=facts.timezone,
            city=facts.city,
            country=facts.country,
            phones=facts.phones,
            default=workspace.timezone,
        )
        until = quiet_until(at=self.now, zone=zone, quiet_from=workspace.quiet_from, until=workspace.quiet_until)
        if until:
            local = self.now.astimezone(zone)
            return put_off(delivery, reasons.QUIET_HOURS, until, local=f"{local:%H:%M}", zone=zone.key)
        if facts.is_busy:
            # some disorder, so that two workers which held each other's person do not meet again
            return put_off(delivery, reasons.BUSY, self.now + timedelta(seconds=2 + delivery.id % 7))
        if workspace.cap_touches and len(facts.touches) >= workspace.cap_touches:
            frees = facts.touches[-workspace.cap_touches] + timedelta(days=workspace.cap_days)
            return put_off(
                delivery,
                reasons.FREQUENCY_CAP,
                frees + timedelta(seconds=1),
                count=len(facts.touches),
                days=workspace.cap_days,
                zone=zone.key,
            )
        facts.touches.append(self.now)
        return None


def _throttled(judged: Judged, *, now: datetime) -> Judged:
    """Take the senders' right to send; what finds no room waits its turn."""
    by_sender: dict[int, list[Cleared]] = defaultdict(list)
    for cleared in judged.cleared:
        by_sender[cleared.sender.pk].append(cleared)
    going: list[Cleared] = []
    for group in by_sender.values():
        sender = group[0].sender
        granted = throttling.book(sender, len(group), now=now)
        going += group[:granted]
        judged.held += [
            put_off(one.delivery, reasons.THROTTLED, throttling.turn(sender, place, now=now), rate=sender.per_minute)
            for place, one in enumerate(group[granted:])
        ]
    return Judged(going, judged.held)


def _skip(delivery: Delivery, reason: str, **params: Any) -> Change:
    return Change(delivery.person_id, delivery.id, DeliveryState.SKIPPED, reason, params)


def put_off(delivery: Delivery, reason: str, until: datetime, **params: Any) -> Change:
    """The delivery stays in the outbox until then."""
    return Change(
        delivery.person_id, delivery.id, DeliveryState.QUEUED, reason, {**params, "until": until.isoformat()}, until
    )
