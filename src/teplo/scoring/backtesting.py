"""Back-test: what would this table have said beside the live one, and what became of everybody (R21)?

Both tables are kept in the test as they stood when it was asked, and so is the moment until which outcomes speak:
later edits and later events do not change an old test.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import date, datetime
from typing import Any

from django.db import transaction

from teplo.jobs.models import Job
from teplo.jobs.starting import cancel_job, start_job
from teplo.scoring import measuring, tested
from teplo.scoring.measuring import FEW, Cell, Interval
from teplo.scoring.models import BackTest, Criterion, OutcomeState, ScoreTable
from teplo.scoring.rules import Rules
from teplo.scoring.sampling import Question
from teplo.scoring.tables import TableRefused

JOB = "back-test"
MOST_CALLS = 10_000
WIDE = 0.2
"""An interval of the area under the curve wider than this decides nothing."""


class NothingToTest(ValueError):
    """The table has no criteria."""


def start_back_test(
    *, table: ScoreTable, against: ScoreTable | None, question: Question, calls_per_day: int, name: str,
    by: int | None, at: datetime,
) -> BackTest:  # fmt: skip
    """Put the question to the past, in the background. Raises TableRefused for a table without criteria."""
    if not table.criteria.exists():
        raise TableRefused("empty")
    with transaction.atomic():
        test = BackTest.objects.create(
            name=name.strip()[:200] or table.name,
            table=table,
            against=against,
            question=question.as_json(),
            rules={"table": keep_rules(table), "against": keep_rules(against) if against else None},
            calls_per_day=max(1, min(calls_per_day, MOST_CALLS)),
            created_by=by,
            created_at=at,
        )
        test.job_id = start_job(kind=JOB, args={"test": test.id}, subject=f"back-test:{test.id}", by=by).id
        BackTest.objects.filter(id=test.id).update(job_id=test.job_id)
    return test


def delete_back_test(*, test: BackTest) -> None:
    """Take a test and its people away; its work is stopped."""
    with transaction.atomic():
        if test.job_id:
            cancel_job(job_id=test.job_id)
        tested.forget(test.id)
        BackTest.objects.filter(id=test.id).delete()


def note_end(job: Job) -> None:
    """A test whose table is gone meanwhile leaves nobody behind."""
    if not BackTest.objects.filter(id=job.args["test"]).exists():
        tested.forget(job.args["test"])


# -- the tables as they stood --------------------------------------------------------------------------------------

_KEPT = (
    "side", "group", "name", "condition", "activity_id", "points", "is_per_time", "at_least", "cap", "window_days",
    "half_life_days",
)  # fmt: skip


def keep_rules(table: ScoreTable) -> dict[str, Any]:
    """A score table as plain values."""
    criteria = [{name: getattr(item, name) for name in _KEPT} for item in table.criteria.all()]
    thresholds = {"warm_from": table.warm_from, "hot_from": table.hot_from}
    return {"id": str(table.id), "name": table.name, **thresholds, "criteria": criteria}


def rules_kept(data: Mapping[str, Any]) -> Rules:
    """The rules that were kept, as the statement wants them; without portraits, which give no points."""
    table = ScoreTable(
        id=int(data["id"]), name=data["name"], warm_from=data["warm_from"], hot_from=data["hot_from"]
    )  # fmt: skip
    return Rules(table, tuple(Criterion(**values) for values in data["criteria"]), ())


def tables_of(test: BackTest) -> list[Rules]:
    """The draft's rules, and the live table's if there was one."""
    kept = [test.rules["table"], test.rules.get("against")]
    return [rules_kept(data) for data in kept if data]


# -- figures -------------------------------------------------------------------------------------------------------


def count_figures(test: BackTest) -> dict[str, Any]:
    """All figures of a test whose people are written, as JSON; a handful of statements, each one pass over them."""
    tables, question = tables_of(test), Question.from_json(test.question)
    states, (first, last) = tested.states(test.id), tested.span(test.id)
    people, won = sum(states.values()), states.get(OutcomeState.WON, 0)
    weeks = max(1.0, (last - first).total_seconds() / 86400) / 7 if first and last and first < last else None
    asked = tested.everybody_asked(question)
    result: dict[str, Any] = {
        "people": people,
        "won": won,
        "lost": states.get(OutcomeState.LOST, 0),
        "open": states.get(OutcomeState.OPEN, 0),
        "left_out": max(0, asked - people),
        "weeks": weeks,
        "first_at": first.isoformat() if first else None,
        "last_at": last.isoformat() if last else None,
    }
    pairs = tested.pairs(test.id)
    columns = ("total", "against")[: len(tables)]
    sides = [
        _figures(rules, tested.by_day(test.id, column), calls=test.calls_per_day)
        for rules, column in zip(tables, columns, strict=True)
    ]
    result["draft"], result["live"] = sides[0], sides[1] if len(sides) > 1 else None
    if len(tables) > 1:
        result["difference"] = measuring.auc_difference(pairs)
        result["moves"] = tested.moves(test.id, *tables)
    result["verdict"] = verdict(result)
    return result


def _figures(rules: Rules, days: Mapping[date, list[Cell]], *, calls: int) -> dict[str, Any]:
    cells = measuring.histogram((c.score, c.people, c.bought) for found in days.values() for c in found)
    table = rules.table
    bands = measuring.bands(cells, warm_from=table.warm_from, hot_from=table.hot_from)
    best = measuring.best_of_each_day(days, calls=calls)
    return {
        "name": table.name,
        "warm_from": table.warm_from,
        "hot_from": table.hot_from,
        "auc": measuring.auc(cells),
        "average_precision": measuring.average_precision(cells),
        "bands": [asdict(band) for band in bands],
        "gain": measuring.gain(cells),
        "lift": measuring.lift(cells),
        "best": asdict(best),
        "thresholds": measuring.thresholds(cells),
        "calibration": [asdict(held) for held in measuring.calibration(days, bands)],
    }


def verdict(result: Mapping[str, Any]) -> list[str]:
    """What the figures allow to be said, as codes: first whether they say anything, then which table was better."""
    people, won = result["people"], result["won"]
    if not people:
        return ["nobody"]
    if not won or won == people:
        return ["no-buyers" if not won else "all-bought"]
    if min(won, people - won) < FEW:
        return ["too-few"]
    said = [] if _is_decided(result["draft"]["auc"]) else ["wide"]
    if _covers(result["draft"]["auc"], 0.5):
        said.append("no-signal")
    elif result["draft"]["auc"][0] < 0.5:  # noqa: PLR2004
        said.append("backwards")
    difference = result.get("difference")
    if difference:
        said.append("alike" if _covers(difference, 0) else "better" if difference[0] > 0 else "worse")
    return said


def _is_decided(area: Interval) -> bool:
    return area[2] - area[1] <= WIDE


def _covers(interval: Interval, value: float) -> bool:
    return interval[1] <= value <= interval[2]
