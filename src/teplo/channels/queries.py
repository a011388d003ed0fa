"""All SQL of the outbox: facts about many people at once, and writes of many deliveries in one statement."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from django.db import connection
from django.db.models import BooleanField, Q, Value

from teplo.channels.models import Delivery, DeliveryState
from teplo.kit.claim import lease_held
from teplo.kit.clock import SKEW
from teplo.people.models import Identity, Person, SharedContact
from teplo.people.public_words import PUBLIC
from teplo.people.queries import as_table, rows_of
from teplo.people.sharing import addresses_shared_by

_PHONES = ("phone", "whatsapp", "viber")


@dataclass(slots=True)
class Facts:
    """What must be known of a person before anything is sent to him."""

    name: str = ""
    erased: bool = False
    timezone: str = ""
    city: str = ""
    country: str = ""
    addresses: dict[str, list[str]] = field(default_factory=dict)
    touches: list[datetime] = field(default_factory=list)
    is_busy: bool = False

    @property
    def phones(self) -> Iterable[str]:
        """Numbers that may tell the country."""
        return (number for kind in _PHONES for number in self.addresses.get(kind, ()))


def facts_of(
    person_ids: Iterable[int], *, kinds: Iterable[str], touched_since: datetime, owner: str, now: datetime
) -> dict[int, Facts]:
    """Three statements, whatever the number of people. People who do not exist are not answered."""
    ids = sorted(set(person_ids))
    people = Person.objects.filter(pk__in=ids).values_list(
        "id", "first_name", "last_name", "erased_at", "timezone", "city", "country"
    )
    found = {row[0]: Facts(f"{row[1]} {row[2]}".strip(), row[3] is not None, row[4], row[5], row[6]) for row in people}
    wanted = sorted({*kinds, *_PHONES})
    for person_id, kind, value in _addresses_of(ids, wanted):
        if person_id in found and value not in found[person_id].addresses.get(kind, ()):
            found[person_id].addresses.setdefault(kind, []).append(value)
    _add_touches(found, ids, since=touched_since, owner=owner, now=now)
    return found


def _addresses_of(ids: Sequence[int], kinds: Sequence[str]) -> Iterable[tuple[int, str, str]]:
    """Their own, the main ones first, then those of others that they share."""
    own = Identity.objects.filter(person_id__in=ids, kind__in=kinds).annotate(place=Value(0))
    shared = SharedContact.objects.filter(person_id__in=ids, kind__in=kinds).exclude(source__startswith=PUBLIC)
    told = shared.annotate(place=Value(1), main=Value(False, output_field=BooleanField()))
    rows = own.values_list("person_id", "kind", "value", "place", "is_main", "created_at").union(
        told.values_list("person_id", "kind", "value", "place", "main", "since"), all=True
    )
    return [(row[0], row[1], row[2]) for row in rows.order_by("place", "-is_main", "created_at")]


def phones_of(person_ids: Iterable[int]) -> dict[int, list[str]]:
    """Numbers that may tell where people live, the main ones first."""
    found: dict[int, list[str]] = {}
    person_ids = sorted(set(person_ids))
    rows = Identity.objects.filter(person_id__in=person_ids, kind__in=_PHONES)
    for person_id, value in rows.order_by("-is_main", "created_at").values_list("person_id", "value"):
        found.setdefault(person_id, []).append(value)
    for person_id, contacts in addresses_shared_by(person_ids, _PHONES).items():
        found.setdefault(person_id, []).extend(value for _, value in contacts)
    return found


def _add_touches(found: dict[int, Facts], ids: list[int], *, since: datetime, owner: str, now: datetime) -> None:
    """Messages of late, over all channels together, and whether another worker is at one this moment."""
    taken_elsewhere = Q(state=DeliveryState.QUEUED) & lease_held(now) & ~Q(lease_owner=owner)
    of_late = Q(sent_at__gt=since, sent_at__lte=now + SKEW)  # not what a clock that was ahead has sent "tomorrow"
    rows = Delivery.objects.filter(of_late | taken_elsewhere, person_id__in=ids, is_service=False)
    for person_id, state, sent_at in rows.order_by("sent_at").values_list("person_id", "state", "sent_at"):
        if person_id in found:
            if state == DeliveryState.QUEUED:
                found[person_id].is_busy = True
            elif sent_at:
                found[person_id].touches.append(sent_at)


@dataclass(frozen=True, slots=True)
class Change:
    """What becomes of one delivery; written together with others in one statement."""

    person_id: int
    id: int
    state: str
    reason: str = ""
    params: dict[str, Any] = field(default_factory=dict)
    due_at: datetime | None = None
    sent_at: datetime | None = None
    attempts_added: int = 0
    answer: str = ""


_CHANGE_COLUMNS = {
    "person": "bigint", "delivery": "bigint", "new_state": "text", "why": "text", "params": "jsonb",
    "due": "timestamptz", "sent": "timestamptz", "added": "integer", "answer": "text",
}  # fmt: skip
# The guards stand within a CASE, lest PostgreSQL believe that one row holds to them: see kit.claim.
_CHANGE = """
UPDATE channels_delivery SET
    state = v.new_state, reason = v.why, reason_params = v.params, due_at = COALESCE(v.due, due_at), sent_at = v.sent,
    attempts = attempts + v.added, provider_answer = v.answer,
    lease_owner = CASE WHEN v.new_state = 'uncertain' THEN lease_owner ELSE '' END, lease_until = NULL
