# ruff: noqa: S608 - statements are put together from names of tables and columns only; values are bound
"""The path by which people came: every touch in the order of its time, and its first and last (R7).

Touches may arrive in any order and in any batches; the path is the same. Only repeats that follow each other are one
touch. A visit without source is a touch, but the last touch is the last one that says something.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import NamedTuple

from django.db import connection

from teplo.kit import bulk
from teplo.kit.among import among
from teplo.people.queries import as_table, execute, ids_in
from teplo.people.timelines import MOST_REPEATS
from teplo.tracking.models import Acquisition, SourceKind, Touch
from teplo.tracking.sources import Arrival

Place = tuple[datetime, int]
"""When somebody came, and the id of the event that says so."""

MOST_TOUCHES = 1000
"""Of one person; what comes after them is not kept, or a page could make each batch read a path without end."""

_COLUMNS = (
    "person_id", "id", "at", "source", "referrer_host", "utm_source", "utm_medium", "utm_campaign", "utm_content",
    "utm_term", "landing",
)  # fmt: skip


class Coming(NamedTuple):
    """One arrival of one person."""

    person_id: int
    event_id: int
    at: datetime
    arrival: Arrival


@dataclass(slots=True)
class Run:
    """An arrival with its repeats until another one: one touch, at the first of them."""

    at: datetime
    id: int
    arrival: Arrival
    again: list[Place] = field(default_factory=list)

    @property
    def is_direct(self) -> bool:
        return self.arrival.source == SourceKind.DIRECT.value

    @property
    def last_at(self) -> datetime:
        return max((self.at, *(at for at, _ in self.again)))


def note_arrivals(comings: Iterable[Coming]) -> None:
    """Put arrivals into the paths of their people. A constant number of statements."""
    new: dict[int, list[Coming]] = {}
    for coming in comings:
        new.setdefault(coming.person_id, []).append(coming)
    _walk(new)


def retrace(person_ids: Iterable[int]) -> None:
    """Walk paths anew that came together out of two cards, or apart again."""
    _walk({person: [] for person in person_ids})


def _walk(new: Mapping[int, Sequence[Coming]]) -> None:
    if not new:
        return
    kept = read_paths(new)
    new = {person: own[: max(0, MOST_TOUCHES - len(kept.get(person, ())))] for person, own in new.items()}
    before = {run.id: list(run.again) for runs in kept.values() for run in runs}
    paths = {person: path for person in sorted(new) if (path := path_of(kept.get(person, ()), new[person]))}
    heads = {run.id for path in paths.values() for run in path}
    _remove({person: [run.id for run in runs if run.id not in heads] for person, runs in kept.items()})
    _insert([(person, run) for person, path in paths.items() for run in path if run.id not in before])
    _note_repeats(
        [
            (person, run.id, json.dumps(as_json(run.again)))
            for person, path in paths.items()
            for run in path
            if run.id in before and before[run.id] != run.again
        ]
    )
    _write_ends(paths)


def write_paths(paths: Mapping[int, Sequence[Run]]) -> None:
    """Paths of people of whom no touch stands; their first and last touches are left as they are."""
    _insert([(person, run) for person, path in sorted(paths.items()) for run in path])


def _insert(runs: Iterable[tuple[int, Run]]) -> None:
    rows = [
        (person, run.id, run.at, run.arrival.source, run.arrival.referrer_host, *run.arrival.utm, run.arrival.landing,
         as_json(run.again))
        for person, run in runs
    ]  # fmt: skip
    bulk.insert(Touch, (*_COLUMNS, "again"), rows, ignore_known=True)


def read_paths(people: Iterable[int]) -> dict[int, list[Run]]:
    """The touches of each, by time; of whom there are none stand not in it."""
    kept: dict[int, list[Run]] = {}
    rows = Touch.objects.filter(person_id__in=among(people)).order_by("person_id", "at", "id")
    for person, row_id, at, source, host, *utm, landing, again in rows.values_list(*_COLUMNS, "again"):
        repeats = [(datetime.fromisoformat(when), int(event)) for when, event in again or ()]
        arrival = Arrival(source, host, tuple(utm), landing)  # type: ignore[arg-type,unused-ignore]
        kept.setdefault(person, []).append(Run(at, row_id, arrival, repeats))
    return kept


def path_of(kept: Sequence[Run], new: Sequence[Coming]) -> list[Run]:
    """All arrivals by time; those that repeat the one before them fall to it."""
    points = [(run.at, run.id, run.arrival) for run in kept]
    points += [(at, event, run.arrival) for run in kept for at, event in run.again]
    points += [(coming.at, coming.event_id, coming.arrival) for coming in new]
    path: list[Run] = []
    for at, event, arrival in sorted(points):
        if path and _is_repeat(path[-1].arrival, arrival):
            path[-1].again.append((at, event))
        else:
            path.append(Run(at, event, arrival))
    for run in path:
        run.again = _thinned(run.again)
    return path


def _is_repeat(before: Arrival, arrival: Arrival) -> bool:
    """The same way in; of visits without source the page they begin at says nothing."""
    return before == arrival or before.source == arrival.source == SourceKind.DIRECT.value


def _thinned(again: list[Place]) -> list[Place]:
    while len(again) > MOST_REPEATS:
        half = len(again) // 2
        again = [*again[:half:2], *again[half:]]
    return again


def as_json(again: Sequence[Place]) -> list[list[str]] | None:
    """Repeats as the column keeps them."""
    return [[at.astimezone(UTC).isoformat(), str(event)] for at, event in again] or None


def _remove(gone: Mapping[int, Sequence[int]]) -> None:
    """Touches that turned out to repeat an earlier one."""
    ids = [row_id for own in gone.values() for row_id in own]
    if not ids:
        return
    whose, people = ids_in("person_id", [person for person, own in gone.items() if own])
    which, rows = ids_in("id", ids)
    execute(f"DELETE FROM {_TOUCH} WHERE {whose} AND {which}", [people, rows])


def _note_repeats(rows: Sequence[tuple[int, int, str]]) -> None:
    if not rows:
        return
    table, values = as_table("r", {"person": "bigint", "id": "bigint", "again": "text"}, sorted(rows))
    cast = "::jsonb" if connection.vendor == "postgresql" else ""
    execute(
        f"UPDATE {_TOUCH} SET again = r.again{cast} FROM {table} "
        f"WHERE {_TOUCH}.person_id = r.person AND {_TOUCH}.id = r.id",
        values,
    )


def _write_ends(paths: Mapping[int, Sequence[Run]]) -> None:
    rows = []
    for person, path in paths.items():
        first, last = path[0], next((run for run in reversed(path) if not run.is_direct), path[0])
        rows.append((
            person, first.arrival.source, first.arrival.detail, first.at,
            last.arrival.source, last.arrival.detail, last.last_at,
        ))  # fmt: skip
    columns = ("person_id", "first_source", "first_detail", "first_at", "last_source", "last_detail", "last_at")
    bulk.upsert(Acquisition, columns, rows, key=("person_id",), replace=columns[1:])


_TOUCH = Touch._meta.db_table
