"""The durable inbox: what stands here was acknowledged and will be counted exactly once (ARCHITECTURE §6)."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from django.db import connection, transaction
from django.db.models import F, Sum
from django.db.models.functions import Coalesce

from teplo.kit import bulk
from teplo.kit.clock import now
from teplo.kit.ids import new_ids
from teplo.tracking import queries
from teplo.tracking.incoming import OWN, Stored, encode, lane_of, pack, read_event, unpack
from teplo.tracking.models import InboxRow

MAX_PARCEL = 500  # events in a row: small enough that a batch can be of any size
SUSPECT_AFTER = 4
"""Workers that died with a row in their hands before it is taken alone, and then apart."""
_CLAIMS = 5  # another worker may choose the same rows and be faster; the next ones are free
COLUMNS = ("id", "received_at", "origin", "payload", "events", "lane", "attempts", "lease_owner")

Parcel = tuple[str, int, datetime, list[bytes]]
"""Origin, lane, when received, and events encoded."""

_LANES = 16

arrived = threading.Event()
"""Set when something came in through this process, so that its worker need not wait for its next look."""


def put_events(events: Sequence[dict[str, Any]], *, origin: str) -> int:
    """Put events (the collector's JSON as dicts) in the inbox, in the caller's transaction; answers how many.

    From our own code: a person may be named by id and a time may be long ago. Raises EventRefused for the first
    event that cannot be taken, and then takes none.
    """
    received_at = now()
    received_ms = int(received_at.timestamp() * 1000)
    stored = [read_event(encode(event), origin=origin, received_ms=received_ms, door=OWN) for event in events]
    write_parcels(sort_by_lane(origin, received_at, stored))
    transaction.on_commit(arrived.set)
    return len(stored)


@cache
def _is_sqlite() -> bool:
    """Asked for every request, and `connection` is slow to answer: it looks up whose it is."""
    return connection.vendor == "sqlite"


def lanes() -> int:
    """How many lanes the inbox has: on SQLite, which has one writer, more than one would only cost."""
    return 1 if _is_sqlite() else _LANES


def sort_by_lane(origin: str, received_at: datetime, events: Iterable[Stored]) -> list[Parcel]:
    """Parcels of one origin, each for one lane."""
    count = lanes()
    found: dict[int, list[bytes]] = {}
    for event in events:
        found.setdefault(lane_of(event, count), []).append(encode(event))
    return [(origin, lane, received_at, encoded) for lane, encoded in found.items()]


def write_parcels(parcels: Iterable[Parcel]) -> None:
    """Write events as inbox rows of at most MAX_PARCEL events each, in the caller's transaction."""
    cut = [
        (received_at, origin, lane, events[start : start + MAX_PARCEL])
        for origin, lane, received_at, events in parcels
        for start in range(0, len(events), MAX_PARCEL)
    ]
    ids = new_ids(len(cut)) if cut else []
    rows = [
        (row_id, received_at, origin, pack(events), len(events), lane, 0, "")
        for row_id, (received_at, origin, lane, events) in zip(ids, cut, strict=True)
    ]
    if rows:
        bulk.insert(InboxRow, COLUMNS, rows)


def claim_parcels(*, events: int, owner: str, lease: timedelta) -> list[InboxRow]:
    """The oldest free rows that hold about `events` events together (at least one row), ours for `lease`.

    On SQLite, which has one writer, nothing is leased: `remove_parcels` sees whether another one was faster.
    """
    for _ in range(_CLAIMS):
        moment = now()
        ids = queries.oldest_parcels(events=events, at=moment, suspect_after=SUSPECT_AFTER)
        if not ids:
            return []
        if connection.vendor == "sqlite":
            return list(InboxRow.objects.filter(id__in=ids).order_by("id"))
        if taken := queries.lease_parcels(ids, owner=owner, at=moment, until=moment + lease):
            return taken
    return []


def split_parcel(parcel: InboxRow) -> None:
    """Put each event of a parcel that workers die of into a row of its own, to find the one to blame."""
    rows = [
        (row_id, parcel.received_at, parcel.origin, pack([encode(event)]), 1, parcel.lane, SUSPECT_AFTER, "")
        for row_id, event in zip(new_ids(parcel.events), unpack(parcel.payload), strict=True)
    ]
    with transaction.atomic():
        if remove_parcels([parcel]):
            bulk.insert(InboxRow, COLUMNS, rows)


def remove_parcels(parcels: Sequence[InboxRow]) -> bool:
    """Delete rows that are done, in the transaction that stored their events; False: another worker has taken them."""
    ids = [parcel.id for parcel in parcels]
    removed, _ = InboxRow.objects.filter(id__in=ids, lease_owner=parcels[0].lease_owner).delete()
    return removed == len(ids)


def give_back(parcels: Sequence[InboxRow], *, is_untried: bool = False) -> None:
    """Let another worker take rows at once (after a failure that is not theirs).

    `is_untried`: this attempt does not count against them, however often the database fails.
    """
    held = InboxRow.objects.filter(id__in=[p.id for p in parcels], lease_owner=parcels[0].lease_owner)
    held.update(lease_owner="", lease_until=None, attempts=F("attempts") - 1 if is_untried else F("attempts"))


def depth() -> tuple[int, float]:
    """How many events wait, and for how many seconds the oldest has."""
    waiting = InboxRow.objects.aggregate(events=Coalesce(Sum("events"), 0))["events"]
    oldest = InboxRow.objects.order_by("id").values_list("received_at", flat=True).first()
    return waiting, max(0.0, (now() - oldest).total_seconds()) if oldest else 0.0


def moment_of(milliseconds: int) -> datetime:
    """An aware datetime from milliseconds since 1970."""
    return datetime.fromtimestamp(milliseconds / 1000, UTC)
