"""Bringing scores up to date: of the people just touched, or of everybody in ranges (R16, R17)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import NamedTuple

from django.db import transaction

from teplo.kit.ids import new_id
from teplo.kit.remembering import Remembered
from teplo.scoring import queries
from teplo.scoring.models import Criterion, Profile, ScoreTable, TableState
from teplo.scoring.rules import Rules, in_grading_order
from teplo.scoring.shadowing import IN_USE, score_shadows
from teplo.scoring.statement import Scope, compile_rules

BATCH = 20_000
Report = Callable[[int, int], None]
"""Called in the transaction of each range with (scores changed so far, id of its last person); raising undoes it."""


class Changed(NamedTuple):
    """A score that changed, as ScoreChange records it; tuples, because a model instance costs more than the score."""

    person_id: int
    fit: int
    behaviour: int
    total: int
    grade: str
    temperature: str
    total_before: int
    temperature_before: str


def rescore(
    *, person_ids: Sequence[int] | None, cause: str, at: datetime, report: Report | None = None, after: int = 0
) -> list[Changed]:
    """Score these people by the live table and record what changed; without a live table nothing happens.

    None means everybody: in ranges of their own transactions, starting after the person `after`, with `report` called
    after each; the answer is then empty. A batch must run in its caller's transaction.
    """
    if person_ids is None:
        _rescore_all(cause=cause, at=at, report=report, after=after)
        return []
    ordered = sorted(set(person_ids))
    parts = [ordered[start : start + BATCH] for start in range(0, len(ordered), BATCH)]
    return [change for part in parts for change in _rescore_batch(part, cause=cause, at=at)]


def _rescore_batch(person_ids: Sequence[int], *, cause: str, at: datetime) -> list[Changed]:
    with transaction.atomic():
        queries.take_turn(alone=False)
        tables = _tables_in_use()
        rules = _live(tables)
        if rules is None:
            return []
        scope = Scope(ids=tuple(person_ids))
        queries.hold_scores(scope=scope, at=at)
        compilation = compile_rules(rules=rules, scope=scope, at=at)
        change_id = new_id()
        rows = queries.write_changes(compilation, cause=cause, change_id=change_id)
        if rows:
            queries.write_scores(compilation, change_id=change_id)
        if shadows := [table for table in tables if table.state != TableState.LIVE]:
            score_shadows(shadows, scope=scope, at=at)
        if not rows or isinstance(rows, int):
            return []
    return [Changed._make(row) for row in sorted(rows)]


def _rescore_all(*, cause: str, at: datetime, report: Report | None, after: int) -> None:
    done = 0
    while (last := queries.last_of_range(after=after, size=queries.range_size())) is not None:
        with transaction.atomic():
            done += rescore_range(first=after + 1, last=last, cause=cause, at=at)
            if report:
                report(done, last)
        after = last


def rescore_range(*, first: int, last: int, cause: str, at: datetime) -> int:
    """Score everybody whose id lies in the closed range, in one transaction; answers how many scores changed."""
    with transaction.atomic():
        queries.take_turn(alone=True)
        rules = _live(_tables_in_use())
        if rules is None:
            return 0
        compilation = compile_rules(rules=rules, scope=Scope(first=first, last=last), at=at)
        change_id = new_id()
        written = queries.write_changes(compilation, cause=cause, change_id=change_id)
        queries.write_scores(compilation, change_id=change_id)
        queries.add_missing_scores(compilation)
    return written if isinstance(written, int) else len(written)


def _live(tables: Sequence[ScoreTable]) -> Rules | None:
    live = next((table for table in tables if table.state == TableState.LIVE), None)
    if live is None:
        return None
    criteria = tuple(criterion for criterion in _criteria() if criterion.table_id == live.pk)
    return Rules(live, criteria, _profiles())


_tables_in_use = Remembered(lambda: ScoreTable.objects.filter(IN_USE).order_by("pk"), list)
_criteria = Remembered(lambda: Criterion.objects.filter(table__state=TableState.LIVE), list)
_profiles = Remembered(lambda: Profile.objects.filter(is_active=True), in_grading_order)
