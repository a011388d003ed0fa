"""Pausing, going on and stopping a whole journey."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction

from teplo.jobs.running import Work
from teplo.jobs.starting import start_job
from teplo.journeys.models import Enrolment, EnrolmentState, Journey, JourneyState
from teplo.journeys.queries import end_enrolments
from teplo.kit.clock import now

STOPPING = "journeys.stopping"
_BATCH = 2000


class StateUnfit(Exception):
    """The journey is not in a state from which this can be done."""


def pause(*, journey: Journey) -> None:
    """Nobody steps and nobody enters; waits go on, and whoever is due meanwhile steps after resuming."""
    _change(journey, to=JourneyState.PAUSED, given=(JourneyState.LIVE,))


def pause_itself(*, journey_id: int, step: str, error: str) -> None:
    """Pause a live journey that cannot go on, and say why; a human looks, mends and resumes."""
    at = now()
    Journey.objects.filter(pk=journey_id, state=JourneyState.LIVE).update(
        state=JourneyState.PAUSED, trouble={"step": step, "error": error, "at": at.isoformat()}, updated_at=at
    )


def resume(*, journey: Journey) -> None:
    """Go on from where everybody stands; what troubled the journey is forgotten."""
    _change(journey, to=JourneyState.LIVE, given=(JourneyState.PAUSED,))
    Journey.objects.filter(pk=journey.pk).update(trouble={})


def stop(*, journey: Journey, by: int | None) -> None:
    """End the journey for good: everybody inside is let out, in the background. Letters in the outbox still go."""
    with transaction.atomic():
        _change(journey, to=JourneyState.STOPPED, given=(JourneyState.LIVE, JourneyState.PAUSED, JourneyState.DRAFT))
        start_job(kind=STOPPING, args={"journey": journey.pk}, subject=f"journey-stop:{journey.pk}", by=by)


def run_stopping(work: Work) -> None:
    """The job: everybody out, in batches sorted by person."""
    done = work.done
    while rows := _some_inside(work.args["journey"]):
        done += end_enrolments(rows, state=EnrolmentState.STOPPED, reason="journey-stopped", at=now())
        work.advance(done=done)


def let_go(*, enrolment: Enrolment, by: int) -> None:
    """Take one person out by hand."""
    rows = [(enrolment.person_id, enrolment.id)]
    end_enrolments(rows, state=EnrolmentState.EXITED, reason=f"user:{by}", at=now())


def _some_inside(journey_id: int) -> Sequence[tuple[int, int]]:
    versions = list(Journey.objects.get(pk=journey_id).versions.values_list("pk", flat=True))
    inside = Enrolment.objects.filter(version_id__in=versions, state=EnrolmentState.ACTIVE)
    return sorted(inside.values_list("person_id", "id")[:_BATCH])


def _change(journey: Journey, *, to: str, given: Sequence[str]) -> None:
    changed = Journey.objects.filter(pk=journey.pk, state__in=given).update(state=to, updated_at=now())
    if not changed:
        raise StateUnfit
    journey.refresh_from_db()
