"""Long work as rows with leases: whoever holds the lease works, whoever finds it expired takes over at the cursor."""

from __future__ import annotations

from django.db import models

from teplo.kit.clock import now
from teplo.kit.models import Row


class JobState(models.TextChoices):
    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


LIVE = (JobState.QUEUED, JobState.RUNNING)


class Job(Row):
    """One piece of long work with progress that can be left, cancelled and resumed after a crash."""

    kind = models.CharField(max_length=60)
    args = models.JSONField(default=dict)
    subject = models.CharField(
        max_length=120, blank=True, help_text="What it works on, e.g. 'import:123': one live job each."
    )
    state = models.CharField(max_length=10, choices=JobState.choices, default=JobState.QUEUED)
    cursor = models.JSONField(default=dict, help_text="Where to go on after a crash; written with the work itself.")
    done = models.BigIntegerField(default=0)
    total = models.BigIntegerField(null=True, blank=True)
    result = models.JSONField(default=dict)
    error = models.TextField(blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    cancel_asked = models.BooleanField(default=False)
    created_by = models.BigIntegerField(null=True, blank=True)
    created_at = models.DateTimeField(default=now)
    due_at = models.DateTimeField(default=now)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    lease_owner = models.CharField(max_length=40, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = (
            models.Index(fields=["state", "due_at"], name="job_due"),
            models.Index(fields=["subject"], name="job_subject"),
            models.Index(fields=["-created_at"], name="job_newest"),
        )
        constraints = (
            models.UniqueConstraint(
                fields=["subject"],
                condition=models.Q(state__in=("queued", "running")) & ~models.Q(subject=""),
                name="job_one_live",
            ),
        )


class Periodic(models.Model):
    """When a periodic piece of work is due next; claimed by a conditional update, so one process runs it."""

    name = models.CharField(max_length=60, primary_key=True)
    next_at = models.DateTimeField()
    lease_until = models.DateTimeField(null=True, blank=True)
    last_finished_at = models.DateTimeField(null=True, blank=True)
    last_error = models.TextField(blank=True)
