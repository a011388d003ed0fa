"""The people of a back-test: scored and written range by range, counted, and paged where the two tables disagree."""

# ruff: noqa: S608 - the text is made of names of our own tables and columns; values are parameters

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from django.db import connection
from django.db.models import Case, CharField, Count, F, Max, Min, Q, QuerySet, Sum, Value, When
from django.db.models.functions import TruncDate

from teplo.conditions import registry
from teplo.scoring.each_moment import EachMoment
from teplo.scoring.measuring import Cell, Pair, histogram
from teplo.scoring.models import OutcomeState, Temperature, Tested
from teplo.scoring.rules import Rules
from teplo.scoring.sampling import Question, moments_sql, sample_sql
from teplo.scoring.statement import Scope, Sql

_TABLE = Tested._meta.db_table
_SAMPLED = ("at", "state", "value", "ended_at")
_BOUGHT = Sum(Case(When(state=OutcomeState.WON, then=1), default=0))


def write_range(*, test_id: int, tables: Sequence[Rules], question: Question, first: int, last: int) -> int:
    """Score everybody of the sample with an id in the closed range by one or two tables; answers how many.

    In a transaction; people already written stay as they are.
    """
    sample = sample_sql(question, first=first, last=last)
    each = EachMoment(tables=tables, sample=sample, scope=Scope(first=first, last=last))
    against = "t1" if len(tables) > 1 else "NULL"
    names = ", ".join(_SAMPLED)
    with each.kept_moments(), connection.cursor() as cursor:
        scored = each.totals(_SAMPLED)
        cursor.execute(
            f"INSERT INTO {_TABLE} (person_id, id, {names}, total, against) "
            f"SELECT person_id, %s, {names}, t0, {against} FROM ({scored.text}) s WHERE TRUE ORDER BY person_id "
            "ON CONFLICT (person_id, id) DO NOTHING",
            [test_id, *scored.params],
        )
        return int(cursor.rowcount)


def of_test(test_id: int) -> QuerySet[Tested]:
    return Tested.objects.filter(id=test_id)


def forget(test_id: int) -> None:
    """Drop the people of a test."""
    with connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {_TABLE} WHERE id = %s", [test_id])


def states(test_id: int) -> dict[str, int]:
    """How many ended how."""
    return dict(of_test(test_id).values_list("state").annotate(Count("person_id")))


def span(test_id: int) -> tuple[datetime | None, datetime | None]:
    """The first and the last moment."""
    ends = of_test(test_id).aggregate(first=Min("at"), last=Max("at"))
    return ends["first"], ends["last"]


def pairs(test_id: int) -> list[Pair]:
    """Counts by both scores; the other score is 0 where there was no live table."""
    rows = of_test(test_id).values_list("total", "against").annotate(people=Count("person_id"), bought=_BOUGHT)
    return [Pair(total, against or 0, people, bought) for total, against, people, bought in rows]


def by_day(test_id: int, column: str) -> dict[date, list[Cell]]:
    """Counts by the day of the moment (of the workspace's zone) and the score in `column`."""
    day = TruncDate("at", tzinfo=registry.zone())
    rows = of_test(test_id).annotate(day=day).values_list("day", column)
    days: dict[date, list[tuple[int, int, int]]] = {}
    for found, score, people, bought in rows.annotate(people=Count("person_id"), bought=_BOUGHT):
        days.setdefault(found, []).append((score, people, bought))
    return {found: histogram(counts) for found, counts in days.items()}


def everybody_asked(question: Question) -> int:
    """How many people have a moment, those among them who had bought before it included."""
    sql = moments_sql(question)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT COUNT(*) FROM ({sql.text}) m", sql.params)
        return int(cursor.fetchone()[0])


# -- who changes band --------------------------------------------------------------------------------------------


def temperature_of(column: str, *, warm_from: int, hot_from: int) -> Case:
    """The temperature of a score column by a table's thresholds."""
    return Case(
        When(**{f"{column}__gte": hot_from}, then=Value(Temperature.HOT)),
        When(**{f"{column}__gte": warm_from}, then=Value(Temperature.WARM)),
        default=Value(Temperature.COLD),
        output_field=CharField(),
    )


def with_bands(test_id: int, draft: Rules, live: Rules) -> QuerySet[Any]:
    """The test's people with `before` (by the live table) and `after` (by the draft)."""
    ours, theirs = draft.table, live.table
    return of_test(test_id).annotate(
        before=temperature_of("against", warm_from=theirs.warm_from, hot_from=theirs.hot_from),
        after=temperature_of("total", warm_from=ours.warm_from, hot_from=ours.hot_from),
    )


def moves(test_id: int, draft: Rules, live: Rules) -> list[tuple[str, str, int, int]]:
    """(before, after, people, buyers) for every pair of temperatures there is."""
    rows = with_bands(test_id, draft, live).values_list("before", "after")
    return list(rows.annotate(people=Count("person_id"), bought=_BOUGHT).order_by("before", "after"))


def changers(
    test_id: int, draft: Rules, live: Rules, *, before: str = "", after: str = "", state: str = "", beyond: int = 0,
    limit: int = 50,
) -> list[Any]:  # fmt: skip
    """People whose temperature differs, by rising id past `beyond`; of one move and one outcome if named."""
    rows = with_bands(test_id, draft, live).filter(person_id__gt=beyond)
    rows = rows.filter(before=before, after=after) if before and after else rows.filter(~Q(before=F("after")))
    if state:
        rows = rows.filter(state=state)
    return list(rows.select_related("person").order_by("person_id")[:limit])


def points(people: Sequence[Tested], tables: Sequence[Rules]) -> dict[int, list[list[int]]]:
    """Person → per table the points of each criterion at his moment: the same compilation, split in parts."""
    if not people:
        return {}
    ids = tuple(one.person_id for one in people)
    each = EachMoment(tables=tables, sample=_moments_of(people), scope=Scope(ids=ids)).parts()
    with connection.cursor() as cursor:
        cursor.execute(each.text, each.params)
        rows = cursor.fetchall()
    found: dict[int, list[list[int]]] = {}
    for person, *given in rows:
        left = iter(given)
        found[person] = [[int(next(left)) for _ in table.criteria] for table in tables]
    return found


def _moments_of(people: Sequence[Tested]) -> Sql:
    ids = ", ".join("%s" for _ in people)
    test_id = people[0].id
    return Sql(
        f"SELECT person_id, at FROM {_TABLE} WHERE id = %s AND person_id IN ({ids})",
        (test_id, *(one.person_id for one in people)),
    )
