"""SQL of the reports: each answers whole pictures in one or two statements, whatever the number of people."""

# ruff: noqa: S608 - the text is made of names of our own tables and of numbers; values are parameters

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import QuerySet

from teplo.people.models import Person
from teplo.stages.models import Stage, StageMove

MOVES = StageMove._meta.db_table


@dataclass(frozen=True)
class Way:
    """How far people have come: per rank how many came to the step or past it, and (rank, whole days, people) of those
    who went on from it."""

    reached: list[int]
    days: list[tuple[int, int, int]]


def follow(*, ladder: Sequence[Stage], people: QuerySet[Person]) -> Way:
    """The way of these people, in one statement; all of them have come to the first step.

    Who jumps over a step has passed it, so the numbers never rise from step to step.
    """
    if not ladder:
        return Way([], [])
    cohort, params = _cohort(ladder, people)
    parts = [f"SELECT {rank} AS rank, -1 AS days, COUNT(r{rank}) AS people FROM cohort" for rank in range(len(ladder))]
    parts += [
        f"SELECT {rank}, {_days(f'r{rank + 1}', f'r{rank}')}, COUNT(*) FROM cohort "
        f"WHERE r{rank + 1} > r{rank} GROUP BY 2"
        for rank in range(len(ladder) - 1)
    ]
    with connection.cursor() as cursor:
        cursor.execute(f"WITH {cohort} {' UNION ALL '.join(parts)} ORDER BY 1, 2", params)
        rows = [(int(rank), int(days), int(people)) for rank, days, people in cursor.fetchall()]
    return Way([people for _rank, days, people in rows if days < 0], [row for row in rows if row[1] >= 0])


def _cohort(ladder: Sequence[Stage], people: QuerySet[Person]) -> tuple[str, tuple[Any, ...]]:
    """One row per person: r0 … rn, when he first stood at each step or past it; r0 is at least when he came."""
    columns = []
    for rank in range(len(ladder)):
        ids = ", ".join(str(int(stage.id)) for stage in ladder[rank:])
        columns.append(f"MIN(CASE WHEN m.to_stage_id IN ({ids}) THEN m.at END)")
    columns[0] = f"COALESCE({columns[0]}, c.created_at)"
    named = ", ".join(f"{column} AS r{rank}" for rank, column in enumerate(columns))
    chosen, params = people.order_by().values_list("id", "created_at").query.sql_with_params()
    came = f"came (id, created_at) AS MATERIALIZED ({chosen})"
    grouped = f"FROM came c LEFT JOIN {MOVES} m ON m.person_id = c.id GROUP BY c.id, c.created_at"
    return f"{came}, cohort AS MATERIALIZED (SELECT {named} {grouped})", params


def _days(later: str, earlier: str) -> str:
    if connection.vendor == "sqlite":
        return f"CAST(julianday({later}) - julianday({earlier}) AS INTEGER)"
    return f"CAST(FLOOR(EXTRACT(EPOCH FROM {later} - {earlier}) / 86400) AS INTEGER)"
