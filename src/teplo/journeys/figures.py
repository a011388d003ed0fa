"""How a journey does: per step who waits, who passed and which way, what letters brought (R35)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from django.db.models import Count, Q

from teplo.channels.models import Delivery
from teplo.journeys.models import Enrolment, EnrolmentState, JourneyVersion, StepPass


@dataclass
class StepFigures:
    """Numbers of one step over all versions of the journey."""

    waiting: int = 0
    passed: int = 0
    ways: dict[str, int] = field(default_factory=dict)
    letters: int = 0
    sent: int = 0
    opened: int = 0
    clicked: int = 0
    held: int = 0

    @property
    def open_rate(self) -> float | None:
        return self.opened / self.sent if self.sent else None

    @property
    def click_rate(self) -> float | None:
        return self.clicked / self.sent if self.sent else None


@dataclass
class JourneyFigures:
    """Numbers of a whole journey."""

    inside: int = 0
    done: int = 0
    goal: int = 0
    exited: int = 0
    stopped: int = 0

    @property
    def entered(self) -> int:
        return self.inside + self.done + self.goal + self.exited + self.stopped

    @property
    def goal_rate(self) -> float | None:
        return self.goal / self.entered if self.entered else None


_NAMES = {
    EnrolmentState.ACTIVE: "inside",
    EnrolmentState.DONE: "done",
    EnrolmentState.GOAL: "goal",
    EnrolmentState.EXITED: "exited",
    EnrolmentState.STOPPED: "stopped",
}


def of_journeys(*, journey_ids: Sequence[int]) -> dict[int, JourneyFigures]:
    """Figures of several journeys in two statements."""
    journey_of = dict(JourneyVersion.objects.filter(journey_id__in=journey_ids).values_list("pk", "journey_id"))
    figures = {journey_id: JourneyFigures() for journey_id in journey_ids}
    rows = (
        Enrolment.objects.filter(version_id__in=list(journey_of))
        .values_list("version_id", "state")
        .annotate(people=Count("id"))
    )
    for version_id, state, people in rows:
        of_one = figures[journey_of[version_id]]
        name = _NAMES[EnrolmentState(state)]
        setattr(of_one, name, getattr(of_one, name) + people)
    return figures


def of_steps(*, journey_id: int) -> dict[str, StepFigures]:
    """Figures of each step of a journey, by its key, in four statements."""
    versions = list(JourneyVersion.objects.filter(journey_id=journey_id).values_list("pk", flat=True))
    figures: defaultdict[str, StepFigures] = defaultdict(StepFigures)
    waiting = Enrolment.objects.filter(version_id__in=versions, state=EnrolmentState.ACTIVE)
    for step, people in waiting.values_list("step").annotate(people=Count("id")):
        figures[step].waiting = people
    passes = StepPass.objects.filter(version_id__in=versions)
    for step, way, times in passes.values_list("step", "exit").annotate(times=Count("id")):
        figures[step].ways[way] = times
        figures[step].passed += times
    _add_letters(figures, journey_id)
    return dict(figures)


def _add_letters(figures: defaultdict[str, StepFigures], journey_id: int) -> None:
    letters = (
        Delivery.objects.filter(journey_id=journey_id)
        .values_list("step")
        .annotate(
            letters=Count("id"),
            sent=Count("id", filter=Q(sent_at__isnull=False)),
            opened=Count("id", filter=Q(opened_at__isnull=False) | Q(clicked_at__isnull=False)),
            clicked=Count("id", filter=Q(clicked_at__isnull=False)),
            held=Count("id", filter=Q(state__in=("skipped", "failed"))),
        )
    )
    for step, count, sent, opened, clicked, held in letters:
        row = figures[step]
        row.letters, row.sent, row.opened, row.clicked, row.held = count, sent, opened, clicked, held
