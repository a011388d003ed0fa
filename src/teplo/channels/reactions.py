"""What a person does with a letter: opens it, follows a link, asks not to be written to (R9, R32).

Recorded raw, as events in the inbox; who was a human being is decided in the pipeline.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from teplo.channels import links
from teplo.channels.models import Channel, Delivery
from teplo.channels.preflight import identity_kind
from teplo.channels.telling import letter_event
from teplo.kit.clock import now
from teplo.people.changing import note_changed
from teplo.people.consent import ConsentWord, record_consents
from teplo.people.models import Consent, ConsentState, Identity, Merge, Person, SharedContact
from teplo.people.suppression import lift, suppress, suppressed
from teplo.tracking.inbox import put_events

OWN = "own"


@dataclass(frozen=True, slots=True)
class Visit:
    """How a page of a letter was asked for."""

    user_agent: str = ""
    method: str = "GET"


@dataclass(frozen=True, slots=True)
class Copy:
    """Whose letter a token belongs to. `delivery` is None for a test letter and when it is gone."""

    person_id: int
    delivery: Delivery | None


def find_copy(purpose: str, token: str, more: str = "") -> Copy | None:
    """The copy a signed token speaks of, also after its person was merged into another; None: not signed by us."""
    read = links.read(purpose, token, more)
    if read is None:
        return None
    person_id, delivery_id = read
    delivery = Delivery.objects.filter(person_id=person_id, id=delivery_id).first()
    while delivery is None and (winner := _winner_of(person_id)):
        person_id = winner
        delivery = Delivery.objects.filter(person_id=person_id, id=delivery_id).first()
    return Copy(person_id, delivery)


def _winner_of(person_id: int) -> int | None:
    merges = Merge.objects.filter(loser_id=person_id, undone_at=None).order_by("-at")
    return merges.values_list("winner_id", flat=True).first()


def note_open(token: str, visit: Visit) -> None:
    """The picture of a copy was loaded."""
    copy = find_copy(links.OPEN, token)
    if copy and copy.delivery:
        _note("letter-opened", copy.delivery, visit)


def note_click(token: str, url: str, visit: Visit) -> bool:
    """A link of a copy was followed; False when we never wrote this link, so nobody is led anywhere."""
    copy = find_copy(links.CLICK, token, url)
    if copy and copy.delivery:
        _note("letter-clicked", copy.delivery, visit, url=url)
    return copy is not None


def _note(name: str, delivery: Delivery, visit: Visit, *, url: str = "") -> None:
    at = now()
    event = letter_event(name, delivery, at=at, url=url, method=visit.method, seconds=_since_sending(delivery))
    event["user_agent"] = visit.user_agent[:500]
    put_events([{**event, "url": url[:2000]} if url else event], origin=OWN)


def _since_sending(delivery: Delivery) -> int | None:
    return int((now() - delivery.sent_at).total_seconds()) if delivery.sent_at else None


@transaction.atomic
def unsubscribe(copy: Copy, *, source: str, proof: Mapping[str, Any] | None = None) -> None:
    """No more marketing on this channel: consent withdrawn, the address blocked for it. Twice is once."""
    at = now()
    channel = copy.delivery.channel if copy.delivery else Channel.EMAIL
    record_consents(
        [ConsentWord(copy.person_id, channel, state=ConsentState.WITHDRAWN, at=at, source=source, proof=proof or {})]
    )
    suppress(_addresses(copy, channel), reason="unsubscribed", at=at)
    if copy.delivery and copy.delivery.unsubscribed_at is None:
        Delivery.objects.filter(pk=copy.delivery.pk).update(unsubscribed_at=at)
        put_events([letter_event("unsubscribed", copy.delivery, at=at)], origin=OWN)
    note_changed([copy.person_id], "consent", at=at)


@transaction.atomic
def choose_channels(copy: Copy, *, allowed: Mapping[str, bool], source: str) -> None:
    """The person's own choice for each channel. A yes lifts a block that came of his own unsubscribing."""
    at = now()
    before = current_choices(copy.person_id)
    changed = {channel: yes for channel, yes in allowed.items() if before.get(channel) != yes}
    record_consents(
        [
            ConsentWord(
                copy.person_id,
                channel,
                state=ConsentState.GIVEN if yes else ConsentState.WITHDRAWN,
                at=at,
                source=source,
            )
            for channel, yes in sorted(changed.items())
        ]
    )
    for channel, yes in changed.items():
        addresses = _addresses(copy, channel)
        if yes:
            lift(_left_by_himself(addresses))
        else:
            suppress(addresses, reason="unsubscribed", at=at)
    if changed:
        note_changed([copy.person_id], "consent", at=at)


def current_choices(person_id: int) -> dict[str, bool]:
    """What the person has said so far, by channel."""
    rows = Consent.objects.filter(person_id=person_id, is_current=True).values_list("channel", "state")
    return {channel: state == ConsentState.GIVEN for channel, state in rows}


def reachable_channels(person_id: int) -> list[str]:
    """The channels for which we know an address of this person."""
    kinds = set(Identity.objects.filter(person_id=person_id).values_list("kind", flat=True))
    kinds |= set(SharedContact.objects.filter(person_id=person_id).values_list("kind", flat=True))
    return [channel for channel in Channel.values if identity_kind(channel) in kinds]


def language_of(copy: Copy) -> str:
    """The language this person is spoken to in; empty when unknown."""
    return Person.objects.filter(pk=copy.person_id).values_list("language", flat=True).first() or ""


def _addresses(copy: Copy, channel: str) -> list[tuple[str, str]]:
    """All the person's addresses on a channel and the one this letter went to."""
    kind = identity_kind(channel)
    values = set(Identity.objects.filter(person_id=copy.person_id, kind=kind).values_list("value", flat=True))
    shared = SharedContact.objects.filter(person_id=copy.person_id, kind=kind)
    values |= set(shared.values_list("value", flat=True))
    if copy.delivery and copy.delivery.channel == channel and copy.delivery.address:
        values.add(copy.delivery.address)
    return sorted((kind, value) for value in values)


def _left_by_himself(addresses: list[tuple[str, str]]) -> list[tuple[str, str]]:
    from_him = suppressed(addresses)
    return [contact for contact, reason in from_him.items() if reason == "unsubscribed"]
