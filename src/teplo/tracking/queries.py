"""SQL of tracking: claiming parcels, and the statements of a batch that the ORM cannot say."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, date, datetime
from itertools import accumulate, takewhile
from typing import TYPE_CHECKING, Any

from django.db import connection
from django.db.models import Count, F, Sum
from django.db.models.sql import UpdateQuery

from teplo.kit import bulk
from teplo.kit.arrays import as_array
from teplo.kit.claim import lease_free, lease_held
from teplo.kit.reading import read_moments_fast
from teplo.tracking.models import BatchEvent, InboxRow, Presence, Tally

if TYPE_CHECKING:
    from teplo.tracking.tallying import Counting

_LOOK = 4000  # rows looked at for one claim
_MOST_ACQUISITIONS = 4_000  # SQLite takes 32,766 parameters
_BARRIER = 7_130_001  # key of the advisory lock between batches and recounting

BATCH_COLUMNS = tuple(field.column for field in BatchEvent._meta.concrete_fields)
_EVENT_COLUMNS = ", ".join(f'"{name}"' for name in BATCH_COLUMNS if name not in ("day", "seen_at"))
_BATCH_NAMES = ", ".join(f'"{name}"' for name in BATCH_COLUMNS)


def oldest_parcels(*, events: int, at: datetime, suspect_after: int) -> list[int]:
    """Ids of the oldest free inbox rows that hold `events` events together; the last one may exceed it.

    Lane after lane, those nobody works on first: two workers with the same people in their hands would wait for each
    other. A row with which `suspect_after` workers have died already is chosen alone, lest it kill others with it.
    """
    free = InboxRow.objects.filter(lease_free(at)).order_by("id").values_list("id", "events", "attempts", "lane")
    found = list(free[:_LOOK])
    sound = list(takewhile(lambda row: row[2] < suspect_after, found))
    rows = [(row_id, size) for row_id, size, _, _ in (_lane_by_lane(sound, at) or found[:1])]
    before = accumulate((size for _, size in rows), initial=0)
    fitting = sum(1 for _ in takewhile(lambda total: total < events, before))
    return [row_id for row_id, _ in rows[:fitting]]


def _lane_by_lane(rows: list[tuple[int, int, int, int]], at: datetime) -> list[tuple[int, int, int, int]]:
    """Rows of a lane together, the lane with the oldest row first; lanes that another worker holds come last."""
    if not any(row[3] for row in rows):
        return rows
    busy = set(InboxRow.objects.filter(lease_held(at)).values_list("lane", flat=True).distinct())
    oldest: dict[int, int] = {}
    for row in rows:
        oldest.setdefault(row[3], row[0])
    return sorted(rows, key=lambda row: (row[3] in busy, oldest[row[3]], row[0]))


def lease_parcels(ids: list[int], *, owner: str, at: datetime, until: datetime) -> list[InboxRow]:
    """Take rows that are still free; answers those taken, oldest first."""
    update = UpdateQuery(InboxRow)
    update.where = InboxRow.objects.filter(lease_free(at), id__in=ids).query.where
    update.add_update_values({"lease_owner": owner, "lease_until": until, "attempts": F("attempts") + 1})
    sql, params = update.get_compiler("default").as_sql()
    names = ", ".join(f'"{field.column}"' for field in InboxRow._meta.concrete_fields)
    return sorted(InboxRow.objects.raw(f"{sql} RETURNING {names}", params), key=lambda row: row.id)


def begin_batch() -> None:
    """Make the batch table of this connection, empty; and let a recounting that begins now wait for this batch."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(f"SELECT pg_advisory_xact_lock_shared({_BARRIER})")
        cursor.execute(_batch_ddl())
        cursor.execute("DELETE FROM tracking_batch")


def wait_for_batches() -> None:
    """Wait until every batch now under way has ended; those that begin later see what is committed by now."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT pg_advisory_xact_lock({_BARRIER})")


def _batch_ddl() -> str:
    columns = ", ".join(f'"{field.column}" {field.db_type(connection)}' for field in BatchEvent._meta.concrete_fields)
    tail = " ON COMMIT DELETE ROWS" if connection.vendor == "postgresql" else ""
    return f"CREATE TEMP TABLE IF NOT EXISTS tracking_batch ({columns}){tail}"


def load_batch(rows: Sequence[tuple[Any, ...]]) -> None:
    """Put events into the batch table; values as texts, in the order of BATCH_COLUMNS."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with cursor.copy(f"COPY tracking_batch ({_BATCH_NAMES}) FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
        else:
            holes = ", ".join(["%s"] * len(BATCH_COLUMNS))
            cursor.executemany(f"INSERT INTO tracking_batch ({_BATCH_NAMES}) VALUES ({holes})", rows)  # noqa: S608


