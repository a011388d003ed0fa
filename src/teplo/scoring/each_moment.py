"""Many people scored at once, each as he stood at a moment of his own: the score statement, the moment being a column.

It is made of the pieces of the statement of one moment (statement.py): the points of a deed are the same text, over
tallies whose age is counted from the person's own day; conditions are compiled as for one moment in the past, and the
parameters that follow from the moment are found out by compiling for several moments and become columns. See
docs/decisions/2026-11-22-everybody-at-his-own-moment.md.
"""

# ruff: noqa: S608, S611 - the text is made of our own names and of numbers; values are parameters

from __future__ import annotations

import json
import re
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import partial
from typing import Any

from django.db import connection
from django.db.models import DateTimeField
from django.db.models.expressions import RawSQL

from teplo.conditions import registry
from teplo.conditions.reusing import keep
from teplo.conditions.vocabulary import Asking
from teplo.people.models import AttributeChange, Person
from teplo.scoring.models import Criterion
from teplo.scoring.rules import Rules, reach
from teplo.scoring.statement import Compilation, Scope, Sql, day_weights, fold_once
from teplo.tracking.models import Tally
from teplo.tracking.recalling import times_by_sql

_PEOPLE = Person._meta.db_table
_TALLIES = Tally._meta.db_table
_FROM_PEOPLE = re.compile(rf' FROM "{_PEOPLE}"(?= WHERE | LEFT | INNER |$)')
_CHANGES = AttributeChange._meta.db_table
_LATER_CHANGES = re.compile(rf'(FROM "{_CHANGES}" (U\d+) WHERE \()(?=\2\."at" > moment\.at )')
_ONLY_OF_CHANGED = r"\1moment.has_changed AND "
"""Most people have not changed since their moment: whoever has not is not looked up once per criterion."""
_FENCE = {"postgresql": "OFFSET 0", "sqlite": "LIMIT -1 OFFSET 0"}
"""Keeps the planner from flattening a subquery: `count` would be worked out anew for each criterion, a condition for
each table that asks it."""
_HOLE = re.compile(r"%[%s]")

Build = Callable[[datetime], tuple[str, tuple[Any, ...]]]
ByDay = Callable[[date], list[Any]]


class MomentTangled(Exception):
    """A condition depends on its moment in a way that cannot be asked of many moments at once."""


@dataclass(frozen=True)
class Asked:
    """SQL in which the moment is a column of `moment` (at, day and v0 … vn), and how to find v0 … vn of a day."""

    sql: Sql
    by_day: tuple[int, ...] = ()
    """Places among the parameters of the statement for one moment."""


