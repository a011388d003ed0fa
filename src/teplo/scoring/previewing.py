"""What a table says before it is live: how many people it would make cold, warm and hot, beside the live one (R21)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection
from django.db.models import Count

from teplo.people.models import Person
from teplo.scoring.models import Score, ScoreTable, Temperature
from teplo.scoring.queries import temperature
from teplo.scoring.rules import rules_of
from teplo.scoring.statement import Scope, compile_rules

SAMPLE = 5_000
BARS = 24
MOST_BARS = 60
WIDTHS = tuple(int(first * 10**zeros) for zeros in range(6) for first in (1, 2, 5))


@dataclass(frozen=True)
class Distribution:
    """How many people have how many points, in bars of equal width, with the thresholds; `people` were looked at."""

    people: int
    bars: tuple[tuple[int, int], ...]
    width: int
    warm_from: int
    hot_from: int
    cold: int
    warm: int
    hot: int


@dataclass(frozen=True)
class Comparison:
    """A table beside the live one, over the same people: the two pictures, and who would move between temperatures."""

    draft: Distribution
    live: Distribution | None
    warmer: int
    colder: int


def distribution_now(table: ScoreTable) -> Distribution:
    """The stored scores of known people; who has none yet has 0 points. Strangers would dwarf the others."""
    known = Score.objects.filter(person__is_anonymous=False, person__erased_at=None)
    rows = list(known.order_by().values_list("total").annotate(Count("person_id")))
    unscored = Person.objects.filter(is_anonymous=False, erased_at=None).count() - sum(count for _total, count in rows)
    rows += [(0, unscored)] if unscored > 0 else []
    totals = [total for total, _count in rows] or [0]
    return _distribution(rows, table, _width(min(totals), max(totals), table))


def compare(*, table: ScoreTable, live: ScoreTable | None, at: datetime, sample: int = SAMPLE) -> Comparison:
    """What `table` would say of a sample of people, as against `live`. Nothing is written."""
    ids = _sample(sample)
    ours = _totals(table, ids, at)
    theirs = _totals(live, ids, at) if live else {}
    ends = [*(total for total, _heat in ours.values()), *(total for total, _heat in theirs.values()), 0]
    width = _width(min(ends), max(ends), table)
    order = [heat.value for heat in (Temperature.COLD, Temperature.WARM, Temperature.HOT)]
    steps = [order.index(ours[one][1]) - order.index(theirs[one][1]) for one in ours if one in theirs]
    return Comparison(
        draft=_distribution(_counted(ours), table, width),
        live=_distribution(_counted(theirs), live, width) if live else None,
        warmer=sum(step > 0 for step in steps),
        colder=sum(step < 0 for step in steps),
    )


def _sample(size: int) -> tuple[int, ...]:
    """The people seen last, then the newest: those the table is about to meet."""
    known = Person.objects.filter(erased_at=None, is_anonymous=False)
    seen = list(
        known.order_by("-presence__last_seen_at").filter(presence__isnull=False).values_list("id", flat=True)[:size]
    )
    if len(seen) < size:
        others = known.filter(presence__isnull=True).order_by("-created_at").values_list("id", flat=True)
        seen += list(others[: size - len(seen)])
    return tuple(sorted(seen))


def _totals(table: ScoreTable, ids: Sequence[int], at: datetime) -> dict[int, tuple[int, str]]:
    scored = compile_rules(rules=rules_of(table), scope=Scope(ids=tuple(ids)), at=at).total()
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT person_id, fit + behaviour, {temperature(table, 'fit + behaviour')} FROM ({scored.text}) s",  # noqa: S608
            scored.params,
        )
        return {person_id: (int(total), heat) for person_id, total, heat in cursor.fetchall()}


def _counted(totals: dict[int, tuple[int, str]]) -> list[tuple[int, int]]:
    counts: dict[int, int] = {}
    for total, _heat in totals.values():
        counts[total] = counts.get(total, 0) + 1
    return list(counts.items())


def _width(low: int, high: int, table: ScoreTable) -> int:
    """A round width of bars: narrow ones that begin at both thresholds where possible, else about BARS of them."""
    span = max(high, table.hot_from) - min(low, 0) + 1
    for width in WIDTHS:
        if span / width <= MOST_BARS and table.warm_from % width == table.hot_from % width == 0:
            return width
    return next((width for width in WIDTHS if span / width <= BARS), WIDTHS[-1])


def _distribution(rows: Sequence[tuple[int, int]], table: ScoreTable, width: int) -> Distribution:
    bars: dict[int, int] = {}
    for total, people in rows:
        start = total // width * width
        bars[start] = bars.get(start, 0) + people
    first, last = min([*bars, 0]), max([*bars, table.hot_from // width * width])
    everyone = sum(people for _total, people in rows)
    hot = sum(people for total, people in rows if total >= table.hot_from)
    warm = sum(people for total, people in rows if table.warm_from <= total < table.hot_from)
    return Distribution(
        people=everyone,
        bars=tuple((start, bars.get(start, 0)) for start in range(first, last + width, width)),
        width=width,
        warm_from=table.warm_from,
        hot_from=table.hot_from,
        cold=everyone - warm - hot,
        warm=warm,
        hot=hot,
    )
