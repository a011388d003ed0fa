"""Why a person is as warm as he is: the score statement split by criterion, with what each part was based on (R22)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import F, Max, Min, Q, QuerySet, Sum

from teplo.kit.clock import now
from teplo.people.models import AttributeChange
from teplo.scoring.models import Adjustment, Criterion, ScoreTable, Side, TableState, Temperature
from teplo.scoring.rules import bounds, reach, rules_of
from teplo.scoring.statement import Compilation, Scope, compile_rules
from teplo.tracking.models import Tally
from teplo.tracking.recalling import last_by, times_by


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
    `is_capped`: more deeds of this kind give nothing more. `adjustment`: points given by hand, which stand here as a
    criterion of behaviour named by their reason.
    """

    criterion: Criterion
    points: int
    since: datetime | None = None
    until: date | None = None
    basis: Basis | None = None
    is_capped: bool = False
    adjustment: Adjustment | None = None


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
        own = [part for part in self.parts if part.adjustment is None]
        open_parts = [part for part in own if part.criterion.points > 0 and headroom(part) > 0]
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


def table_at(moment: datetime) -> ScoreTable | None:
    """The table people were scored by at a moment; None before the first one went live.

    A table that came back is known by its last time only.
    """
    tables = ScoreTable.objects.exclude(state=TableState.DRAFT).filter(live_at__lte=moment)
    return tables.filter(Q(retired_at=None) | Q(retired_at__gt=moment)).order_by("-live_at").first()


def explain(
    *, person_id: int, table: ScoreTable | None = None, as_of: datetime | None = None, by_hand: bool = True
) -> Explanation | None:
    """The score of one person by `table` (the live one) at `as_of` (now), criterion by criterion.

    `by_hand`: points given by hand count and are parts. None when there is no such person or no live table.
    """
    table = table or ScoreTable.objects.filter(state=TableState.LIVE).first()
    if table is None:
        return None
    rules, at = rules_of(table), as_of or now()
    compilation = compile_rules(
        rules=rules, scope=Scope(ids=(person_id,)), at=at, is_past=as_of is not None, by_hand=by_hand
    )
    row = _parts(compilation)
    if row is None:
        return None
    grade, points, by_colleagues = row
    bases = _bases(compilation, person_id)
    learnt = _learnt(person_id, at) if any(points) else {}
    parts = [_part(item, given, bases.get(item.id), learnt) for item, given in zip(rules.criteria, points, strict=True)]
    return Explanation(table, at, (*parts, *(_given_by_hand(row) for row in by_colleagues)), grade)


def _parts(compilation: Compilation) -> tuple[str, list[int], list[Adjustment]] | None:
    sql = compilation.parts()
    with connection.cursor() as cursor:
        cursor.execute(sql.text, sql.params)
        row = cursor.fetchone()
    if row is None:
        return None
    return row[1], [int(points) for points in row[2 : 2 + len(compilation.rules.criteria)]], compilation.adjustments()


def _bases(compilation: Compilation, person_id: int) -> dict[int, Basis]:
    """What was done, per criterion: one query, whatever the windows and however many days."""
    by_reach: dict[int | None, list[Criterion]] = {}
    for item in compilation.rules.criteria:
        if item.activity_id:
            by_reach.setdefault(reach(item), []).append(item)
    if not by_reach:
        return {}
    wanted = {item.activity_id or 0 for items in by_reach.values() for item in items}
    sums: dict[str, Any] = {}
    for number, days in enumerate(by_reach):
        sums |= _sums(number, days, compilation)
    rows = {row["activity_id"]: row for row in _known(compilation, person_id, wanted).annotate(**sums)}
    found: dict[int, Basis] = {}
    for number, items in enumerate(by_reach.values()):
        done = {key: _basis(row, number) for key, row in rows.items() if row[f"times{number}"]}
        found |= {item.id: done[item.activity_id] for item in items if item.activity_id in done}
    return found


def _known(compilation: Compilation, person_id: int, activities: set[int]) -> QuerySet[Any, Any]:
    """The person's tallies by activity, with how often and when last as known at the moment."""
    tallies = Tally.objects.filter(person_id=person_id, activity_id__in=activities, day__lte=compilation.today)
    if not compilation.is_past:
        return tallies.annotate(known=F("count"), latest=F("last_at")).order_by().values("activity_id")
    at, conditions = compilation.at, compilation.cut_conditions
    begun = tallies.filter(first_at__lte=at)
    return (
        begun.annotate(known=times_by(at, conditions), latest=last_by(at, conditions)).order_by().values("activity_id")
    )


def _sums(number: int, days: int | None, compilation: Compilation) -> dict[str, Any]:
    within = Q(day__gt=compilation.today - timedelta(days=days)) if days else None
    return {
        f"times{number}": Sum("known", filter=within),
        f"first{number}": Min("first_at", filter=within),
        f"last{number}": Max("latest", filter=within),
        f"oldest{number}": Min("day", filter=within),
    }


def _basis(row: Mapping[str, Any], number: int) -> Basis:
    return Basis(*(row[f"{name}{number}"] for name in ("times", "first", "last", "oldest")))


def _learnt(person_id: int, at: datetime) -> dict[str, datetime]:
    """When each attribute was last learnt by the moment asked."""
    changes = AttributeChange.objects.filter(person_id=person_id, at__lte=at, is_brought=False)
    return dict(changes.order_by().values_list("key").annotate(last=Max("at")))


def _part(item: Criterion, points: int, basis: Basis | None, learnt: Mapping[str, datetime]) -> Part:
    if not item.activity_id:
        return Part(item, points, since=_since(item, learnt) if points else None)
    if basis is None:
        return Part(item, points)
    until = basis.oldest_day + timedelta(days=item.window_days) if item.window_days else None
    capped = points != 0 and item.is_per_time and item.cap is not None and points in bounds(item)
    return Part(item, points, since=basis.first_at, until=until, basis=basis, is_capped=capped)


def _since(item: Criterion, learnt: Mapping[str, datetime]) -> datetime | None:
    """Since when it may hold: the last time one of the attributes it speaks of was learnt."""
    return max((learnt[key] for key in attributes_in(item.condition) if key in learnt), default=None)


def attributes_in(condition: Any) -> set[str]:
    """Attributes a stored condition speaks of, as AttributeChange calls them."""
    if isinstance(condition, Mapping):
        own = {_attribute(str(condition["field"]))} if "field" in condition else set()
        return own.union(*(attributes_in(part) for part in condition.values()))
    if isinstance(condition, Sequence) and not isinstance(condition, str):
        return set().union(*(attributes_in(part) for part in condition))
    return set()


def _attribute(field: str) -> str:
    return {"company": "company_id", "owner": "owner_id"}.get(field.partition(".")[0], field.removeprefix("attr."))


def _given_by_hand(row: Adjustment) -> Part:
    """An adjustment as a criterion of behaviour, named by its reason; it stands in no table."""
    stands = Criterion(side=Side.BEHAVIOUR, name=row.reason, points=row.points)
    return Part(stands, row.points, since=row.at, adjustment=row)