class EachMoment(Compilation):
    """Some tables compiled together for the people of a sample (see sampling.py), each at his moment.

    `sample` answers at least (person_id, at) and, for `totals`, whatever columns are named there. What both tables ask
    is asked once. Points given by hand are left out: tables are compared, not the people who help them.
    """

    def __init__(self, *, tables: Sequence[Rules], sample: Sql, scope: Scope) -> None:
        self._vocabulary, self._is_kept = registry.people(), False
        self._pieces = _Pieces()
        self._shares = [[self._pieces.add(item) for item in table.criteria] for table in tables]
        at = datetime(2026, 1, 1, tzinfo=UTC)
        self._asking = Asking(self._vocabulary, at, of_past=True, among=())
        self.tables, self.sample, self.scope, self.at, self.is_past = tables, sample, scope, at, True
        self.by_hand, self.today = False, self._asking.today
        self.rules = Rules(tables[0].table, tuple(self._pieces.criteria), ())
        asked = (("deed",) if item.activity_id else str(item.condition) for item in self._pieces.criteria)
        self._conditions = keep(key=("each moment", scope, *asked), make=self._conditions_of_moments)

    def totals(self, columns: Sequence[str] = ()) -> Sql:
        """One row per person of the sample: person_id, these columns of the sample, and t0 … tn, each table's total."""
        sums = {f"b{number}": self._sum_of_deeds(shares) for number, shares in enumerate(self._shares)}
        deeds = {name: text for name, text in sums.items() if text}
        totals = ", ".join(f"{self._total(number, deeds)} AS t{number}" for number in range(len(self.tables)))
        wanted = "".join(f"moment.{name}, " for name in ("person_id", *columns))
        return self._over_sample(f"SELECT {wanted}{totals}", deeds)

    def parts(self) -> Sql:
        """One row per person: person_id, and of each table the points of its criteria in order (p<table>_<place>)."""
        deeds = {f"d{index}": self._deed(item) for index, item in enumerate(self.rules.criteria) if item.activity_id}
        points = [
            f"{self._piece(index, points, f'COALESCE(b.d{index}, 0)')} AS p{number}_{place}"
            for number, shares in enumerate(self._shares)
            for place, (index, points) in enumerate(shares)
        ]
        return self._over_sample(f"SELECT {', '.join(['moment.person_id', *points])}", deeds)

    def _piece(self, index: int, points: int, deed: str) -> str:
        return deed if self.rules.criteria[index].activity_id else f"{points} * f.c{index}"

    def _total(self, number: int, deeds: Mapping[str, str]) -> str:
        by_condition = [
            f"{points} * f.c{index}"
            for index, points in self._shares[number]
            if not self.rules.criteria[index].activity_id
        ]
        by_deed = [f"COALESCE(b.b{number}, 0)"] if f"b{number}" in deeds else []
        return " + ".join([*by_condition, *by_deed]) or "0"

    def _sum_of_deeds(self, shares: Sequence[tuple[int, int]]) -> str:
        items = [self.rules.criteria[index] for index, _ in shares]
        return " + ".join(self._deed(item) for item in items if item.activity_id)

    def _over_sample(self, select: str, deeds: Mapping[str, str]) -> Sql:
        moments = Sql("") if self._is_kept else self._moments()
        tallies, weights = self._tallies_then_sql(deeds), self._weights_by_age()
        joined = f" LEFT JOIN ({tallies.text}) b ON b.person_id = moment.person_id" if deeds else ""
        tables = ", ".join(part.text for part in (moments, weights) if part.text)
        text = (
            f"{f'WITH {tables} ' if tables else ''}{select} FROM moment "
            f"JOIN ({self._conditions.sql.text}) f ON f.id = moment.person_id{joined}"
        )
        params = (*moments.params, *weights.params, *self._conditions.sql.params, *(tallies.params if deeds else ()))
        return Sql(f"SELECT * FROM ({text}) scored", params)

    # -- moments ------------------------------------------------------------------------------------------------

    @contextmanager
    def kept_moments(self) -> Iterator[None]:
        """Let the sample stand in a temporary table while it is asked; for many people, in a transaction.

        No engine knows how many rows such a sample answers, and both would join it in loops; a table they can look at.
        """
        moments, is_postgres = self._moments(), connection.vendor == "postgresql"
        with connection.cursor() as cursor:
            if is_postgres:
                cursor.execute("SET LOCAL work_mem = '64MB'")
                cursor.execute("SET LOCAL enable_nestloop = off")
            cursor.execute(f"CREATE TEMP TABLE moment AS WITH {moments.text} SELECT * FROM moment", moments.params)
            cursor.execute(f"CREATE UNIQUE INDEX {'' if is_postgres else 'temp.'}moment_person ON moment (person_id)")
            if is_postgres:
                cursor.execute("SET LOCAL enable_nestloop = on")
                cursor.execute("ANALYZE moment")
            self._is_kept = True
            yield
            self._is_kept = False
            cursor.execute("DROP TABLE moment")

    def _moments(self) -> Sql:
        """The CTE `moment`: the sample with each one's day in the workspace's zone, and values that follow from it."""
        day, zone = connection.ops.datetime_cast_date_sql("s.at", (), str(registry.zone()))
        later = f"SELECT 1 FROM {_CHANGES} c WHERE c.person_id = s.person_id AND c.at > s.at"
        named = f"SELECT s.*, {day} AS day, EXISTS ({later}) AS has_changed FROM ({self.sample.text}) s"
        params = (*zone, *self.sample.params)
        if not self._conditions.by_day:
            return Sql(f"moment AS MATERIALIZED ({named})", params)
        days = self._days(Sql(named, params))
        names = "".join(f", d.v{number}" for number in range(len(self._conditions.by_day)))
        with_days = f"SELECT m.*{names} FROM ({named}) m LEFT JOIN days d ON d.day = m.day"
        text = f"{days.text}, moment AS MATERIALIZED ({with_days})"
        return Sql(text, (*days.params, *params))

    def _days(self, moments: Sql) -> Sql:
        """The CTE `days`: for each day of the sample the values that conditions take from it, e.g. a month earlier."""
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT DISTINCT day FROM ({moments.text}) m", moments.params)
            days = sorted(_as_date(row[0]) for row in cursor.fetchall())
        rows = [[day, *self._values_of(day)] for day in days]
        names = ", ".join(f"v{number}" for number in range(len(self._conditions.by_day)))
        if connection.vendor == "sqlite":
            picked = ", ".join(
                f"json_extract(value, '$[{index}]')" for index in range(len(self._conditions.by_day) + 1)
            )
            plain = json.dumps([[str(value) for value in row] for row in rows])
            return Sql(f"days(day, {names}) AS MATERIALIZED (SELECT {picked} FROM json_each(%s))", (plain,))
        kinds = ["timestamptz" if isinstance(value, datetime) else "date" for value in (rows[0] if rows else [])]
        if not rows:  # nobody is asked: any type will do, but there must be one
            kinds = ["date", *("timestamptz" for _ in self._conditions.by_day)]
        arrays = ", ".join(f"%s::{kind}[]" for kind in kinds)
        columns = [list(column) for column in zip(*rows, strict=True)] or [[] for _ in kinds]
        return Sql(f"days(day, {names}) AS MATERIALIZED (SELECT * FROM unnest({arrays}))", tuple(columns))

    def _values_of(self, day: date) -> list[Any]:
        _text, params = self._build(datetime.combine(day, time(12), registry.zone()))
        return [params[place] for place in self._conditions.by_day]

    # -- conditions ---------------------------------------------------------------------------------------------

    def _conditions_of_moments(self) -> Asked:
        asked = as_columns(self._build, zone=registry.zone())
        joined, places = _FROM_PEOPLE.subn(
            f' FROM "{_PEOPLE}" INNER JOIN moment ON moment.person_id = "{_PEOPLE}"."id"', asked.sql.text
        )
        if places != 1:
            raise MomentTangled
        folded = fold_once(Sql(_LATER_CHANGES.sub(_ONLY_OF_CHANGED, joined), asked.sql.params), self.scope)
        return Asked(Sql(f"{folded.text} {_FENCE[connection.vendor]}", folded.params), asked.by_day)

    def _build(self, at: datetime) -> tuple[str, tuple[Any, ...]]:  # type: ignore[override]
        compiled = self._conditions_of(self.scope, Asking(self._vocabulary, at, of_past=True, among=()))
        return compiled.text, compiled.params

    # -- tallies ------------------------------------------------------------------------------------------------

    def _over(self, item: Criterion, function: str, value: str) -> str:
        days = reach(item)
        window = f" AND t.age < {days}" if days else ""
        return f"{function}(CASE WHEN t.activity_id = {int(item.activity_id or 0)}{window} THEN {value} ELSE 0 END)"

    def _tallies_then_sql(self, deeds: Mapping[str, str]) -> Sql:
        """Tallies as they stood at each one's moment, grouped by person; `age` in days from his own day back."""
        columns = "".join(f", {text} AS {name}" for name, text in deeds.items())
        own = RawSQL("moment.at", (), output_field=DateTimeField())
        times, params = times_by_sql(own, self.activity_conditions())
        whose = self.scope.where(f"{_TALLIES}.person_id")
        horizon = self.rules.horizon_days
        reached = f" AND {_TALLIES}.day > {_days_before('moment.day', horizon)}" if horizon else ""
        then = (
            f"SELECT {_TALLIES}.person_id, {_TALLIES}.activity_id, {_age()} AS age, {times} AS count "
            f"FROM {_TALLIES} JOIN moment ON moment.person_id = {_TALLIES}.person_id "
            f"WHERE {whose.text} AND {_TALLIES}.first_at <= moment.at{reached} {_FENCE[connection.vendor]}"
        )
        joined = " LEFT JOIN weights w ON w.age = t.age" if self._half_lives else ""
        text = f"SELECT t.person_id{columns} FROM ({then}) t{joined} GROUP BY t.person_id"
        return Sql(text, (*params, *whose.params))

    def _weights_by_age(self) -> Sql:
        """The CTE `weights`: what is left of a deed of each age, in millionths, for each half-life."""
        if not self._half_lives:
            return Sql("")
        rows = [[age, *weights] for age, (_day, *weights) in enumerate(
            day_weights(today=self.today, half_lives=self._half_lives)
        )]  # fmt: skip
        names = ", ".join(f"w{half_life}" for half_life in self._half_lives)
        if connection.vendor == "sqlite":
            picked = ", ".join(f"json_extract(value, '$[{index}]')" for index in range(len(self._half_lives) + 1))
            text = f"weights(age, {names}) AS MATERIALIZED (SELECT {picked} FROM json_each(%s))"
            return Sql(text, (json.dumps(rows),))
        arrays = ", ".join("%s::bigint[]" for _ in range(len(self._half_lives) + 1))
        text = f"weights(age, {names}) AS MATERIALIZED (SELECT * FROM unnest({arrays}))"
        return Sql(text, tuple(list(column) for column in zip(*rows, strict=True)))


