"""Reads and bulk writes of journeys: all over whole groups of people, none for one."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from django.db import connection
from django.db.models import Max

from teplo.accounts.workspace import get_workspace
from teplo.channels.models import Delivery
from teplo.channels.queries import phones_of
from teplo.channels.timezones import zone_of
from teplo.journeys.models import Enrolment, EnrolmentState
from teplo.kit.among import among
from teplo.kit.claim import LONGEST_LEASE
from teplo.kit.remembering import Remembered
from teplo.people.models import Person
from teplo.people.queries import as_table, execute, ids_in, rows_of
from teplo.tracking.models import Activity, Tally


def activity_ids() -> dict[str, int]:
    """Ids of activities by key."""
    return _activity_ids()


_activity_ids: Remembered[dict[str, int]] = Remembered(lambda: Activity.objects.values_list("key", "pk"), dict)


_known_zones: ContextVar[Mapping[int, ZoneInfo]] = ContextVar("known_zones", default={})  # noqa: B039 - never changed


@contextmanager
def with_zones_of(person_ids: Sequence[int]) -> Iterator[None]:
    """Ask once where these people live, for whoever asks within."""
    token = _known_zones.set(time_zones(person_ids))
    try:
        yield
    finally:
        _known_zones.reset(token)


def time_zones(person_ids: Sequence[int]) -> Mapping[int, ZoneInfo]:
    """Where each person lives, as quiet hours see it: own zone, city, country, phone, else the workspace's."""
    known = _known_zones.get()
    if known and all(person in known for person in person_ids):
        return known
    usual = get_workspace().timezone
    places = {
        person: place
        for person, *place in Person.objects.filter(pk__in=person_ids).values_list("pk", "timezone", "city", "country")
    }
    told_by_phone = [person for person, (own, _city, country) in places.items() if not (own or country)]
    phones = phones_of(told_by_phone) if told_by_phone else {}
    zones = {}
    for person in person_ids:
        own, city, country = places.get(person, ("", "", ""))
        zones[person] = zone_of(timezone=own, city=city, country=country, phones=phones.get(person, ()), default=usual)
    return zones


def did_since(*, activity_id: int, since: Mapping[int, datetime]) -> set[int]:
    """Which of these people did the activity after their own moment."""
    rows = (
        Tally.objects.filter(person_id__in=list(since), activity_id=activity_id)
        .values_list("person_id")
        .annotate(last=Max("last_at"))
    )
    return {person for person, last in rows if last > since[person]}


class Due(NamedTuple):
    """A claimed enrolment, with what the engine needs of it and nothing else."""

    person_id: int
    id: int
    journey_id: int
    version_id: int
    step: str
    pass_number: int
    waiting_for: int | None
    step_since: datetime
    due_at: datetime


def claim_due(*, journey_ids: Sequence[int], owner: str, until: datetime, at: datetime, limit: int) -> list[Due]:
    """Take the due enrolments of these journeys under a lease, the longest overdue first.

    The same statement as `kit.claim`, answering few columns and no model: half of a tick was spent on those.
    """
    if not journey_ids:
        return []
    moment, later, farthest = map(connection.ops.adapt_datetimefield_value, (at, until, at + LONGEST_LEASE))
    condition, ids = ids_in("journey_id", journey_ids)
    free = "(lease_until IS NULL OR lease_until <= %s OR lease_until > %s)"
    guard = f"state = 'active' AND due_at <= %s AND {condition} AND {free}"
    guarded = [moment, ids, moment, farthest]
    columns = ", ".join(Due._fields)
    if connection.vendor == "sqlite":  # as text, so that a moment common to many is read once
        columns = columns.replace("step_since, due_at", "step_since || '', due_at || ''")
    rows = rows_of(
        # the outer guard within a CASE: see kit.claim
        f"UPDATE {_ENROLMENT} SET lease_owner = %s, lease_until = %s "  # noqa: S608
        f"WHERE CASE WHEN {guard} THEN TRUE ELSE FALSE END AND (person_id, id) IN "
        f"(SELECT person_id, id FROM {_ENROLMENT} WHERE {guard} ORDER BY due_at LIMIT %s) "
        f"RETURNING {columns}",
        [owner, later, *guarded, *guarded, limit],
    )
    if connection.vendor == "sqlite":
        return [Due._make((*row[:-2], *map(_from_sqlite, row[-2:]))) for row in rows]
    return [Due(*row) for row in rows]


