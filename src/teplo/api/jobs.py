"""Long work: what runs, how far it is, and stopping it."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import Path, Query, Router, Schema, Status
from pydantic import Field

from teplo.accounts.access import Right, can
from teplo.api.access import Token, maker
from teplo.api.problems import NotThere, Problem
from teplo.api.shapes import Asked, Id
from teplo.jobs.models import Job
from teplo.jobs.registry import UnknownKind, kind_of
from teplo.jobs.starting import cancel_job

router = Router(tags=["jobs"])
State = Literal["queued", "running", "done", "failed", "cancelled"]


class JobShown(Schema):
    """A piece of long work; `done` of `total` steps (total unknown: null)."""

    id: Id
    kind: str
    title: str
    state: State
    done: int
    total: int | None
    result: dict[str, Any]
    error: str
    created_at: datetime
    finished_at: datetime | None


class JobsAsked(Asked):
    state: State | Literal[""] = ""
    kind: str = Field("", max_length=60)
    limit: int = Field(50, ge=1, le=200)


@router.get("", auth=Token(Right.SEE), response=list[JobShown], summary="Long work, the newest first")
def list_jobs(request: HttpRequest, asked: Query[JobsAsked]) -> list[JobShown]:
    jobs = Job.objects.order_by("-created_at")
    if asked.state:
        jobs = jobs.filter(state=asked.state)
    if asked.kind:
        jobs = jobs.filter(kind=asked.kind)
    return [job_shown(job) for job in jobs[: asked.limit]]


@router.get("/{job_id}", auth=Token(Right.SEE), response=JobShown, summary="How far it is")
def read_job(request: HttpRequest, job_id: Path[Id]) -> JobShown:
    return job_shown(find_job(job_id))


@router.post("/{job_id}/cancel", auth=Token(Right.EDIT_MARKETING), response={202: JobShown}, summary="Ask it to stop")
def stop_job(request: HttpRequest, job_id: Path[Id]) -> Status[JobShown]:
    """One that waits stops at once, one that runs at its next step; what is done stays done."""
    return Status(202, stop(request, find_job(job_id)))


def stop(request: HttpRequest, job: Job) -> JobShown:
    """Ask it to stop; raises Problem when it has ended, or is somebody else's and the token may not manage."""
    if job.created_by not in (None, maker(request)) and not can(request.auth, Right.MANAGE):  # type: ignore[attr-defined]
        raise Problem(403, "not-yours", _("Only who started this work, or an administrator, can stop it."))
    if not cancel_job(job_id=job.pk):
        raise Problem(409, "ended", _("It had ended already."))
    return job_shown(find_job(str(job.pk)))


def find_job(job_id: str) -> Job:
    """Raises Problem 404."""
    job = Job.objects.filter(pk=job_id).first()
    if job is None:
        raise NotThere(_("There is no such work."))
    return job


def job_shown(job: Job) -> JobShown:
    """As JSON."""
    names = ("kind", "state", "done", "total", "result", "error", "created_at", "finished_at")
    return JobShown(id=str(job.pk), title=_title(job), **{name: getattr(job, name) for name in names})


def _title(job: Job) -> str:
    try:
        return str(kind_of(job.kind).title)
    except UnknownKind:
        return job.kind
