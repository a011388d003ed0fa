"""A score table compiled to one SQL statement (ARCHITECTURE §7): the only place that knows how points are counted.

The same text scores a range of people, a batch of touched people, one person split by criterion, and the past.
All arithmetic is in integers, so the parts of an explanation add up to the score on every engine:

- a fit criterion is a searched CASE over a condition;
- a behaviour criterion counts tallies in one pass over the person's rows, grouped by person;
- half-life weighs each day in millionths (a small table of day weights, joined by day), the weighted sum is rounded
  half away from zero to whole points;
- the cap is applied last, to the side of the points' sign;
- points given by hand (adjusting.py) are one more criterion, of behaviour; where nobody has any, they cost one look.
"""

# ruff: noqa: S608, S611 - the text is made of our own names and of numbers; values are parameters

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any, TypeVar

import structlog
from django.db import connection
from django.db.models import Case, CharField, IntegerField, Q, QuerySet, Sum, Value, When
from django.db.models.expressions import RawSQL
from django.db.models.functions import Cast

from teplo.conditions import registry
from teplo.conditions.comparing import FALSE
from teplo.conditions.compiling import ask
from teplo.conditions.reading import ConditionError, read_json
from teplo.conditions.reusing import reuse
from teplo.conditions.vocabulary import Asking
from teplo.people.models import Person, PersonLeaf
from teplo.scoring.models import Adjustment, Criterion, Profile, Side
from teplo.scoring.rules import HALF_LIVES_KEPT, Rules, bounds, reach
from teplo.tracking.models import Tally
from teplo.tracking.recalling import conditions_of_activities, cut_by, times_by_sql

log = structlog.get_logger(__name__)

Leaf = TypeVar("Leaf", bound=PersonLeaf)

WHOLE = 1_000_000
"""A day's full weight: weights are kept in millionths."""
FEW = 20
"""People of whom it is looked up first which days the moment cuts through."""


@dataclass(frozen=True)
class Sql:
    """A piece of SQL with its parameters in order."""

    text: str
    params: tuple[Any, ...] = ()


@dataclass(frozen=True)
class Scope:
    """Whose score: people named by id, or all with ids in a closed range."""

    ids: tuple[int, ...] | None = None
    first: int | None = None
    last: int | None = None

    def where(self, column: str) -> Sql:
        """The condition on `column`, one parameter however many people are named."""
        if self.ids is not None:
            return Sql(f"{column} IN ({named_ids(self.ids).text})", named_ids(self.ids).params)
        return Sql(f"{column} BETWEEN %s AND %s", (self.first, self.last))

    def people(self) -> QuerySet[Person]:
        """The same as a queryset, for conditions written with the ORM."""
        if self.ids is not None:
            named = named_ids(self.ids)
            return Person.objects.filter(id__in=RawSQL(named.text, named.params))
        return Person.objects.filter(id__gte=self.first, id__lte=self.last)

    def rows(self, leaves: QuerySet[Leaf]) -> QuerySet[Leaf]:
        """Those of `leaves` (rows that hang on a person) that belong to these people."""
        if self.ids is not None:
            named = named_ids(self.ids)
            return leaves.filter(person_id__in=RawSQL(named.text, named.params))
        return leaves.filter(person_id__gte=self.first, person_id__lte=self.last)


def active_at(at: datetime) -> Q:
    """Adjustments that count at a moment: given by then, and neither ended nor taken back."""
    ends = Q(until=None) | Q(until__gt=at)
    return Q(at__lte=at) & ends & (Q(withdrawn_at=None) | Q(withdrawn_at__gt=at))


def named_ids(ids: Sequence[int]) -> Sql:
    """A query that answers the given ids; they travel as one parameter (SQLite allows only 32,766 of them)."""
    if connection.vendor == "sqlite":
        return Sql("SELECT value FROM json_each(%s)", (json.dumps(list(ids)),))
    return Sql("SELECT unnest(%s::bigint[])", (list(ids),))


