"""What was known of people at their moments: the statements over a range of the kept moments, one per kind of thing."""

# ruff: noqa: S608 - the text is made of names of our own tables and columns; values are parameters

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import DateTimeField
from django.db.models.expressions import RawSQL

from teplo.people import queries
from teplo.people.models import AttributeChange, Company, Consent, Identity, ImportRun, Person
from teplo.scoring.moments import TABLE, WINDOWS, read_moment
from teplo.tracking.models import Tally, Touch
from teplo.tracking.recalling import conditions_of_activities, times_by_sql

CARD = ("city", "position", "country", "language")
"""Columns of a person that can tell who buys."""
COMPANY = ("industry", "size", "city", "country")

Range = tuple[int, int]


class Card(NamedTuple):
    """A person as he stands now, with his moment."""

    person: int
    at: datetime
    day: date
    state: str
    ended_at: datetime | None
    created_at: datetime
    company: int | None
    values: dict[str, Any]


class Change(NamedTuple):
    """A value that became another after the moment."""

    key: str
    old: Any
    new: Any
    at: datetime


class Done(NamedTuple):
    """How often an activity was done in each window and ever, and the last day."""

    activity: int
    times: tuple[int, ...]
    ever: int
    last: date


def cards(part: Range, states: Iterable[str]) -> list[Card]:
    """The people of a range, rising; own attributes under `attr.<key>`."""
    columns = ", ".join(f"p.{name}" for name in CARD)
    wanted = ", ".join(f"'{state}'" for state in states)
    rows = _rows(
        f"SELECT m.person_id, m.at, m.day, m.state, m.ended_at, p.created_at, p.company_id, p.attributes, {columns} "
        f"FROM {TABLE} m JOIN {Person._meta.db_table} p ON p.id = m.person_id "
        f"WHERE m.person_id BETWEEN %s AND %s AND m.state IN ({wanted}) AND p.erased_at IS NULL ORDER BY m.person_id",
        part,
    )
    return [_card(row) for row in rows]


def _card(row: tuple[Any, ...]) -> Card:
    person, at, day, state, ended_at, created_at, company, attributes, *values = row
    known = dict(zip(CARD, values, strict=True))
    known |= {f"attr.{key}": value for key, value in _json(attributes).items()}
    moment, created = read_moment(at), read_moment(created_at)
    assert moment is not None and created is not None
    return Card(person, moment, _day(day), state, read_moment(ended_at), created, company, known)


def changes(part: Range) -> dict[int, list[Change]]:
    """What changed after the moments, the newest first, so that taking them back one by one leads to the moment."""
    rows = _rows(
        f"SELECT c.person_id, c.key, c.old, c.new, c.at FROM {AttributeChange._meta.db_table} c "
        f"JOIN {TABLE} m ON m.person_id = c.person_id "
        "WHERE m.person_id BETWEEN %s AND %s AND c.at > m.at AND NOT c.is_brought "
        "ORDER BY c.person_id, c.at DESC, c.id DESC",
        part,
    )
    return _by_person((person, Change(key, _json(old), _json(new), _at(at))) for person, key, old, new, at in rows)


def deeds(part: Range) -> dict[int, list[Done]]:
    """What they had done by their moments, to the minute (tracking/recalling.py)."""
    tally = Tally._meta.db_table
    times, params = times_by_sql(RawSQL("m.at", (), output_field=DateTimeField()), conditions_of_activities())
    days = ", ".join(f"m.day_{days} AS day_{days}" for days in WINDOWS)
    sums = ", ".join(f"SUM(CASE WHEN day > day_{days} THEN n ELSE 0 END)" for days in WINDOWS)
    rows = _rows(
        f"SELECT person_id, activity_id, {sums}, SUM(n), MAX(day) FROM ("
        f"SELECT {tally}.person_id, {tally}.activity_id, {tally}.day, {days}, {times} AS n FROM {tally} "
        f"JOIN {TABLE} m ON m.person_id = {tally}.person_id "
        f"WHERE m.person_id BETWEEN %s AND %s AND {tally}.first_at <= m.at) t "
        "WHERE n > 0 GROUP BY person_id, activity_id ORDER BY person_id",
        (*params, *part),
    )
    return _by_person(
        (person, Done(activity, tuple(map(int, counts)), int(ever), _day(last)))
        for person, activity, *counts, ever, last in rows
    )


