"""Long work: what runs, how far it is, and the line of progress that other screens put in."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from teplo.accounts.access import Right, can, requires
from teplo.accounts.models import User
from teplo.jobs.models import Job, JobState
from teplo.jobs.registry import UnknownKind, kind_of
from teplo.jobs.starting import cancel_job, resume_job
from teplo.kit.clock import now
from teplo.web import headlines
from teplo.web.answers import back, page, part_of, redirect, refused

SHOWN = 100
ENDED = {JobState.DONE, JobState.FAILED, JobState.CANCELLED}


def title_of(job: Job) -> str:
    try:
        return str(kind_of(job.kind).title)
    except UnknownKind:
        return job.kind


def said_error(job: Job) -> str:
    """Why it failed, as far as it can be said in the reader's language."""
    known = {"killed": _("The process ended in the middle of it.")}
    return known.get(job.error, job.error)


@requires(Right.SEE)
def job_list(request: HttpRequest) -> HttpResponse:
    jobs = list(Job.objects.order_by("-id")[:SHOWN])
    names = dict(User.objects.filter(pk__in={job.created_by for job in jobs}).values_list("pk", "name"))
    rows = [
        (job, title_of(job), names.get(job.created_by or 0, ""), _may_stop(request.user, job), said_error(job))
        for job in jobs
    ]
    running = sum(1 for job in jobs if job.state == JobState.RUNNING)
    failed = Job.objects.filter(state=JobState.FAILED, finished_at__gt=now() - timedelta(days=1)).count()
    context = {"jobs": rows, "headline": headlines.of_jobs(failed=failed, running=running), "total": len(jobs)}
    return page(request, "jobs/list.html", context, fragment="jobs/_rows.html")


@requires(Right.SEE)
@part_of("jobs")
def job_progress(request: HttpRequest, job_id: int) -> HttpResponse:
    """The line of progress by itself; reloads the page it stands on once the work has ended."""
    job = _found(job_id)
    response = render(request, "jobs/_progress.html", {"job": job, "error": said_error(job)})
    if job.state in ENDED and request.headers.get("HX-Request") == "true":
        response.headers["HX-Refresh"] = "true"
    return response


@requires(Right.SEE)
@require_POST
def job_cancel(request: HttpRequest, job_id: int) -> HttpResponse:
    job = _found(job_id)
    if not _may_stop(request.user, job):
        raise PermissionDenied(_("Only who started this work, or an administrator, can stop it."))
    if not cancel_job(job_id=job.pk):
        refused(request, _("It had ended already."))
    return back(request, "jobs")


@requires(Right.SEE)
@require_POST
def job_resume(request: HttpRequest, job_id: int) -> HttpResponse:
    job = _found(job_id)
    if not _may_stop(request.user, job):
        raise PermissionDenied(_("Only who started this work, or an administrator, can start it again."))
    if not resume_job(job_id=job.pk):
        refused(request, _("It cannot go on: it is done, or the same work runs already."))
    return redirect(request, "jobs")


def _found(job_id: int) -> Job:
    job = Job.objects.filter(pk=job_id).first()
    if job is None:
        raise Http404
    return job


def _may_stop(user: Any, job: Job) -> bool:
    return job.created_by == user.pk or can(user, Right.MANAGE)


urlpatterns = [
    path("jobs/", job_list, name="jobs"),
    path("jobs/<int:job_id>/progress/", job_progress, name="job-progress"),
    path("jobs/<int:job_id>/cancel/", job_cancel, name="job-cancel"),
    path("jobs/<int:job_id>/resume/", job_resume, name="job-resume"),
]
