"""Scoring by one's own judgement: where scoring begins, before any table is live (R16), and what a table is held to.

Until a table is live the hand is all there is, so its word is the score that lists, filters and the day's page show.
With a live table the table scores, and the hand's word stands beside it (agreeing.py compares them).
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from teplo.kit.clock import now
from teplo.people.changing import note_changed
from teplo.people.models import Person
from teplo.scoring.explaining import explain
from teplo.scoring.models import HandScore, Score, ScoreTable, TableState, Temperature
from teplo.scoring.queries import take_turn

MOST_POINTS = 1_000
USUAL_POINTS = {Temperature.COLD.value: 0, Temperature.WARM.value: 10, Temperature.HOT.value: 25}
"""What a temperature without a number is worth while no table is live: where the ready table draws its lines (R14)."""


class HandScoreRefused(ValueError):
    """A person cannot be scored so: `code` says why, `column` where."""

    def __init__(self, code: str, column: str) -> None:
        super().__init__(code)
        self.code, self.column = code, column

    def __str__(self) -> str:
        return {
            "no-temperature": _("Choose: cold, warm or hot."),
            "bad-points": _("The number goes from −%(most)s to %(most)s."),
            "gone": _("This person is not there any more."),
        }[self.code] % {"most": MOST_POINTS}


def score_by_hand(
    *, person_id: int, temperature: str, by: int, points: int | None = None, words: str = ""
) -> HandScore:
    """Say how warm a person is. Beside it is kept what the live table says at this moment, without points by hand.

    Raises HandScoreRefused.
    """
    if temperature not in Temperature.values:
        raise HandScoreRefused("no-temperature", "temperature")
    if points is not None and abs(points) > MOST_POINTS:
        raise HandScoreRefused("bad-points", "points")
    if not Person.objects.filter(pk=person_id, erased_at=None).exists():
        raise HandScoreRefused("gone", "person")
    moment = now()
    with transaction.atomic():
        take_turn(alone=False)
        live = ScoreTable.objects.filter(state=TableState.LIVE).first()
        told = explain(person_id=person_id, table=live, by_hand=False) if live else None
        row = HandScore.objects.create(
            person_id=person_id, temperature=temperature, points=points, words=words.strip()[:500], by=by, at=moment,
            total=told.total if told else None,
        )  # fmt: skip
        if live is None:
            _stand_in(row, moment)
    return row


def last_by_hand(*, person_id: int, at: datetime | None = None) -> HandScore | None:
    """The newest word of a colleague about this person, or the newest there was at a moment."""
    words = HandScore.objects.filter(person_id=person_id)
    if at is not None:
        words = words.filter(at__lte=at)
    return words.order_by("-at", "-id").first()


def _stand_in(row: HandScore, at: datetime) -> None:
    """The hand's word as the score, while there is no table. Nobody is handed over by it: a colleague has him in hand.

    The first live table scores everybody anew and so takes the hand's place.
    """
    total = USUAL_POINTS[row.temperature] if row.points is None else row.points
    values = {"fit": 0, "behaviour": 0, "total": total, "grade": "", "temperature": row.temperature, "changed_at": at}
    Score.objects.update_or_create(person_id=row.person_id, defaults=values)
    note_changed([row.person_id], "attribute", at=at)