def touches(part: Range) -> dict[int, list[tuple[str, str, str, datetime, datetime]]]:
    """How they had come: source, utm_source, utm_campaign, first and last time."""
    rows = _rows(
        "SELECT t.person_id, t.source, t.utm_source, t.utm_campaign, MIN(t.at), MAX(t.at) "
        f"FROM {Touch._meta.db_table} t JOIN {TABLE} m ON m.person_id = t.person_id "
        "WHERE m.person_id BETWEEN %s AND %s AND t.at <= m.at "
        "GROUP BY t.person_id, t.source, t.utm_source, t.utm_campaign ORDER BY t.person_id",
        part,
    )
    return _by_person((person, (*said, _at(first), _at(last))) for person, *said, first, last in rows)


def consents(part: Range) -> dict[int, list[tuple[str, str]]]:
    """Channel and word, the newest last; of two of one moment the no."""
    rows = _rows(
        f"SELECT c.person_id, c.channel, c.state FROM {Consent._meta.db_table} c "
        f"JOIN {TABLE} m ON m.person_id = c.person_id "
        "WHERE m.person_id BETWEEN %s AND %s AND c.at <= m.at ORDER BY c.person_id, c.at, c.state, c.id",
        part,
    )
    return _by_person((person, (channel, state)) for person, channel, state in rows)


def contacts(part: Range) -> dict[int, list[tuple[str, str, bool]]]:
    """Kind, who brought it, and whether it was known by then."""
    rows = _rows(
        "SELECT i.person_id, i.kind, i.source, CASE WHEN i.created_at <= m.at THEN 1 ELSE 0 END "
        f"FROM {Identity._meta.db_table} i JOIN {TABLE} m ON m.person_id = i.person_id "
        "WHERE m.person_id BETWEEN %s AND %s ORDER BY i.person_id, i.kind, i.value",
        part,
    )
    return _by_person((person, (kind, source, bool(known))) for person, kind, source, known in rows)


def companies(ids: Iterable[int]) -> dict[int, tuple[dict[str, Any], datetime]]:
    """What is known of companies now, and since when it has not changed; they keep no history."""
    condition, wanted = queries.ids_in("id", ids)
    columns = ", ".join(COMPANY)
    rows = _rows(
        f"SELECT id, updated_at, attributes, {columns} FROM {Company._meta.db_table} WHERE {condition}", (wanted,)
    )
    found = {}
    for company, updated_at, attributes, *values in rows:
        known = {f"company.{name}": value for name, value in zip(COMPANY, values, strict=True)}
        known |= {f"company.attr.{key}": value for key, value in _json(attributes).items()}
        found[company] = (known, _at(updated_at))
    return found


def import_moments() -> Mapping[str, datetime]:
    """When each import brought its people, by what it signs with."""
    return {f"import:{pk}": at for pk, at in ImportRun.objects.values_list("pk", "created_at")}


def late_fillings(after: int) -> dict[str, int]:
    """Fields that were empty and got a value after the moment, of more than `after` people."""
    empty = "c.old IS NULL OR CAST(c.old AS text) IN ('null', '\"\"', '[]')"  # both engines write JSON so
    rows = _rows(
        f"SELECT c.key, COUNT(DISTINCT c.person_id) FROM {AttributeChange._meta.db_table} c "
        f"JOIN {TABLE} m ON m.person_id = c.person_id WHERE c.at > m.at AND NOT c.is_brought AND ({empty}) "
        "GROUP BY c.key HAVING COUNT(DISTINCT c.person_id) > %s",
        (after,),
    )
    return dict(rows)


def _rows(statement: str, params: Iterable[Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, tuple(params))
        return list(cursor.fetchall())


def _by_person(rows: Iterable[tuple[int, Any]]) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = defaultdict(list)
    for person, row in rows:
        found[person].append(row)
    return found


def _json(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) else value


def _at(value: Any) -> datetime:
    moment = read_moment(value)
    assert moment is not None
    return moment


def _day(value: Any) -> date:
    return date.fromisoformat(value) if isinstance(value, str) else value


Reader = Callable[[Range], dict[int, list[Any]]]
