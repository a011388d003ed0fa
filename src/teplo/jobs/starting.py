"""Starting, stopping and resuming long work. All of it is a row; no process is spoken to."""

from __future__ import annotations

from typing import Any

import structlog
from django.db import IntegrityError, transaction

from teplo.jobs.models import LIVE, Job, JobState
from teplo.jobs.registry import UnknownKind, kind_of
from teplo.kit.clock import now

log = structlog.get_logger(__name__)


def start_job(*, kind: str, args: dict[str, Any], subject: str = "", by: int | None = None) -> Job:
    """Put a job in the queue. Where one of the same subject is alive already, that one is answered: two never run."""
    kind_of(kind)
    moment = now()
    job = Job(kind=kind, args=args, subject=subject, created_by=by, created_at=moment, due_at=moment)
    try:
        with transaction.atomic():
            job.save(force_insert=True)
    except IntegrityError:
        alive = live_job(subject=subject)
        if alive is None:
            raise
        return alive
    return job


def live_job(*, subject: str) -> Job | None:
    """The queued or running job of a subject."""
    return Job.objects.filter(subject=subject, state__in=LIVE).exclude(subject="").first()


def cancel_job(*, job_id: int) -> bool:
    """Ask a job to stop: one that waits does at once, one that runs at its next step. False: it had ended."""
    moment = now()
    with transaction.atomic():
        waiting = Job.objects.filter(pk=job_id, state=JobState.QUEUED)
        if waiting.update(state=JobState.CANCELLED, cancel_asked=True, finished_at=moment):
            tell_end(Job.objects.get(pk=job_id))
            return True
        return bool(Job.objects.filter(pk=job_id, state=JobState.RUNNING).update(cancel_asked=True))


def resume_job(*, job_id: int) -> bool:
    """Let a stopped or failed job go on where it was. False: it is done, or another of its subject is alive."""
    try:
        with transaction.atomic():
            ended = Job.objects.filter(pk=job_id, state__in=(JobState.CANCELLED, JobState.FAILED))
            return bool(
                ended.update(
                    state=JobState.QUEUED, cancel_asked=False, attempts=0, error="", finished_at=None, due_at=now(),
                    lease_owner="", lease_until=None,
                )
            )  # fmt: skip
    except IntegrityError:
        return False


def tell_end(job: Job) -> None:
    """Call what the kind wants done at the end of a job (in the caller's transaction).

    A kind that this process does not know (left by another version) wants nothing: its job must still end.
    """
    try:
        on_end = kind_of(job.kind).on_end
    except UnknownKind:
        log.warning("job_of_unknown_kind_ended", job=job.pk, kind=job.kind, state=job.state)
        return
    if on_end is not None:
        on_end(job)
