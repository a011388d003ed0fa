"""How well the live table tells the same people apart: what a learned table has to be better than (R21)."""

# ruff: noqa: S608 - the text is made of our own names; values are parameters

from __future__ import annotations

from collections.abc import Callable, Sequence

from django.db import connection, transaction

from teplo.scoring import queries
from teplo.scoring.each_moment import EachMoment, MomentTangled
from teplo.scoring.measuring import Interval, auc, histogram
from teplo.scoring.models import OutcomeState
from teplo.scoring.rules import NoLiveTable, Rules, live_rules
from teplo.scoring.sampling import Question, sample_sql
from teplo.scoring.statement import Scope


def live_area(*, question: Question, states: Sequence[str], check: Callable[[], None]) -> Interval | None:
    """The area under the curve of the live table over the sample, with its interval.

    None where no table is live or it cannot be asked of the past. `check` is called between ranges and may raise.
    """
    try:
        rules = live_rules()
    except NoLiveTable:
        return None
    counts: list[tuple[int, int, int]] = []
    after, size = 0, queries.range_size()
    while (last := queries.last_of_range(after=after, size=size)) is not None:
        try:
            counts += _counted(rules, question, states, after + 1, last)
        except MomentTangled:
            return None
        check()
        after = last
    return auc(histogram(counts))


def _counted(
    rules: Rules, question: Question, states: Sequence[str], first: int, last: int
) -> list[tuple[int, int, int]]:
    """(score, people, buyers) of a range of people."""
    sample = sample_sql(question, first=first, last=last)
    each = EachMoment(tables=[rules], sample=sample, scope=Scope(first=first, last=last))
    wanted = ", ".join(["%s"] * len(states))
    with transaction.atomic(), each.kept_moments(), connection.cursor() as cursor:
        scored = each.totals(["state"])
        cursor.execute(
            f"SELECT t0, COUNT(*), SUM(CASE WHEN state = %s THEN 1 ELSE 0 END) FROM ({scored.text}) s "
            f"WHERE state IN ({wanted}) GROUP BY t0",
            [OutcomeState.WON.value, *scored.params, *states],
        )
        return [(int(total), int(people), int(bought)) for total, people, bought in cursor.fetchall()]