@lru_cache(maxsize=4096)
def _from_sqlite(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@lru_cache(maxsize=4096)
def _to_sqlite(moment: datetime) -> str:
    """A moment as Django stores it, so that comparisons as text are right."""
    return str(connection.ops.adapt_datetimefield_value(moment))


class Progress(NamedTuple):
    """Where a walk left one enrolment; `pass_before` guards against somebody having moved it meanwhile."""

    person_id: int
    id: int
    pass_before: int
    version_id: int
    state: str
    step: str
    pass_number: int
    due_at: datetime | None
    waiting_for: int | None
    step_since: datetime
    ended_at: datetime | None
    end_reason: str


_TYPES = {
    "person_id": "bigint",
    "id": "bigint",
    "pass_before": "integer",
    "version_id": "bigint",
    "state": "text",
    "step": "text",
    "pass_number": "integer",
    "due_at": "timestamptz",
    "waiting_for": "bigint",
    "step_since": "timestamptz",
    "ended_at": "timestamptz",
    "end_reason": "text",
}
_CHANGES = ", ".join(f"{name} = fresh.{name}" for name in Progress._fields[3:])
_MOMENTS = tuple(place for place, kind in enumerate(_TYPES.values()) if kind == "timestamptz")


def write_progress(rows: Sequence[Progress], *, lease_owner: str) -> set[int]:
    """Write progress of many enrolments in one statement and end their leases.

    Only rows still active, at the same pass and under `lease_owner`'s lease; answers the ids of those that were.
    The ORM has no UPDATE from a list of rows that answers which it found, hence the SQL.
    """
    if not rows:
        return set()
    ordered: list[Sequence[Any]] = sorted(rows, key=lambda row: (row[0], row[1]))
    if connection.vendor == "sqlite":
        ordered = [_for_sqlite(row) for row in ordered]
    # The lease travels as a column: as a constant PostgreSQL would believe that one row has it, and join by scanning.
    fresh, params = as_table("fresh", {**_TYPES, "held_by": "text"}, [(*row, lease_owner) for row in ordered])
    mine = "e.person_id = fresh.person_id AND e.id = fresh.id AND e.pass_number = fresh.pass_before"
    held = rows_of(
        f"UPDATE {_ENROLMENT} AS e SET {_CHANGES}, lease_owner = '', lease_until = NULL "  # noqa: S608
        f"FROM {fresh} WHERE {mine} AND e.lease_owner = fresh.held_by AND e.state = 'active' "
        f"RETURNING {'id' if connection.vendor == 'sqlite' else 'e.id'}",
        params,
    )
    return {row[0] for row in held}


def _for_sqlite(row: Sequence[Any]) -> list[Any]:
    values = list(row)
    for place in _MOMENTS:
        if values[place] is not None:
            values[place] = _to_sqlite(values[place])
    return values


def wake_waiting(deeds: Sequence[tuple[int, int, datetime]], *, at: datetime) -> int:
    """Make due those who wait for what they just did: deeds are (person, activity, when). At most three statements.

    The first finds what anybody waits for at all, the second the few who do, the third changes them sorted and
    guarded: who was moved meanwhile is left alone.
    """
    waited_for = _waited_for({activity_id for _, activity_id, _ in deeds})
    latest: dict[tuple[int, int], datetime] = {}
    for person_id, activity_id, when in deeds:
        if activity_id in waited_for:
            key = (person_id, activity_id)
            latest[key] = max(when, latest.get(key, when))
    if not latest:
        return 0
    waiting = Enrolment.objects.filter(
        state=EnrolmentState.ACTIVE,
        waiting_for__in=waited_for,
        person_id__in=among(person for person, _ in latest),
    ).values_list("person_id", "id", "waiting_for", "step_since", "pass_number")
    woken = [
        (person, row_id, pass_number)
        for person, row_id, activity, since, pass_number in waiting
        if activity is not None and since <= latest.get((person, activity), _NEVER)
    ]
    if not woken:
        return 0
    table, params = as_table("w", {"person": "bigint", "row_id": "bigint", "pass": "integer"}, sorted(woken))
    moment = connection.ops.adapt_datetimefield_value(at)
    return execute(
        # the lease goes too: a tick that is just sending him out by timeout shall find that it does not hold him
        f"UPDATE {_ENROLMENT} AS e SET waiting_for = NULL, due_at = %s, lease_owner = '', lease_until = NULL "  # noqa: S608
        f"FROM {table} "
        "WHERE e.person_id = w.person AND e.id = w.row_id AND e.pass_number = w.pass "
        "AND e.state = 'active' AND e.waiting_for IS NOT NULL",
        [moment, *params],
    )


def _waited_for(activity_ids: Collection[int]) -> set[int]:
    """Which of these activities somebody waits for: a look at the index for each, so that batches pay for no more."""
    if not activity_ids:
        return set()
    condition, ids = ids_in("a.id", activity_ids)
    someone = f"SELECT 1 FROM {_ENROLMENT} e WHERE e.state = 'active' AND e.waiting_for = a.id"  # noqa: S608
    rows = rows_of(f"SELECT a.id FROM {_ACTIVITY} a WHERE {condition} AND EXISTS ({someone})", [ids])  # noqa: S608
    return {row[0] for row in rows}


def end_enrolments(rows: Sequence[tuple[int, int]], *, state: str, reason: str, at: datetime) -> int:
    """End walks, given as (person, enrolment), that are still going on; answers how many were."""
    if not rows:
        return 0
    return Enrolment.objects.filter(
        state=EnrolmentState.ACTIVE, person_id__in=[row[0] for row in rows], id__in=[row[1] for row in rows]
    ).update(
        state=state, end_reason=reason, ended_at=at, due_at=None, waiting_for=None, lease_owner="", lease_until=None
    )


def letters_reached(*, person_of: Mapping[int, int], step: str, reaction: str) -> set[int]:
    """Which of these enrolments (id → person) had their last letter of `step` sent, opened or clicked by a human."""
    letters = (
        Delivery.objects.filter(enrolment_id__in=list(person_of), person_id__in=set(person_of.values()), step=step)
        .order_by("pass_number")
        .values_list("enrolment_id", f"{reaction}_at", "clicked_at")
    )
    # a click counts as an open: pictures are often blocked where links are followed
    last = {row_id: moment or (clicked if reaction == "opened" else None) for row_id, moment, clicked in letters}
    return {row_id for row_id, moment in last.items() if row_id is not None and moment is not None}


def unopened_in_a_row(*, person_of: Mapping[int, int], letters: int) -> set[int]:
    """Which of these enrolments (id → person) left at least so many of their last letters unopened."""
    sent = (
        Delivery.objects.filter(
            enrolment_id__in=list(person_of), person_id__in=set(person_of.values()), sent_at__isnull=False
        )
        .order_by("-sent_at")
        .values_list("enrolment_id", "opened_at", "clicked_at")
    )
    streak: dict[int, list[bool]] = {}
    for row_id, opened_at, clicked_at in sent:
        streak.setdefault(row_id or 0, []).append(opened_at is None and clicked_at is None)
    return {row_id for row_id, quiet in streak.items() if len(quiet) >= letters and all(quiet[:letters])}


_ACTIVITY = Activity._meta.db_table
_ENROLMENT = Enrolment._meta.db_table
_NEVER = datetime.min.replace(tzinfo=UTC)