@dataclass
class Compilation:
    """A table being compiled for some people as of a moment. `parts` and `total` are the two ways to ask it."""

    rules: Rules
    scope: Scope
    at: datetime
    is_past: bool = False
    by_hand: bool = True

    def __post_init__(self) -> None:
        self._asking = Asking(registry.people(), self.at, of_past=self.is_past, among=self.scope.ids)
        self.today = self._asking.today
        self._deeds = {index: self._deed(item) for index, item in enumerate(self.rules.criteria) if item.activity_id}
        self._by_condition = self._conditions_sql()
        self._adjustments = self._adjustments_sql() if self.by_hand else None

    def parts(self) -> Sql:
        """One row per person: person_id, grade, and p0 … pn, the points of each criterion in the table's order.

        Last, where adjustments are counted, stand the points given by hand: `by_hand`.
        """
        points = [
            f"COALESCE(b.d{index}, 0)" if item.activity_id else f"f.c{index}"
            for index, item in enumerate(self.rules.criteria)
        ]
        columns = "".join(f", {text} AS p{index}" for index, text in enumerate(points))
        if self.by_hand:
            columns += ", COALESCE(a.points, 0) AS by_hand" if self._adjustments else ", 0 AS by_hand"
        return self._select(columns, {f"d{index}": text for index, text in self._deeds.items()})

    def total(self) -> Sql:
        """One row per person: person_id, grade, fit, behaviour. The sides are added up where they are counted."""
        deeds = {f"d_{side}": self._deeds_of(side) for side in Side.values if self._deeds_of(side)}
        columns = "".join(f", {self._side(side, deeds)} AS {side}" for side in Side.values)
        return self._select(columns, deeds)

    def _deeds_of(self, side: str) -> str:
        return " + ".join(text for index, text in self._deeds.items() if self.rules.criteria[index].side == side)

    def _side(self, side: str, deeds: Mapping[str, str]) -> str:
        by_condition = [
            f"f.c{index}"
            for index, item in enumerate(self.rules.criteria)
            if item.side == side and not item.activity_id
        ]
        by_deed = [f"COALESCE(b.d_{side}, 0)"] if f"d_{side}" in deeds else []
        given = ["COALESCE(a.points, 0)"] if side == Side.BEHAVIOUR and self._adjustments else []
        return " + ".join([*by_condition, *by_deed, *given]) or "0"

    def _select(self, columns: str, deeds: Mapping[str, str]) -> Sql:
        tallies, weights = self._tallies_sql(deeds), self._weights_sql()
        joined = f" LEFT JOIN ({tallies.text}) b ON b.person_id = f.id" if deeds else ""
        params = (*weights.params, *self._by_condition.params, *(tallies.params if deeds else ()))
        if self._adjustments:
            joined += f" LEFT JOIN ({self._adjustments.text}) a ON a.person_id = f.id"
            params += self._adjustments.params
        text = f"SELECT f.id AS person_id, f.grade AS grade{columns} FROM ({self._by_condition.text}) f{joined}"
        return Sql(weights.text + text, params)

    def adjustments(self) -> list[Adjustment]:
        """The points given by hand that count here, the oldest first."""
        return list(self._active().order_by("at", "id")) if self._adjustments else []

    def activity_conditions(self) -> Mapping[int, Any]:
        """What counts as each activity of the table; for what tallies said in the past."""
        known = self._asking.vocabulary.keep("conditions of activities", conditions_of_activities)
        wanted = {item.activity_id for item in self.rules.criteria}
        return {key: condition for key, condition in known.items() if key in wanted}

    @cached_property
    def cut_conditions(self) -> Mapping[int, Any]:
        """The same, of few people only of those activities whose day the moment cuts through.

        Mostly there are none, and then the journal need not be asked, nor its question be compiled.
        """
        conditions = self.activity_conditions()
        ids = self.scope.ids
        if ids is None or len(ids) > FEW:
            return conditions
        cut = Tally.objects.filter(cut_by(self.at), person_id__in=ids)
        found = set(cut.order_by().values_list("activity_id", flat=True).distinct())
        return {key: condition for key, condition in conditions.items() if key in found}

    def _active(self) -> QuerySet[Adjustment]:
        return self.scope.rows(Adjustment.objects.filter(active_at(self.at)))

    def _adjustments_sql(self) -> Sql | None:
        """Points given by hand to these people and counting at the moment; None, and no join, where there are none."""
        active = self._active()
        if not active.exists():
            return None
        summed = active.order_by().values("person_id").annotate(points=Cast(Sum("points"), IntegerField()))
        text, params = summed.query.get_compiler(connection=connection).as_sql()
        return Sql(text, tuple(params))

    # -- conditions ---------------------------------------------------------------------------------------------

    def _conditions_sql(self) -> Sql:
        """For a batch of named people the statement of an earlier batch serves again."""
        ids = self.scope.ids
        if ids is None:
            return fold_once(self._conditions_of(self.scope, self._asking), self.scope)
        if self.is_past:
            return self._conditions_of(self.scope, self._asking)
        text, params = reuse(
            key=("scoring", *map(_key, self.rules.criteria), *map(_key, self.rules.profiles)),
            build=self._build,
            encode=lambda people: named_ids(people).params[0],
            ids=ids,
            at=self.at,
        )
        return Sql(text, params)

    def _build(self, ids: Sequence[int], at: datetime) -> tuple[str, tuple[Any, ...]]:
        asking = Asking(self._asking.vocabulary, at, among=tuple(ids))
        compiled = self._conditions_of(Scope(ids=tuple(ids)), asking)
        return compiled.text, compiled.params

    def _conditions_of(self, scope: Scope, asking: Asking) -> Sql:
        cases: dict[str, Case] = {
            f"c{index}": Case(
                When(self._q(item.condition, asking), then=Value(item.points)),
                default=Value(0),
                output_field=IntegerField(),
            )
            for index, item in enumerate(self.rules.criteria)
            if not item.activity_id
        }
        grades = [When(self._q(item.condition, asking), then=Value(item.kind)) for item in self.rules.profiles]
        cases["grade"] = Case(*grades, default=Value(""), output_field=CharField())
        people = scope.people().order_by().annotate(**cases).values_list("id", *cases)
        text, params = people.query.get_compiler(connection=connection).as_sql()
        return Sql(text, tuple(params))

    def _q(self, condition: dict[str, Any], asking: Asking) -> Q:
        """A condition that has lost its sense (its attribute is gone) holds for nobody: it must not stop the others."""
        try:
            return ask(read_json(condition, asking.vocabulary, of_known_values=False), asking)
        except ConditionError as error:
            log.warning("criterion_unreadable", table=self.rules.table.id, code=error.code)
            return FALSE

    # -- tallies ------------------------------------------------------------------------------------------------

    def _deed(self, item: Criterion) -> str:
        """The points of a deed for one person, over the group of his tallies.

        Numbers and days stand in the text rather than as parameters, so that both engines see which sums are the same
        and count each of them once.
        """
        points, least = int(item.points), int(item.at_least)
        times = self._over(item, "SUM", "t.count")
        if item.half_life_days:
            given = _at_most(self._faded(item, points), item)
        elif item.is_per_time:
            given = _at_most(f"{points} * {times}", item)
        else:
            low, high = bounds(item)
            given = str(min(max(points, low), high))
        return given if item.is_per_time and least <= 1 else f"CASE WHEN {times} >= {least} THEN {given} ELSE 0 END"

    def _faded(self, item: Criterion, points: int) -> str:
        """Points after half-life: of each time by its own day, or of the newest day; rounded half away from zero."""
        weight = f"COALESCE(w.w{int(item.half_life_days or 0)}, 0)"
        weighed = (
            self._over(item, "SUM", f"t.count * {weight}") if item.is_per_time else self._over(item, "MAX", weight)
        )
        half = WHOLE // 2 if points >= 0 else -WHOLE // 2
        return f"({points} * CAST({weighed} AS bigint) + ({half})) / {WHOLE}"

    def _over(self, item: Criterion, function: str, value: str) -> str:
        days = reach(item)
        window = f" AND t.day > '{(self.today - timedelta(days=days)).isoformat()}'" if days else ""
        return f"{function}(CASE WHEN t.activity_id = {int(item.activity_id or 0)}{window} THEN {value} ELSE 0 END)"

    def _tallies_sql(self, deeds: Mapping[str, str]) -> Sql:
        columns = "".join(f", {text} AS {name}" for name, text in deeds.items())
        joined = " LEFT JOIN weights w ON w.day = t.day" if self._half_lives else ""
        where, params = self._tally_where()
        tallies = self._tallies_then() if self.is_past else Sql(_TALLIES)
        text = f"SELECT t.person_id{columns} FROM {tallies.text} t{joined} WHERE {where} GROUP BY t.person_id"
        return Sql(text, (*tallies.params, *params))

    def _tallies_then(self) -> Sql:
        """Tallies as they stood at the moment asked: a deed done later the same day takes nothing from those before."""
        times, params = times_by_sql(self.at, self.cut_conditions)
        text = f"(SELECT person_id, activity_id, day, {times} AS count FROM {_TALLIES} WHERE first_at <= %s)"
        return Sql(text, (*params, connection.ops.adapt_datetimefield_value(self.at)))

    def _tally_where(self) -> tuple[str, list[Any]]:
        # Rows of other activities are passed over by the CASEs; filtering them first costs more than it saves.
        whose = self.scope.where("t.person_id")
        text = f"{whose.text} AND t.day <= %s"
        params = [*whose.params, self._day(0, counting_today=True)]
        horizon = self.rules.horizon_days
        if horizon:
            text += " AND t.day > %s"
            params.append(self._day(horizon))
        return text, params

    def _day(self, days_back: int, *, counting_today: bool = False) -> Any:
        """The last day that lies outside a window of `days_back` days, today being the first of them."""
        day = self.today if counting_today else self.today - timedelta(days=days_back)
        return connection.ops.adapt_datefield_value(day)

    # -- half-life ----------------------------------------------------------------------------------------------

    @property
    def _half_lives(self) -> list[int]:
        deeds = (item for item in self.rules.criteria if item.activity_id)
        return sorted({int(item.half_life_days) for item in deeds if item.half_life_days})

    def _weights_sql(self) -> Sql:
        """The day weights as a common table expression: day, w<half-life> … in millionths."""
        if not self._half_lives:
            return Sql("")
        rows = day_weights(today=self.today, half_lives=self._half_lives)
        names = ", ".join(f"w{half_life}" for half_life in self._half_lives)
        if connection.vendor == "sqlite":
            picked = ", ".join(f"json_extract(value, '$[{index}]')" for index in range(len(self._half_lives) + 1))
            text = f"WITH weights(day, {names}) AS MATERIALIZED (SELECT {picked} FROM json_each(%s)) "
            return Sql(text, (json.dumps([[day.isoformat(), *weights] for day, *weights in rows]),))
        arrays = ", ".join(["%s::date[]", *("%s::bigint[]" for _ in self._half_lives)])
        text = f"WITH weights(day, {names}) AS MATERIALIZED (SELECT * FROM unnest({arrays})) "
        return Sql(text, tuple(list(column) for column in zip(*rows, strict=True)))


