"""Makers and fakes for tests of long work."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from teplo.jobs.models import Job, JobState
from teplo.jobs.running import Work, run_due


def make_job(**changes: Any) -> Job:
    """A queued job of kind "test", or as `changes` say."""
    return Job.objects.create(**{"kind": "test", **changes})


def run_all_jobs(*, owner: str = "test") -> int:
    """Run every queued job to its end, whatever its due time; answers how many ran."""
    Job.objects.filter(state=JobState.QUEUED).update(due_at="2000-01-01T00:00:00Z")
    return run_due(owner, limit=1000)


def make_work(**changes: Any) -> Work:
    """A running job's Work, to call a job function directly."""
    job = make_job(state=JobState.RUNNING, lease_owner="test", **changes)
    return Work(job, owner="test", lease=timedelta(minutes=2), stop=lambda: False)
