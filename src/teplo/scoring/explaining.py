"""Why a person is as warm as he is: the score statement split by criterion, with what each part was based on (R22)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import connection
from django.db.models import Max, Min, Sum

from teplo.conditions import registry
from teplo.kit.clock import now
from teplo.people.models import AttributeChange
from teplo.scoring.models import Criterion, ScoreTable, Side, TableState, Temperature
from teplo.scoring.rules import Rules, bounds, reach, rules_of
from teplo.scoring.statement import Scope, compile_rules
from teplo.tracking.models import Tally


@dataclass(frozen=True)
class Basis:
    """What a person did of one activity within a criterion's reach."""

    times: int
    first_at: datetime
    last_at: datetime
    oldest_day: date


@dataclass(frozen=True)
class Part:
    """One criterion's share of a score.

    `since`: since when it counts. `until`: the day on which its window lets go of the oldest deed, if it has one.
    `is_capped`: more deeds of this kind give nothing more.
    """

    criterion: Criterion
    points: int
    since: datetime | None = None
    until: date | None = None
    basis: Basis | None = None
    is_capped: bool = False


@dataclass(frozen=True)
class Explanation:
    """A score taken apart. `total` is the sum of the parts, and the same number the score statement gives."""

    table: ScoreTable
    at: datetime
    parts: tuple[Part, ...]
    grade: str

    @property
    def fit(self) -> int:
        return sum(part.points for part in self.parts if part.criterion.side == Side.FIT)

    @property
    def behaviour(self) -> int:
        return sum(part.points for part in self.parts if part.criterion.side == Side.BEHAVIOUR)

    @property
    def total(self) -> int:
        return self.fit + self.behaviour

    @property
    def temperature(self) -> str:
        return temperature_of(self.total, self.table)

    @property
    def given(self) -> tuple[Part, ...]:
        """The parts that give or take something, the weightiest first."""
        return tuple(sorted((part for part in self.parts if part.points), key=lambda part: -abs(part.points)))

    @property
    def missing(self) -> tuple[Part, ...]:
        """What would warm him further: positive criteria not yet fully given, the most promising first."""
        open_parts = [part for part in self.parts if part.criterion.points > 0 and headroom(part) > 0]
        return tuple(sorted(open_parts, key=lambda part: -headroom(part)))


def headroom(part: Part) -> int:
    """Points one more deed, or the fulfilled condition, would add at most."""
    if part.is_capped:
        return 0
    most = bounds(part.criterion)[1]
    return min(part.criterion.points, most - part.points if part.criterion.is_per_time else most) - (
        0 if part.criterion.is_per_time else part.points
    )


def temperature_of(total: int, table: ScoreTable) -> str:
    """Cold, warm or hot by the thresholds of `table` (R14)."""
    if total >= table.hot_from:
        return Temperature.HOT
    return Temperature.WARM if total >= table.warm_from else Temperature.COLD


def explain(*, person_id: int, table: ScoreTable | None = None, as_of: datetime | None = None) -> Explanation | None:
    """The score of one person by `table` (the live one) at `as_of` (now), criterion by criterion.

    None when there is no such person or no live table.
    """
    table = table or ScoreTable.objects.filter(state=TableState.LIVE).first()
    if table is None:
        return None
    rules, at = rules_of(table), as_of or now()
    row = _parts(rules, person_id, at, is_past=as_of is not None)
    if row is None:
        return None
    grade, points = row
    bases = _bases(rules, person_id, at) if any(points) else {}
    known_since = _known_since(person_id) if any(points) else None
    parts = tuple(
        _part(item, given, bases.get(item.id), known_since, at)
        for item, given in zip(rules.criteria, points, strict=True)
    )
    return Explanation(table=table, at=at, parts=parts, grade=grade)


def _parts(rules: Rules, person_id: int, at: datetime, *, is_past: bool) -> tuple[str, list[int]] | None:
    compilation = compile_rules(rules=rules, scope=Scope(ids=(person_id,)), at=at, is_past=is_past)
    sql = compilation.parts()
    with connection.cursor() as cursor:
        cursor.execute(sql.text, sql.params)
        row = cursor.fetchone()
    return (row[1], [int(points) for points in row[2:]]) if row else None


def _bases(rules: Rules, person_id: int, at: datetime) -> dict[int, Basis]:
    """What was done, per criterion; one query for each different reach of the table's criteria."""
    by_reach: dict[int | None, list[Criterion]] = {}
    for item in rules.criteria:
        if item.activity_id:
            by_reach.setdefault(reach(item), []).append(item)
    found: dict[int, Basis] = {}
    for days, items in by_reach.items():
        done = _done(person_id, {item.activity_id or 0 for item in items}, days, at)
        found |= {item.id: done[item.activity_id or 0] for item in items if item.activity_id in done}
    return found


def _done(person_id: int, activities: set[int], days: int | None, at: datetime) -> dict[int, Basis]:
    today = at.astimezone(registry.zone()).date()
    tallies = Tally.objects.filter(person_id=person_id, activity_id__in=activities, day__lte=today)
    if days:
        tallies = tallies.filter(day__gt=today - timedelta(days=days))
    rows = tallies.values_list("activity_id").annotate(Sum("count"), Min("first_at"), Max("last_at"), Min("day"))
    return {row[0]: Basis(*row[1:]) for row in rows}


def _known_since(person_id: int) -> datetime | None:
    """When something was last learnt of this person: what fit rests on is known at least since then."""
    last: datetime | None = AttributeChange.objects.filter(person_id=person_id).aggregate(last=Max("at"))["last"]
    return last


def _part(item: Criterion, points: int, basis: Basis | None, known_since: datetime | None, at: datetime) -> Part:
    if not item.activity_id:
        return Part(item, points, since=known_since if points else None)
    if basis is None:
        return Part(item, points)
    until = basis.oldest_day + timedelta(days=item.window_days) if item.window_days else None
    capped = points != 0 and item.is_per_time and item.cap is not None and points in bounds(item)
    return Part(item, points, since=basis.first_at, until=until, basis=basis, is_capped=capped)
