"""Jobs that ended long ago are forgotten; what they did stays."""

from __future__ import annotations

from datetime import timedelta

from teplo.jobs.models import LIVE, Job
from teplo.kit.clock import now

KEPT = timedelta(days=90)


def forget_old_jobs() -> int:
    """Delete jobs that ended more than 90 days ago; answers how many."""
    return Job.objects.exclude(state__in=LIVE).filter(finished_at__lt=now() - KEPT).delete()[0]
