"""Running long work: claim with a lease, go on at the cursor, end in exactly one way.

A job's step of work and its cursor commit in the same transaction:

    while rows := next_rows(work.cursor):
        with transaction.atomic():
            take(rows)
            work.advance(done=…, cursor={"row": …})

so a process killed anywhere neither loses a step nor does it twice. `advance` renews the lease under the condition that
it is still ours; who has lost it (asleep for longer than the lease) is rolled back by LeaseLost.
"""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import structlog
from django.db import transaction
from django.db.models import F, Q, Value
from django.db.models.functions import Coalesce

from teplo.jobs.models import LIVE, Job, JobState
from teplo.jobs.registry import Kind, kind_of, kinds
from teplo.jobs.starting import tell_end
from teplo.kit.claim import claim
from teplo.kit.clock import now

log = structlog.get_logger(__name__)

Show = Callable[[int, int | None], None]

_BACK_OFF = (10, 60, 300, 1800)  # seconds before the next start
_LONGEST_OFF = timedelta(hours=1)
_SHOWN_EVERY = 0.5  # seconds between progress writes that carry no cursor


class Cancelled(Exception):
    """The work was asked to stop."""


class Interrupted(Exception):
    """The process is ending; the work goes on in another one."""


class LeaseLost(Exception):
    """Another process has taken this work over."""


class CannotGoOn(Exception):
    """The work cannot be done, and trying again would not help. The text is shown to the user."""


class Work:
    """A claimed job in the hands of its function."""

    def __init__(
        self, job: Job, *, owner: str, lease: timedelta, stop: Callable[[], bool], show: Show | None = None
    ) -> None:
        self.job_id: int = job.pk
        self.args: dict[str, Any] = job.args
        self.subject = job.subject
        self.created_by = job.created_by
        self.attempt = job.attempts
        self.done, self.total = job.done, job.total
        self.cursor: dict[str, Any] = job.cursor
        self._owner, self._lease, self._stop, self._show = owner, lease, stop, show
        self._shown_at = 0.0

    def advance(self, done: int | None = None, total: int | None = None, cursor: dict[str, Any] | None = None) -> None:
        """Write progress and renew the lease; call it in the transaction of the step that `cursor` speaks of.

        Raises Cancelled, Interrupted or LeaseLost: let them through, so that the unfinished step is rolled back.
        """
        self.done = self.done if done is None else done
        self.total = self.total if total is None else total
        if cursor is None and time.monotonic() - self._shown_at < _SHOWN_EVERY:
            return
        changes: dict[str, Any] = {"done": self.done, "total": self.total, "lease_until": now() + self._lease}
        if cursor is not None:  # written even if it seems known: the step that wrote it may have been rolled back
            changes |= {"cursor": cursor} | ({"attempts": 0} if cursor != self.cursor else {})
        held = Job.objects.filter(pk=self.job_id, state=JobState.RUNNING, lease_owner=self._owner)
        if not held.update(**changes):
            raise LeaseLost
        self._shown_at = time.monotonic()
        if self._show is not None:
            self._show(self.done, self.total)
        self.check()
        if cursor is not None:
            self.cursor = cursor

    def check(self) -> None:
        """Raise Cancelled or Interrupted if the work should end now; for loops between two `advance` calls."""
        if self._stop():
            raise Interrupted
        if Job.objects.filter(pk=self.job_id, cancel_asked=True).exists():
            raise Cancelled


def _never() -> bool:
    return False


def run_due(owner: str, *, limit: int = 1, stop: Callable[[], bool] = _never) -> int:
    """Run up to `limit` due jobs, one after another, to their ends; answers how many. `stop` ends one between steps."""
    count = 0
    while count < limit and not stop():
        job = _claim_one(owner)
        if job is None:
            break
        _run(job, owner=owner, stop=stop)
        count += 1
    return count


def run_job(job_id: int, *, owner: str, stop: Callable[[], bool] = _never, show: Show | None = None) -> bool:
    """Run this very job here, to its end, if nobody else has it; `show` is told (done, total) at every step."""
    job = _claim_one(owner, Q(pk=job_id))
    if job is None:
        return False
    _run(job, owner=owner, stop=stop, show=show)
    return True


def _claim_one(owner: str, which: Q | None = None) -> Job | None:
    if not kinds():
        return None
    moment = now()
    its_time = Q(due_at__lte=moment) | Q(due_at__gt=moment + _LONGEST_OFF)  # no job is put off for so long
    ready = Q(state__in=LIVE, kind__in=kinds()) & its_time & (which or Q())
    with transaction.atomic():
        jobs = claim(
            Job, ready=ready, order_by="due_at", limit=1, owner=owner, lease=timedelta(minutes=2), now=moment,
            set_fields={"state": JobState.RUNNING, "attempts": F("attempts") + 1},
        )  # fmt: skip
        for job in jobs:
            held_until = moment + kind_of(job.kind).lease
            Job.objects.filter(pk=job.pk).update(
                lease_until=held_until, started_at=Coalesce("started_at", Value(moment))
            )
    return jobs[0] if jobs else None


def _run(job: Job, *, owner: str, stop: Callable[[], bool], show: Show | None = None) -> None:
    kind = kind_of(job.kind)
    if job.attempts > kind.at_most:  # killed each time before it could say why
        _end(job, owner, JobState.FAILED, error=job.error or "killed")
        return
    work = Work(job, owner=owner, lease=kind.lease, stop=stop, show=show)
    try:
        result = kind.function(work)
    except Cancelled:
        _end(job, owner, JobState.CANCELLED)
    except Interrupted:
        _give_back(job, owner, due_in=0)
    except LeaseLost:
        log.warning("job_lease_lost", job=job.pk, kind=job.kind)
    except CannotGoOn as refusal:
        _end(job, owner, JobState.FAILED, error=str(refusal))
    except Exception as error:  # the worker must outlive any job
        _fail(job, owner, kind, place_of(error))
    else:
        _end(job, owner, JobState.DONE, result=result or {})


def _fail(job: Job, owner: str, kind: Kind, error: str) -> None:
    log.error("job_failed", job=job.pk, kind=job.kind, attempt=job.attempts, error=error)
    if job.attempts >= kind.at_most:
        _end(job, owner, JobState.FAILED, error=error)
    else:
        _give_back(job, owner, due_in=_BACK_OFF[min(job.attempts, len(_BACK_OFF)) - 1], error=error)


def _end(job: Job, owner: str, state: JobState, **changes: Any) -> None:
    with transaction.atomic():
        held = Job.objects.filter(pk=job.pk, state=JobState.RUNNING, lease_owner=owner)
        if held.update(state=state, finished_at=now(), lease_owner="", lease_until=None, **changes):
            tell_end(Job.objects.get(pk=job.pk))


def _give_back(job: Job, owner: str, *, due_in: int, **changes: Any) -> None:
    held = Job.objects.filter(pk=job.pk, state=JobState.RUNNING, lease_owner=owner)
    due_at = now() + timedelta(seconds=due_in)
    held.update(state=JobState.QUEUED, due_at=due_at, lease_owner="", lease_until=None, **changes)


def place_of(error: BaseException) -> str:
    """What went wrong and where, without the message: it may hold a name or an address of a person."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if "teplo" in Path(frame.filename).parts] or frames
    place = f" at {Path(ours[-1].filename).stem}:{ours[-1].lineno}" if ours else ""
    return f"{type(error).__name__}{place}"