def store_events() -> set[int]:
    """Copy the batch into the journal; answers the ids that were new. Sorted, so that two workers cannot deadlock."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO tracking_event ({_EVENT_COLUMNS}) SELECT {_EVENT_COLUMNS} FROM tracking_batch "  # noqa: S608
            "WHERE TRUE ORDER BY person_id, id ON CONFLICT DO NOTHING RETURNING id"
        )
        return {row[0] for row in cursor.fetchall()}


def drop_from_batch(ids: Sequence[int]) -> None:
    """Take events out of the batch table: they were known before."""
    BatchEvent.objects.filter(id__in=ids).delete()


def note_presence() -> None:
    """First and last seen, and the number of events, of everybody in the batch. Locks their presence until the end."""
    first = bulk.keep_least_of(connection.vendor, "tracking_presence", "first_seen_at")
    last = bulk.keep_greatest_of(connection.vendor, "tracking_presence", "last_seen_at")
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO tracking_presence (person_id, first_seen_at, last_seen_at, events) "  # noqa: S608
            "SELECT person_id, MIN(seen_at), MAX(seen_at), COUNT(*) FROM tracking_batch "
            "WHERE TRUE GROUP BY person_id ORDER BY person_id ON CONFLICT (person_id) DO UPDATE SET "
            f"{first}, {last}, events = tracking_presence.events + excluded.events"
        )


def add_tallies(countings: Sequence[Counting]) -> list[tuple[int, int, datetime]]:
    """Add what the SELECTs count to the tallies; answers person, activity and the last moment of each."""
    later, earlier = ("MAX", "MIN") if connection.vendor == "sqlite" else ("GREATEST", "LEAST")
    union, parameters = _union(countings)
    with connection.cursor() as cursor:
        read_moments_fast(cursor)
        cursor.execute(
            f"INSERT INTO tracking_tally (activity_id, person_id, day, count, first_at, last_at) {union} "
            "ORDER BY 2, 1, 3 ON CONFLICT (person_id, activity_id, day) DO UPDATE SET "
            "count = tracking_tally.count + excluded.count, "
            f"first_at = {earlier}(tracking_tally.first_at, excluded.first_at), "
            f"last_at = {later}(tracking_tally.last_at, excluded.last_at) RETURNING person_id, activity_id, last_at",
            parameters,
        )
        rows = cursor.fetchall()
    if connection.vendor == "sqlite":
        return [(person, activity, _moment(at)) for person, activity, at in rows]
    return list(rows)


def replace_tallies(counting: Counting, *, activity_id: int, first: int, last: int) -> int:
    """Count one activity of a range of people anew."""
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM tracking_tally WHERE activity_id = %s AND person_id BETWEEN %s AND %s",
            (activity_id, first, last),
        )
        if not counting.sql:
            return 0
        union, parameters = _union([counting])
        cursor.execute(
            "INSERT INTO tracking_tally (activity_id, person_id, day, count, first_at, last_at) "
            f"{union} ORDER BY 2, 1, 3",
            parameters,
        )
        return int(cursor.rowcount)


def _union(countings: Sequence[Counting]) -> tuple[str, list[Any]]:
    parts: list[str] = []
    parameters: list[Any] = []
    for number, counting in enumerate(countings):
        names = "(person_id, day, count, first_at, last_at)"
        parts.append(
            f"SELECT {counting.activity_id} AS activity_id, c{number}.* FROM ({counting.sql}) AS c{number}"  # noqa: S608
            + (names if connection.vendor == "postgresql" else "")
            + " WHERE TRUE"
        )
        parameters.extend(counting.parameters)
    return f"SELECT * FROM ({' UNION ALL '.join(parts)}) AS counted WHERE TRUE", parameters  # noqa: S608


def delete_dead_letters(ids: Sequence[int]) -> set[int]:
    """Delete, and answer which of them were still there: two people may press the same button."""
    if not ids:
        return set()
    holes = ", ".join(["%s"] * len(ids))
    with connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM tracking_deadletter WHERE id IN ({holes}) RETURNING id", list(ids))  # noqa: S608
        return {row[0] for row in cursor.fetchall()}


def tallies_by_day(*, first: date) -> dict[int, dict[date, int]]:
    """Activity → day → how often, since a day."""
    rows = (
        Tally.objects.filter(day__gte=first).order_by().values_list("activity_id", "day").annotate(times=Sum("count"))
    )
    found: dict[int, dict[date, int]] = {}
    for activity, day, times in rows:
        found.setdefault(activity, {})[day] = times
    return found


def people_by_activity(*, first: date) -> dict[int, int]:
    """Activity → how many people did it since a day."""
    rows = Tally.objects.filter(day__gte=first).order_by().values_list("activity_id")
    return dict(rows.annotate(people=Count("person", distinct=True)))


def count_present() -> int:
    """How many people have done anything at all."""
    return Presence.objects.count()


def people_who_did(activity_id: int, *, first: int, last: int) -> list[int]:
    """Who of a range has tallies of an activity."""
    rows = Tally.objects.filter(activity_id=activity_id, person_id__gte=first, person_id__lte=last)
    return sorted(set(rows.values_list("person_id", flat=True)))


def hold_people(*, after: int, size: int) -> tuple[int, int, int] | None:
    """Lock the presence of the next `size` people after an id: first, last and how many; None: nobody is left."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT MIN(person_id), MAX(person_id), COUNT(*) FROM (SELECT person_id FROM tracking_presence "
            "WHERE person_id > %s ORDER BY person_id LIMIT %s) AS part",
            (after, size),
        )
        first, last, count = cursor.fetchone()
        if first is None:
            return None
        # Writing is the lock that behaves the same everywhere; sorted by the primary key's own order.
        cursor.execute("UPDATE tracking_presence SET events = events WHERE person_id BETWEEN %s AND %s", (first, last))
    return first, last, count


