"""What marketing and sales look at when they sit down over the score: the agenda of a period, counted (R20).

`count_agenda` answers plain values that are kept in the review as they were. They hold no names: people stand in them
by id and are looked up when shown, so who is erased is gone from former reviews too.
"""

# ruff: noqa: S608 - the text is made of names of our own tables; values are parameters

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from django.db import connection
from django.db.models import Count, Min

from teplo.accounts.workspace import get_workspace
from teplo.insights.readiness import GRADES, HEATS
from teplo.insights.review_queries import HEAT, HOT, KNOWN, LOST, WON, kept_outcomes, rows
from teplo.insights.signs import Sign, signs_of
from teplo.kit.clock import now
from teplo.people.models import Person
from teplo.sales.models import HandOff, HandOffState
from teplo.scoring.extracting import extract
from teplo.scoring.models import Profile, ScoreTable, TableState
from teplo.scoring.moments import read_moment
from teplo.scoring.statement import Sql

MOST_ROWS = 500
"""So many people of each list are kept; the figures count all of them."""
MOST_SIGNS = 40
PATIENCE = timedelta(days=30)
"""Who is hot for so long and has not bought, though nobody said no, is looked at as well."""

Report = Callable[[int, int], None]
STEPS = 6
SAID_TWICE = ("source", "last_source", "utm_source")
"""Fields that mostly repeat where the person first came from."""


@dataclass(frozen=True)
class Span:
    """The period of a review, [since, until)."""

    since: datetime
    until: datetime


def count_agenda(*, since: datetime, until: datetime, report: Report = lambda done, total: None) -> dict[str, Any]:
    """The agenda of [since, until) as it is known now, in plain values. A constant number of statements.

    `report` is told steps done and steps in all, and may raise to stop.
    """
    span, workspace = Span(since, until), get_workspace()
    live = ScoreTable.objects.filter(state=TableState.LIVE).first()
    first_scored = ScoreTable.objects.aggregate(at=Min("live_at"))["at"]
    report(0, STEPS)
    with kept_outcomes(since=since, until=until, first_scored=first_scored, currency=workspace.currency):
        report(1, STEPS)
        agenda: dict[str, Any] = {
            "counted_at": _said(now()),
            "currency": workspace.currency,
            "table": _table(live),
            "outcomes": _outcomes(),
            "spread": _spread(),
        }
        report(2, STEPS)
        agenda |= {"sales": _sales(), "low": _low(), "low_count": _low_count()}
        report(3, STEPS)
        agenda |= {"hot": _hot(until), "never": _never(until)}
        report(4, STEPS)
        signs = _signs()
        agenda |= {"signs": [sign.as_json() for sign in signs[:MOST_SIGNS]], "signs_tried": len(signs)}
    report(5, STEPS)
    agenda |= {"newcomers": _newcomers(span), "profiles": _profiles(), "hand_offs": _hand_offs(span)}
    report(STEPS, STEPS)
    return agenda


def _table(live: ScoreTable | None) -> dict[str, Any] | None:
    """The table that is live now, with its thresholds."""
    if live is None:
        return None
    return {"id": str(live.pk), "name": live.name, "warm_from": live.warm_from, "hot_from": live.hot_from}


# -- who bought and who was lost ------------------------------------------------------------------------------------


def _outcomes() -> dict[str, Any]:
    """How many bought and were lost, also by temperature and profile at the hand-off; days to the sale."""
    found = rows(
        f"SELECT state, is_repeat, is_scored, heat, grade, COUNT(*), COALESCE(SUM(amount), 0) FROM {KNOWN} "
        "GROUP BY state, is_repeat, is_scored, heat, grade"
    )
    first = [row for row in found if not row[1]]
    scored = [row for row in first if row[2]]
    return {
        "won": sum(row[5] for row in first if row[0] == WON),
        "lost": sum(row[5] for row in first if row[0] == LOST),
        "repeats": sum(row[5] for row in found if row[1]),
        "amount": float(sum(row[6] for row in found)),
        "unscored": sum(row[5] for row in first if not row[2]),
        "by_heat": {heat: _bought(row for row in scored if row[3] == heat) for heat in HEATS},
        "by_grade": {grade: _bought(row for row in scored if row[4] == grade) for grade in GRADES},
        "days": _median_days(),
    }


def _bought(found: Any) -> list[int]:
    """[people whose outcome is known, those of them who bought]."""
    kept = list(found)
    return [sum(row[5] for row in kept), sum(row[5] for row in kept if row[0] == WON)]


