"""The funnel: who stands where, how far the newcomers of a period have gone, how long it took, who is stuck (R13)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Count
from django.db.models.functions import TruncWeek

from teplo.insights import figures, queries
from teplo.stages.merging import MERGE
from teplo.stages.models import Stage, StageMove, Standing

STUCK_SHOWN = 50


@dataclass(frozen=True)
class Step:
    """One stage in the picture.

    Stock: `here` are the people who stand at it now, `known` those of them who are no strangers, `stuck` see figures.
    Cohort: `reached` are those of the period's newcomers who came to it or past it (whoever came stands at the first);
    `goes_on` is the share of them who went on to the next (None: the last step, or nobody reached it), `days` the
    median whole days until the next step of those who went on.
    """

    stage: Stage
    here: int
    known: int
    stuck: int
    reached: int
    goes_on: float | None
    days: float | None


@dataclass(frozen=True)
class Funnel:
    """The ladder from the top and the places beside it, as of a moment."""

    steps: tuple[Step, ...]
    beside: tuple[tuple[Stage, int], ...]
    at: datetime

    @property
    def people(self) -> int:
        """People on the ladder now."""
        return sum(step.here for step in self.steps)

    @property
    def known(self) -> int:
        """Known people on the ladder now."""
        return sum(step.known for step in self.steps)

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
    here, stuck = people_at_stages(known_only=known_only), stuck_at_stages(ladder, at=at)
    people = figures.came(at=at, days=days)
    way = queries.follow(ladder=ladder, people=people.filter(figures.known()) if known_only else people)
    reached, medians = way.reached, _medians(way.days)
    steps = [
        Step(
            stage=stage,
            here=here.get(stage.id, (0, 0))[0],
            known=here.get(stage.id, (0, 0))[1],
            stuck=stuck.get(stage.id, 0),
            reached=reached[rank],
            goes_on=reached[rank + 1] / reached[rank] if rank + 1 < len(ladder) and reached[rank] else None,
            days=medians.get(rank),
        )
        for rank, stage in enumerate(ladder)
    ]
    beside = [(stage, here.get(stage.id, (0, 0))[0]) for stage in stages if stage.is_beside]
    return Funnel(tuple(steps), tuple(beside), at)


def people_at_stages(*, known_only: bool = False) -> Mapping[int, tuple[int, int]]:
    """Stage id → people who stand there now, and how many of them are known."""
    standing = Standing.objects.filter(figures.known("person__") if known_only else figures.present("person__"))
    counted = standing.order_by().values_list("stage_id").annotate(
        Count("person_id"), known=Count("person_id", filter=figures.known("person__"))
    )  # fmt: skip
    return {stage: (people, known) for stage, people, known in counted}


def stuck_at_stages(ladder: Sequence[Stage], *, at: datetime) -> Mapping[int, int]:
    """Stage id → people who are stuck there (`figures.stuck`)."""
    late = figures.stuck(ladder, at=at)
    if late is None:
        return {}
    return dict(Standing.objects.filter(late).order_by().values_list("stage_id").annotate(Count("person_id")))


def stuck_people(stage: Stage, *, at: datetime, limit: int = STUCK_SHOWN) -> list[Standing]:
    """Who is stuck there, the longest first."""
    late = figures.stuck([stage], at=at)
    if late is None:
        return []
    return list(Standing.objects.filter(late).select_related("person", "person__score").order_by("since")[:limit])


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
