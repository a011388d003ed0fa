"""SQL of the reports: each answers whole pictures in one or two statements, whatever the number of people."""

# ruff: noqa: S608 - the text is made of names of our own tables and of numbers; values are parameters

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from teplo.people.models import Person
from teplo.stages.models import Stage, StageMove

MOVES = StageMove._meta.db_table
PEOPLE = Person._meta.db_table


@dataclass(frozen=True)
class Period:
    """Whose way is followed: who first stood on the ladder from `since` (None: ever) until `until`."""

    since: datetime | None
    until: datetime
    known_only: bool = False


@dataclass(frozen=True)
class Way:
    """How far people have come: per rank how many came to the step or past it, and (rank, whole days, people) of those
    who went on from it."""

    reached: list[int]
    days: list[tuple[int, int, int]]


def follow(*, ladder: Sequence[Stage], period: Period) -> Way:
    """The way of those who first stood on the ladder in the period, in one statement.

    Who jumps over a step has passed it, so the numbers never rise from step to step.
    """
    if not ladder:
        return Way([], [])
    cohort, params = _cohort(ladder, period)
    parts = [f"SELECT {rank} AS rank, -1 AS days, COUNT(r{rank}) AS people FROM cohort" for rank in range(len(ladder))]
    parts += [
        f"SELECT {rank}, {_days(f'r{rank + 1}', f'r{rank}')}, COUNT(*) FROM cohort "
        f"WHERE r{rank + 1} > r{rank} GROUP BY 2"
        for rank in range(len(ladder) - 1)
    ]
    with connection.cursor() as cursor:
        cursor.execute(f"WITH cohort AS MATERIALIZED ({cohort}) {' UNION ALL '.join(parts)} ORDER BY 1, 2", params)
        rows = [(int(rank), int(days), int(people)) for rank, days, people in cursor.fetchall()]
    return Way([people for _rank, days, people in rows if days < 0], [row for row in rows if row[1] >= 0])


def _cohort(ladder: Sequence[Stage], period: Period) -> tuple[str, list[Any]]:
    """One row per person: r0 … rn, when he first stood at each step or past it."""
    columns = []
    for rank in range(len(ladder)):
        ids = ", ".join(str(int(stage.id)) for stage in ladder[rank:])
        columns.append(f"MIN(CASE WHEN m.to_stage_id IN ({ids}) THEN m.at END) AS r{rank}")
    everyone = ", ".join(str(int(stage.id)) for stage in ladder)
    known = f"JOIN {PEOPLE} p ON p.id = m.person_id AND NOT p.is_anonymous " if period.known_only else ""
    first = f"MIN(CASE WHEN m.to_stage_id IN ({everyone}) THEN m.at END)"
    adapt = connection.ops.adapt_datetimefield_value
    having, params = f"{first} < %s", [adapt(period.until)]
    where = ""
    if period.since is not None:
        # Whoever came in the period has moved in it: the others need not be grouped.
        where = f"WHERE m.person_id IN (SELECT person_id FROM {MOVES} WHERE to_stage_id IN ({everyone}) AND at >= %s) "
        having, params = f"{having} AND {first} >= %s", [adapt(period.since), *params, adapt(period.since)]
    return f"SELECT {', '.join(columns)} FROM {MOVES} m {known}{where}GROUP BY m.person_id HAVING {having}", params


def _days(later: str, earlier: str) -> str:
    if connection.vendor == "sqlite":
        return f"CAST(julianday({later}) - julianday({earlier}) AS INTEGER)"
    return f"CAST(FLOOR(EXTRACT(EPOCH FROM {later} - {earlier}) / 86400) AS INTEGER)"
