"""How fast sales answers: time to the first talk, and what share was late or returned (R38)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from statistics import median

from teplo.kit.clock import now
from teplo.sales.models import HandOff, HandOffState

_MOST = 5000


@dataclass(frozen=True)
class AnswerFigures:
    """Of the hand-offs of the last 30 days."""

    offered: int
    answered: int
    in_time: int
    returned: int
    median_answer: timedelta | None
    median_contact: timedelta | None

    @property
    def in_time_share(self) -> float | None:
        return self.in_time / self.answered if self.answered else None

    @property
    def returned_share(self) -> float | None:
        return self.returned / self.answered if self.answered else None


def figures(*, days: int = 30) -> AnswerFigures:
    """Figures over the newest hand-offs of so many days; one statement."""
    lately = HandOff.objects.filter(offered_at__gte=now() - timedelta(days=days)).order_by("-offered_at")
    rows = list(lately.values_list("state", "offered_at", "answer_until", "answered_at", "first_contact_at")[:_MOST])
    answers = [answered - offered for _, offered, _, answered, _ in rows if answered]
    contacts = [contact - offered for _, offered, _, _, contact in rows if contact]
    return AnswerFigures(
        offered=len(rows),
        answered=len(answers),
        in_time=sum(1 for _, _, until, answered, _ in rows if answered and answered <= until),
        returned=sum(1 for state, *_ in rows if state == HandOffState.RETURNED),
        median_answer=_median(answers),
        median_contact=_median(contacts),
    )


def _median(lengths: list[timedelta]) -> timedelta | None:
    return timedelta(seconds=median(length.total_seconds() for length in lengths)) if lengths else None