FROM {table}
WHERE channels_delivery.person_id = v.person AND channels_delivery.id = v.delivery
    AND CASE WHEN channels_delivery.lease_owner = %s AND channels_delivery.state IN ({states}) THEN TRUE ELSE FALSE END
RETURNING channels_delivery.id
"""


def write_changes(changes: Sequence[Change], *, owner: str, states: Sequence[str]) -> set[int]:
    """Write `changes` of deliveries that `owner` still holds in one of `states`; answers the ids that were."""
    if not changes:
        return set()
    rows = [
        (c.person_id, c.id, c.state, c.reason, json.dumps(c.params), _moment(c.due_at), _moment(c.sent_at))
        + (c.attempts_added, c.answer)
        for c in sorted(changes, key=lambda change: (change.person_id, change.id))
    ]
    table, values = as_table("v", _CHANGE_COLUMNS, rows)
    statement = _CHANGE.format(table=table, states=", ".join(["%s"] * len(states)))
    return {row[0] for row in rows_of(statement, [*values, owner, *states])}


@dataclass(frozen=True, slots=True)
class Mark:
    """A delivery about to be handed over."""

    person_id: int
    id: int
    address: str
    sender_id: int
    template_version: int
    message_id: str


_MARK_COLUMNS = {
    "person": "bigint", "delivery": "bigint", "whither": "text", "sender": "bigint", "version": "integer",
    "message": "text",
}  # fmt: skip
_MARK = """
UPDATE channels_delivery SET
    state = 'sending', reason = '', attempts = attempts + 1, address = v.whither, sender_id = v.sender,
    template_version = v.version, message_id = v.message, sent_at = %s, lease_until = %s
FROM {table}
WHERE channels_delivery.person_id = v.person AND channels_delivery.id = v.delivery
    AND CASE WHEN channels_delivery.lease_owner = %s AND channels_delivery.state = 'queued' THEN TRUE ELSE FALSE END
RETURNING channels_delivery.id
"""


def mark_sending(marks: Sequence[Mark], *, owner: str, now: datetime, until: datetime) -> set[int]:
    """Mark deliveries as being handed over; answers the ids that are still `owner`'s. Commit before handing over."""
    rows = [
        (m.person_id, m.id, m.address, m.sender_id, m.template_version, m.message_id)
        for m in sorted(marks, key=lambda mark: (mark.person_id, mark.id))
    ]
    if not rows:
        return set()
    table, values = as_table("v", _MARK_COLUMNS, rows)
    statement = _MARK.format(table=table)
    return {row[0] for row in rows_of(statement, [_moment(now), _moment(until), *values, owner])}


def _moment(at: datetime | None) -> Any:
    """A moment as a parameter of hand-written SQL: SQLite has it as text."""
    return str(at.astimezone(UTC).replace(tzinfo=None)) if at and connection.vendor == "sqlite" else at