class _Pieces:
    """The different criteria of several tables: what two of them ask stands once."""

    def __init__(self) -> None:
        self.criteria: list[Criterion] = []
        self._places: dict[Hashable, int] = {}

    def add(self, item: Criterion) -> tuple[int, int]:
        """The place of this criterion's piece, and the points it gives (1 for a deed, whose piece holds them)."""
        key, piece, points = _piece_of(item)
        if key not in self._places:
            self._places[key] = len(self.criteria)
            self.criteria.append(piece)
        return self._places[key], points


def _piece_of(item: Criterion) -> tuple[Hashable, Criterion, int]:
    if item.activity_id:
        names = ("activity_id", "points", "is_per_time", "at_least", "cap", "window_days", "half_life_days")
        return tuple(getattr(item, name) for name in names), item, 1
    condition = json.dumps(item.condition, sort_keys=True)
    return condition, Criterion(side=item.side, condition=item.condition, points=1), int(item.points)


# -- the moment as a column ---------------------------------------------------------------------------------------


def as_columns(build: Build, *, zone: tzinfo) -> Asked:
    """The statement `build(at)` with everything that follows from `at` taken from columns of `moment` instead.

    Which parameters do is found out, not assumed: the statement is compiled for four moments, two of one day, and what
    differs must be the moment or the day with a fixed distance, or follow from the day. Raises MomentTangled.
    """
    moments = [datetime.combine(day, clock, zone).astimezone(UTC) for day, clock in _PROBES]
    built = [build(at) for at in moments]
    if any(text != built[0][0] or len(params) != len(built[0][1]) for text, params in built):
        raise MomentTangled
    days = [day for day, _clock in _PROBES]
    taken = [_column_for(values, moments, days) for values in zip(*(params for _text, params in built), strict=True)]
    by_day = tuple(place for place, column in enumerate(taken) if column == _BY_DAY)
    numbers = iter(range(len(by_day)))
    columns = [f"moment.v{next(numbers)}" if column == _BY_DAY else column for column in taken]
    params = tuple(value for value, column in zip(built[0][1], columns, strict=True) if column is None)
    return Asked(Sql(_filled(built[0][0], columns), params), by_day)