def _key(item: Criterion | Profile) -> tuple[Any, ...]:
    """All of a criterion or profile that its condition's SQL is made of."""
    if isinstance(item, Profile):
        return (item.kind, str(item.condition))
    return ("deed",) if item.activity_id else (item.points, str(item.condition))


_TALLIES = Tally._meta.db_table
_PEOPLE = Person._meta.db_table
_FOLDED = re.compile(rf'(?:teplo_fold|lower)\("{_PEOPLE}"\."\w+"(?: COLLATE "[\w-]+")?\)')
_COLUMN = re.compile(rf'"{_PEOPLE}"\."\w+"')
_FROM_PEOPLE = re.compile(rf' FROM "{_PEOPLE}"(?= WHERE | LEFT | INNER |$)')


def fold_once(sql: Sql, scope: Scope) -> Sql:
    """The same statement with each folded text column of a person counted once instead of once per condition.

    A table of twenty criteria folds a city or a position a dozen times per person, which took half of the time. The
    people come from a subquery that the planner may not flatten (hence its OFFSET); nothing else changes.
    """
    folded = {text: f"folded_{number}" for number, text in enumerate(dict.fromkeys(_FOLDED.findall(sql.text)))}
    places = list(_FROM_PEOPLE.finditer(sql.text))
    if not folded or len(places) != 1:
        return sql
    names = "".join(f", {text} AS {name}" for text, name in folded.items())
    whose, place = scope.where("id"), places[0]
    fence = "LIMIT -1 OFFSET 0" if connection.vendor == "sqlite" else "OFFSET 0"
    columns = ", ".join(sorted({*_COLUMN.findall(sql.text), f'"{_PEOPLE}"."id"'}))
    inner = f'SELECT {columns}{names} FROM "{_PEOPLE}" WHERE {whose.text} {fence}'
    before, after = (
        _FOLDED.sub(lambda found: f'"{_PEOPLE}".{folded[found[0]]}', part)
        for part in (sql.text[: place.start()], sql.text[place.end() :])
    )
    passed = before.count("%s")
    params = (*sql.params[:passed], *whose.params, *sql.params[passed:])
    return Sql(f'{before} FROM ({inner}) "{_PEOPLE}"{after}', params)


