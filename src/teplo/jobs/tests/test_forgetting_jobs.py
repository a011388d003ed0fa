from __future__ import annotations

from datetime import timedelta

import pytest

from teplo.jobs.forgetting import forget_old_jobs
from teplo.jobs.models import Job, JobState
from teplo.jobs.testing import make_job
from teplo.kit.clock import now

pytestmark = pytest.mark.django_db


def test_only_jobs_that_ended_long_ago_are_forgotten() -> None:
    long_ago = now() - timedelta(days=91)
    make_job(state=JobState.DONE, finished_at=long_ago)
    kept = {
        make_job(state=JobState.DONE, finished_at=now()).pk,
        make_job(state=JobState.QUEUED, created_at=long_ago).pk,
        make_job(state=JobState.RUNNING, started_at=long_ago).pk,
    }
    assert forget_old_jobs() == 1
    assert set(Job.objects.values_list("pk", flat=True)) == kept