_PROBES = (
    (date(2025, 3, 10), time(10, 20, 30, 123457)),
    (date(2025, 3, 10), time(18, 1, 2, 3)),
    (date(2026, 8, 31), time(5, 59, 59, 500001)),
    (date(2028, 2, 29), time(22, 10, 0, 7)),
)
_BY_DAY = "by day"


def _column_for(values: Sequence[Any], moments: Sequence[datetime], days: Sequence[date]) -> str | None:
    """The column for a parameter that took these values at the probes; None: it is the same at all of them."""
    if all(value == values[0] for value in values):
        return None
    read = [_read(value) for value in values]
    if all(isinstance(value, datetime) for value in read):
        distances = {value - at for value, at in zip(read, moments, strict=True)}
        if len(distances) == 1:
            return _moment_after(distances.pop())
    elif all(isinstance(value, date) for value in read):
        back = {(day - value).days for value, day in zip(read, days, strict=True)}
        if len(back) == 1:
            return _days_before("moment.day", back.pop())
    if values[0] != values[1] or any(value is None for value in read):
        raise MomentTangled
    return _BY_DAY


def _read(value: Any) -> Any:
    """A parameter as a moment or a day; SQLite gets both as texts."""
    if isinstance(value, str):
        try:
            if len(value) == len("2026-01-01"):
                return date.fromisoformat(value)
            return datetime.fromisoformat(value).replace(tzinfo=UTC)
        except ValueError:
            return None
    return value if isinstance(value, date) else None


def _filled(text: str, columns: Sequence[str | None]) -> str:
    """The text with the holes of these parameters replaced by columns."""
    return _HOLE.sub(partial(_fill_hole, left=iter(columns)), text)


def _fill_hole(found: re.Match[str], *, left: Any) -> str:
    if found[0] == "%%":
        return found[0]
    return next(left) or "%s"


def _moment_after(distance: timedelta) -> str:
    microseconds = distance // timedelta(microseconds=1)
    if not microseconds:
        return "moment.at"
    if connection.vendor == "sqlite":
        return f"django_format_dtdelta('+', moment.at, {microseconds})"
    return f"(moment.at + INTERVAL '{microseconds} microseconds')"


def _days_before(day: str, days: int) -> str:
    if connection.vendor == "sqlite":
        return f"date({day}, '{-days:+d} days')" if days else day
    return f"({day} - {days})" if days else day


def _age() -> str:
    if connection.vendor == "sqlite":
        return f"CAST(julianday(moment.day) - julianday({_TALLIES}.day) AS integer)"
    return f"(moment.day - {_TALLIES}.day)"


def _as_date(value: Any) -> date:
    return date.fromisoformat(value) if isinstance(value, str) else value
