"""The funnel: who stands where, how far the newcomers of a period have gone, how long it took, who is stuck (R13)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Count, Q
from django.db.models.functions import TruncWeek

from teplo.insights import queries
from teplo.stages.merging import MERGE
from teplo.stages.models import Stage, StageMove, Standing

STUCK_SHOWN = 50


@dataclass(frozen=True)
class Step:
    """One stage in the picture.

    `here`: people who stand at it now. `reached`: of the period's newcomers those who came to it or past it. `goes_on`:
    the share of them who went on to the next (None: the last step, or nobody reached it). `days`: median whole days
    until the next step of those who went on.
    """

    stage: Stage
    here: int
    stuck: int
    reached: int
    goes_on: float | None
    days: float | None


@dataclass(frozen=True)
class Funnel:
    """The ladder from the top, the places beside it, and the period whose newcomers were followed."""

    steps: tuple[Step, ...]
    beside: tuple[tuple[Stage, int], ...]
    since: datetime | None
    until: datetime

    @property
    def people(self) -> int:
        """People on the ladder now."""
        return sum(step.here for step in self.steps)

    @property
    def newcomers(self) -> int:
        return self.steps[0].reached if self.steps else 0

    @property
    def customers_share(self) -> float | None:
        """Share of the newcomers who became customers."""
        bought = next((step.reached for step in self.steps if step.stage.is_customer), None)
        return bought / self.newcomers if bought is not None and self.newcomers else None


def stages_in_use() -> list[Stage]:
    """The active stages, the ladder first, from the top."""
    return list(Stage.objects.filter(is_active=True).order_by("is_beside", "position", "id"))


def funnel(*, at: datetime, days: int | None, known_only: bool = False) -> Funnel:
    """The funnel now and of those who came in the last `days` (None: ever). Four statements."""
    stages = stages_in_use()
    ladder = [stage for stage in stages if not stage.is_beside]
    since = at - timedelta(days=days) if days else None
    here, stuck = people_at_stages(known_only=known_only), stuck_at_stages(ladder, at=at)
    period = queries.Period(since=since, until=at, known_only=known_only)
    way = queries.follow(ladder=ladder, period=period)
    reached, medians = way.reached, _medians(way.days)
    steps = [
        Step(
            stage=stage,
            here=here.get(stage.id, 0),
            stuck=stuck.get(stage.id, 0),
            reached=reached[rank],
            goes_on=reached[rank + 1] / reached[rank] if rank + 1 < len(ladder) and reached[rank] else None,
            days=medians.get(rank),
        )
        for rank, stage in enumerate(ladder)
    ]
    beside = [(stage, here.get(stage.id, 0)) for stage in stages if stage.is_beside]
    return Funnel(tuple(steps), tuple(beside), since, at)


def people_at_stages(*, known_only: bool = False) -> Mapping[int, int]:
    """Stage id → people who stand there now."""
    standing = Standing.objects.filter(person__is_anonymous=False) if known_only else Standing.objects.all()
    return dict(standing.values_list("stage_id").annotate(Count("person_id")))


def stuck_at_stages(ladder: Sequence[Stage], *, at: datetime) -> Mapping[int, int]:
    """Stage id → people who have stood there longer than the stage allows."""
    late = _late(ladder, at)
    if late is None:
        return {}
    return dict(Standing.objects.filter(late).values_list("stage_id").annotate(Count("person_id")))


def stuck_people(stage: Stage, *, at: datetime, limit: int = STUCK_SHOWN) -> list[Standing]:
    """Who has stood there too long, the longest first."""
    late = _late([stage], at)
    if late is None:
        return []
    return list(Standing.objects.filter(late).select_related("person", "person__score").order_by("since")[:limit])


def _late(ladder: Iterable[Stage], at: datetime) -> Q | None:
    late = [
        Q(stage_id=stage.id, since__lt=at - timedelta(days=stage.stuck_after_days))
        for stage in ladder
        if stage.stuck_after_days
    ]
    combined = late[0] if late else None
    for one in late[1:]:
        combined = combined | one if combined is not None else one
    return combined


def _medians(rows: Iterable[tuple[int, int, int]]) -> dict[int, float]:
    """Median days per rank from a histogram of whole days."""
    by_rank: dict[int, list[tuple[int, int]]] = {}
    for rank, days, people in rows:
        by_rank.setdefault(rank, []).append((days, people))
    return {rank: median(histogram) for rank, histogram in by_rank.items()}


def median(histogram: Sequence[tuple[int, int]]) -> float:
    """The median of values given as (value, how often), rising."""
    total = sum(count for _value, count in histogram)
    low, high = (total - 1) // 2, total // 2
    found: list[int] = []
    passed = 0
    for value, count in histogram:
        passed += count
        if not found and passed > low:
            found.append(value)
        if passed > high:
            return (found[0] + value) / 2
    return float(found[0]) if found else 0.0


@dataclass(frozen=True)
class Entries:
    """How many people came to each stage in each week; weeks begin on Monday."""

    stages: tuple[Stage, ...]
    weeks: tuple[tuple[date, tuple[int, ...]], ...]


def entries_by_week(*, at: datetime, weeks: int = 26) -> Entries:
    """Moves to each step of the ladder per week, weeks without any too. Who got there by a merge came there before."""
    ladder = tuple(stage for stage in stages_in_use() if not stage.is_beside)
    monday = (at - timedelta(days=at.weekday())).date()
    first = monday - timedelta(weeks=weeks - 1)
    moves = StageMove.objects.filter(to_stage__in=[stage.id for stage in ladder], at__date__gte=first, at__lte=at)
    moves = moves.exclude(cause=MERGE)
    counted: dict[tuple[date, int], int] = {}
    rows: Any = moves.annotate(week=TruncWeek("at")).values_list("week", "to_stage_id").annotate(Count("person_id"))
    for week, stage_id, people in rows:
        counted[(week.date(), stage_id)] = people
    mondays = [first + timedelta(weeks=number) for number in range(weeks)]
    return Entries(ladder, tuple((day, tuple(counted.get((day, stage.id), 0) for stage in ladder)) for day in mondays))