def upsert_acquisitions(rows: Sequence[tuple[Any, ...]]) -> None:
    """(person, first, last), each of source, detail and moment; kept where earlier or later than what is known."""
    for start in range(0, len(rows), _MOST_ACQUISITIONS):
        _upsert_acquisitions(rows[start : start + _MOST_ACQUISITIONS])


def _upsert_acquisitions(rows: Sequence[tuple[Any, ...]]) -> None:
    flat = [(person, *first, *last) for person, first, last in rows]
    if connection.vendor == "postgresql":
        kinds = ("bigint", "text", "text", "timestamptz", "text", "text", "timestamptz")
        source = f"SELECT * FROM unnest({', '.join(f'%s::{kind}[]' for kind in kinds)})"  # noqa: S608
        values: list[Any] = [as_array(column) for column in zip(*flat, strict=True)]
    else:
        source = f"VALUES {', '.join(['(%s, %s, %s, %s, %s, %s, %s)'] * len(flat))}"
        values = [_stored(value) if isinstance(value, datetime) else value for row in flat for value in row]
    table = "tracking_acquisition"
    is_earlier = f"excluded.first_at < {table}.first_at"
    is_later = f"excluded.last_at >= {table}.last_at"
    changes = [
        f"{side}_{name} = CASE WHEN {test} THEN excluded.{side}_{name} ELSE {table}.{side}_{name} END"
        for side, test in (("first", is_earlier), ("last", is_later))
        for name in ("source", "detail", "at")
    ]
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} (person_id, first_source, first_detail, first_at, last_source, last_detail, last_at) "  # noqa: S608
            f"{source} ON CONFLICT (person_id) DO UPDATE SET {', '.join(changes)}",
            values,
        )


def as_text(condition: Any) -> str:
    """A condition as a key of a cache."""
    return json.dumps(condition, sort_keys=True)


def from_text(condition: str) -> Any:
    """What `as_text` was made of."""
    return json.loads(condition)


def _moment(stored: datetime | str) -> datetime:
    """SQLite's own answer: Django's converters give a naive moment, or none were asked and it is text."""
    at = datetime.fromisoformat(stored) if isinstance(stored, str) else stored
    return at.replace(tzinfo=UTC)


def _stored(at: datetime) -> str:
    """A moment as Django stores it on SQLite."""
    return str(at.astimezone(UTC).replace(tzinfo=None))
