"""People with a score history, hand-offs and deals, said in days of one period: for tests of the score review."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from teplo.kit.ids import new_id
from teplo.people.models import Person
from teplo.people.testing import make_person
from teplo.sales.deals import note_change
from teplo.sales.models import Deal, HandOff
from teplo.scoring.models import ScoreChange, ScoreTable
from teplo.scoring.testing import make_table

SINCE = datetime(2026, 3, 1, tzinfo=UTC)
UNTIL = SINCE + timedelta(days=90)


def day(number: float) -> datetime:
    """So many days after the period began."""
    return SINCE + timedelta(days=number)


def live_table(**changes: Any) -> ScoreTable:
    """Warm from 10, hot from 25, live long before the period."""
    ScoreTable.objects.all().delete()
    return make_table(**{"live_at": day(-200), **changes})


def scored(person: Person, *history: tuple[float, int], grade: str = "") -> Person:
    """His points as they became: (day, total) …"""
    before, heat_before = 0, "cold"
    for number, total in history:
        heat = "hot" if total >= 25 else "warm" if total >= 10 else "cold"
        ScoreChange.objects.create(
            person=person, at=day(number), table_id=1, cause="activity", fit=0, behaviour=total, total=total,
            total_before=before, temperature=heat, temperature_before=heat_before, grade=grade,
        )  # fmt: skip
        before, heat_before = total, heat
    return person


def handed(person: Person, number: float, *, state: str = "accepted", reason: str = "", note: str = "") -> HandOff:
    """Given to sales on a day, answered an hour later."""
    answered = day(number) + timedelta(hours=1)
    return HandOff.objects.create(
        id=new_id(), person=person, cause="hot", state=state, offered_at=day(number), answer_until=answered,
        answered_at=None if state == "offered" else answered, return_reason=reason, return_note=note,
    )  # fmt: skip


def deal(
    person: Person, opened: float, closed: float | None = None, *, won: bool = True, reason: str = "", **more: Any
) -> Deal:
    """A deal that is open until it is closed."""
    made = Deal.objects.create(
        id=new_id(), person=person, title="Deal", amount=more.pop("amount", 1000), currency="UAH",
        opened_at=day(opened), **more,
    )  # fmt: skip
    note_change(deal=made, at=day(opened))
    if closed is not None:
        made.state, made.closed_at, made.lost_reason = "won" if won else "lost", day(closed), reason
        made.save(update_fields=["state", "closed_at", "lost_reason"])
        note_change(deal=made, at=day(closed))
    return made


def buyer(*, hot: float = 5, points: int = 30, bought: float = 20, grade: str = "", **person: Any) -> Person:
    """Hot on a day, handed over at once, buys later."""
    one = scored(make_person(created_at=day(1), **person), (hot, points), (bought - 1, points + 20), grade=grade)
    handed(one, hot)
    deal(one, hot + 1, bought)
    return one


def loser(
    *, hot: float = 5, points: int = 27, lost: float = 20, reason: str = "too-expensive", **person: Any
) -> Person:
    """Hot on a day, handed over at once, does not buy."""
    one = scored(make_person(created_at=day(1), **person), (hot, points))
    handed(one, hot)
    deal(one, hot + 1, lost, won=False, reason=reason)
    return one