def compile_rules(
    *, rules: Rules, scope: Scope, at: datetime, is_past: bool = False, by_hand: bool = True
) -> Compilation:
    """`rules` for the people of `scope` at `at`; `is_past` when `at` is a moment before now (back-test, review).

    `by_hand`: points given by hand count too; a test of tables alone leaves them out.
    """
    return Compilation(rules=rules, scope=scope, at=at, is_past=is_past, by_hand=by_hand)


def day_weights(*, today: date, half_lives: Sequence[int]) -> list[tuple[Any, ...]]:
    """What is left of a deed of each past day, in millionths, for each half-life: today is whole."""
    longest = max(half_lives) * HALF_LIVES_KEPT
    return [
        (today - timedelta(days=age), *(weight_at(age=age, half_life=half_life) for half_life in half_lives))
        for age in range(longest)
    ]


def weight_at(*, age: int, half_life: int) -> int:
    """Millionths left after `age` days."""
    return round(WHOLE * 0.5 ** (age / half_life)) if age < half_life * HALF_LIVES_KEPT else 0


def _at_most(expression: str, item: Criterion) -> str:
    """Points of deeds, capped. They are on the side of the criterion's sign, so one bound is enough."""
    low, high = bounds(item)
    least, greatest = ("MIN", "MAX") if connection.vendor == "sqlite" else ("LEAST", "GREATEST")
    return f"{least}({expression}, {high})" if item.points >= 0 else f"{greatest}({expression}, {low})"