def _median_days() -> float | None:
    """Days from the hand-off to the first purchase, in the middle."""
    handed = (
        f"SELECT handed_at, ended_at FROM {KNOWN} WHERE state = '{WON}' AND is_repeat = 0 AND handed_at IS NOT NULL"
    )
    days = sorted((_at(end) - _at(start)).total_seconds() / 86_400 for start, end in rows(handed))
    if not days:
        return None
    return round((days[(len(days) - 1) // 2] + days[len(days) // 2]) / 2, 1)


def _spread() -> dict[str, list[list[int]]]:
    """[points, people] of those who bought for the first time and of those who were lost, as they stood then."""
    found = rows(
        f"SELECT state, total, COUNT(*) FROM {KNOWN} WHERE is_repeat = 0 AND is_scored = 1 "
        "GROUP BY state, total ORDER BY total"
    )
    return {state: [[int(total), int(count)] for name, total, count in found if name == state] for state in (WON, LOST)}


_SALE = "person_id, ended_at, handed_at, total, heat, last_total, last_heat, grade, amount, is_repeat, is_scored"


def _sales() -> list[dict[str, Any]]:
    """Who bought, the newest first, with the score that preceded it."""
    found = rows(
        f"SELECT {_SALE} FROM {KNOWN} WHERE state = '{WON}' ORDER BY ended_at DESC, person_id LIMIT {MOST_ROWS}"
    )
    return [_sale(row) for row in found]


def _low() -> list[dict[str, Any]]:
    """Who bought for the first time though he was not hot, the coldest first: what did the table miss in him?"""
    found = rows(f"SELECT {_SALE} FROM {KNOWN} WHERE {_NOT_HOT} ORDER BY total, ended_at, person_id LIMIT {MOST_ROWS}")
    return [_sale(row) for row in found]


_NOT_HOT = f"state = '{WON}' AND is_repeat = 0 AND is_scored = 1 AND heat <> '{HEAT}'"


def _low_count() -> dict[str, int]:
    return {
        str(heat): int(count)
        for heat, count in rows(f"SELECT heat, COUNT(*) FROM {KNOWN} WHERE {_NOT_HOT} GROUP BY heat")
    }


def _sale(row: tuple[Any, ...]) -> dict[str, Any]:
    person, ended_at, handed_at, total, heat, last_total, last_heat, grade, amount, is_repeat, is_scored = row
    return {
        "person": str(person), "at": _said(_at(ended_at)), "handed_at": _said(_at(handed_at)) if handed_at else None,
        "total": int(total) if is_scored else None, "heat": heat if is_scored else "",
        "last_total": int(last_total) if is_scored else None, "last_heat": last_heat if is_scored else "",
        "grade": grade, "amount": float(amount) if amount is not None else None, "is_repeat": bool(is_repeat),
    }  # fmt: skip


# -- who was hot and did not buy ------------------------------------------------------------------------------------


def _hot(until: datetime) -> dict[str, Any]:
    """What became of all who were hot in the period: people by answer, and the reasons given by sales."""
    found = rows(f"SELECT answer, reason, COUNT(*) FROM {HOT} GROUP BY answer, reason")
    answers: dict[str, int] = {}
    reasons: dict[tuple[str, str], int] = {}
    for answer, reason, count in found:
        answers[answer] = answers.get(answer, 0) + int(count)
        if answer in ("lost", "returned"):
            key = (answer, str(reason).partition(": ")[0])
            reasons[key] = reasons.get(key, 0) + int(count)
    [(never,)] = rows(
        f"SELECT COUNT(*) FROM {HOT} WHERE {_NEVER}", [connection.ops.adapt_datetimefield_value(until - PATIENCE)]
    )
    ordered = sorted(reasons.items(), key=lambda item: (-item[1], item[0]))
    return {
        "people": sum(answers.values()), "bought": answers.get("bought", 0), "answers": answers, "never": int(never),
        "reasons": [[answer, reason, count] for (answer, reason), count in ordered],
    }  # fmt: skip


_NEVER = "bought_at IS NULL AND (answer IN ('lost', 'returned') OR hot_at < %s)"


def _never(until: datetime) -> list[dict[str, Any]]:
    """Who was hot and never bought: sales said no, or he has been so for longer than PATIENCE. Most points first."""
    found = rows(
        f"SELECT person_id, hot_at, peak, total, heat, answer, reason, answered_at FROM {HOT} WHERE {_NEVER} "
        f"ORDER BY peak DESC, hot_at, person_id LIMIT {MOST_ROWS}",
        [connection.ops.adapt_datetimefield_value(until - PATIENCE)],
    )
    return [
        {
            "person": str(person), "hot_at": _said(_at(hot_at)), "days": (until - _at(hot_at)).days,
            "peak": int(peak), "total": int(total), "heat": heat, "answer": answer,
            "reason": str(reason).partition(": ")[0],
            "answered_at": _said(_at(answered_at)) if answered_at else None,
        }
        for person, hot_at, peak, total, heat, answer, reason, answered_at in found
    ]  # fmt: skip


# -- what mattered --------------------------------------------------------------------------------------------------


def _signs() -> list[Sign]:
    """Attributes and activities of those who bought for the first time against those who were lost."""
    sample = Sql(f"SELECT person_id, at, state, ended_at FROM {KNOWN} WHERE is_repeat = 0")
    with tempfile.TemporaryDirectory(prefix="teplo-review-") as folder:
        path = Path(folder) / "known.csv"
        if not extract(sample=sample, path=path, without=SAID_TWICE).people:
            return []
        return signs_of(path)


# -- portraits ------------------------------------------------------------------------------------------------------


def _newcomers(span: Span) -> dict[str, Any]:
    """The known people who came in the period by the profile they are of."""
    came = Person.objects.filter(
        is_anonymous=False, erased_at=None, created_at__gte=span.since, created_at__lt=span.until
    )
    found = dict(came.order_by().values_list("score__grade").annotate(Count("id")))
    grades = {grade: found.get(grade, 0) for grade in GRADES}
    grades[""] += found.get(None, 0)
    return {"people": sum(grades.values()), "grades": grades}


def _profiles() -> list[dict[str, Any]]:
    """The portraits as they stand now, in the order of grading."""
    return [
        {"kind": profile.kind, "name": profile.name, "condition": profile.condition}
        for profile in Profile.objects.filter(is_active=True).order_by("position", "id")
    ]


def _hand_offs(span: Span) -> dict[str, int]:
    """How many were given to sales in the period, and how many of these came back."""
    offered = HandOff.objects.filter(offered_at__gte=span.since, offered_at__lt=span.until)
    by_state = dict(offered.values_list("state").annotate(Count("person_id")))
    return {"offered": sum(by_state.values()), "returned": by_state.get(HandOffState.RETURNED.value, 0)}


def _at(value: Any) -> datetime:
    moment = read_moment(value)
    assert moment is not None
    return moment


def _said(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds")
