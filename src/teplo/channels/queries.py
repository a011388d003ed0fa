"""All SQL of the outbox: facts about many people at once, and writes of many deliveries in one statement."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from django.db import connection
from django.db.models import Q

from teplo.channels.models import Delivery, DeliveryState
from teplo.people.models import Identity, Person

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
    addresses = Identity.objects.filter(person_id__in=ids, kind__in=wanted).order_by("-is_main", "created_at")
    for person_id, kind, value in addresses.values_list("person_id", "kind", "value"):
        if person_id in found:
            found[person_id].addresses.setdefault(kind, []).append(value)
    _add_touches(found, ids, since=touched_since, owner=owner, now=now)
    return found


def _add_touches(found: dict[int, Facts], ids: list[int], *, since: datetime, owner: str, now: datetime) -> None:
    """Messages of late, over all channels together, and whether another worker is at one this moment."""
    taken_elsewhere = Q(state=DeliveryState.QUEUED, lease_until__gt=now) & ~Q(lease_owner=owner)
    rows = Delivery.objects.filter(Q(sent_at__gt=since) | taken_elsewhere, person_id__in=ids, is_service=False)
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


_CHANGE = """
UPDATE channels_delivery SET
    state = v.column3, reason = v.column4, reason_params = {json},
    due_at = COALESCE({due}, due_at), sent_at = {sent},
    attempts = attempts + v.column8, provider_answer = v.column9,
    lease_owner = CASE WHEN v.column3 = 'uncertain' THEN lease_owner ELSE '' END, lease_until = NULL
FROM (VALUES {rows}) AS v
WHERE channels_delivery.person_id = v.column1 AND channels_delivery.id = v.column2
    AND channels_delivery.lease_owner = %s AND channels_delivery.state IN ({states})
RETURNING channels_delivery.id
"""


def write_changes(changes: Sequence[Change], *, owner: str, states: Sequence[str]) -> set[int]:
    """Write `changes` of deliveries that `owner` still holds in one of `states`; answers the ids that were."""
    if not changes:
        return set()
    rows = [
        (c.person_id, c.id, c.state, c.reason, json.dumps(c.params), c.due_at, c.sent_at, c.attempts_added, c.answer)
        for c in sorted(changes, key=lambda change: (change.person_id, change.id))
    ]
    return _update(_CHANGE, rows, [owner, *states], states=", ".join(["%s"] * len(states)))


@dataclass(frozen=True, slots=True)
class Mark:
    """A delivery about to be handed over."""

    person_id: int
    id: int
    address: str
    sender_id: int
    template_version: int
    message_id: str


_MARK = """
UPDATE channels_delivery SET
    state = 'sending', reason = '', attempts = attempts + 1, address = v.column3, sender_id = v.column4,
    template_version = v.column5, message_id = v.column6, sent_at = {now}, lease_until = {until}
FROM (VALUES {rows}) AS v
WHERE channels_delivery.person_id = v.column1 AND channels_delivery.id = v.column2
    AND channels_delivery.lease_owner = %s AND channels_delivery.state = 'queued'
RETURNING channels_delivery.id
"""


def mark_sending(marks: Sequence[Mark], *, owner: str, now: datetime, until: datetime) -> set[int]:
    """Mark deliveries as being handed over; answers the ids that are still `owner`'s. Commit before handing over."""
    rows = [
        (m.person_id, m.id, m.address, m.sender_id, m.template_version, m.message_id)
        for m in sorted(marks, key=lambda mark: (mark.person_id, mark.id))
    ]
    return _update(_MARK, rows, [owner], moments={"now": now, "until": until})


def _update(
    statement: str,
    rows: list[tuple[Any, ...]],
    tail: list[Any],
    *,
    moments: dict[str, datetime] | None = None,
    **parts: str,
) -> set[int]:
    """`statement` with its rows as VALUES; types are said once, in the first row, for PostgreSQL."""
    on_postgres = connection.vendor == "postgresql"
    one = f"({', '.join(['%s'] * len(rows[0]))})"
    first = f"({', '.join(_typed(value, on_postgres) for value in rows[0])})"
    shapes = {
        "json": "v.column5::jsonb" if on_postgres else "v.column5",
        "due": "v.column6::timestamptz" if on_postgres else "v.column6",
        "sent": "v.column7::timestamptz" if on_postgres else "v.column7",
        **dict.fromkeys(moments or {}, "%s"),
        **parts,
    }
    sql = statement.format(rows=", ".join([first, *[one] * (len(rows) - 1)]), **shapes)
    values = [*(moments or {}).values(), *(value for row in rows for value in row), *tail]
    with connection.cursor() as cursor:
        cursor.execute(sql, values if on_postgres else [_for_sqlite(value) for value in values])
        return {row[0] for row in cursor.fetchall()}


def _typed(value: Any, on_postgres: bool) -> str:
    if not on_postgres:
        return "%s"
    if isinstance(value, int):
        return "%s::bigint"
    return "%s::timestamptz" if value is None or isinstance(value, datetime) else "%s::text"


def _for_sqlite(value: Any) -> Any:
    return str(value.astimezone(UTC).replace(tzinfo=None)) if isinstance(value, datetime) else value
