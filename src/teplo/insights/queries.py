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


def reached(*, ladder: Sequence[Stage], period: Period) -> list[int]:
    """Of those who first stood on the ladder in the period: how many came to each step or past it.

    Who jumps over a step has passed it, so the numbers never rise from step to step.
    """
    cohort, params = _cohort(ladder, period)
    counts = ", ".join(f"COUNT(r{rank})" for rank in range(len(ladder)))
    with connection.cursor() as cursor:
        cursor.execute(f"WITH cohort AS ({cohort}) SELECT {counts} FROM cohort", params)
        return [int(count) for count in cursor.fetchone()]


def days_between(*, ladder: Sequence[Stage], period: Period) -> list[tuple[int, int, int]]:
    """(rank, whole days, people): how long those who went on from the step `rank` to the next took."""
    if len(ladder) < 2:
        return []
    cohort, params = _cohort(ladder, period)
    parts = [
        f"SELECT {rank} AS rank, {_days(f'r{rank + 1}', f'r{rank}')} AS days, COUNT(*) AS people FROM cohort "
        f"WHERE r{rank + 1} > r{rank} GROUP BY 1, 2"
        for rank in range(len(ladder) - 1)
    ]
    with connection.cursor() as cursor:
        cursor.execute(f"WITH cohort AS MATERIALIZED ({cohort}) {' UNION ALL '.join(parts)} ORDER BY 1, 2", params)
        return [(int(rank), int(days), int(people)) for rank, days, people in cursor.fetchall()]


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
    if period.since is not None:
        having, params = f"{having} AND {first} >= %s", [*params, adapt(period.since)]
    return f"SELECT {', '.join(columns)} FROM {MOVES} m {known}GROUP BY m.person_id HAVING {having}", params


def _days(later: str, earlier: str) -> str:
    if connection.vendor == "sqlite":
        return f"CAST(julianday({later}) - julianday({earlier}) AS INTEGER)"
    return f"CAST(FLOOR(EXTRACT(EPOCH FROM {later} - {earlier}) / 86400) AS INTEGER)"
