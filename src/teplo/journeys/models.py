"""Chains of touches: a versioned graph, who walks it, and what each step did (R27–R32)."""

from __future__ import annotations

from django.db import models

from teplo.kit.clock import now
from teplo.kit.models import ReadyMade, Row
from teplo.people.models import PersonLeaf


class JourneyState(models.TextChoices):
    DRAFT = "draft"
    LIVE = "live"
    PAUSED = "paused"
    STOPPED = "stopped"


class Journey(ReadyMade):
    """A named chain; what it does stands in its versions."""

    name = models.CharField(max_length=200)
    description = models.TextField(blank=True)
    state = models.CharField(max_length=7, choices=JourneyState.choices, default=JourneyState.DRAFT)
    reentry = models.CharField(max_length=10, default="once", help_text="once, after-end, after-days")
    reentry_days = models.PositiveSmallIntegerField(default=0)
    trouble = models.JSONField(
        default=dict, help_text="Why it paused itself: the step whose people all failed, and the error."
    )
    created_by = models.BigIntegerField(null=True, blank=True)
    created_at = models.DateTimeField(default=now)
    updated_at = models.DateTimeField(default=now)


class JourneyVersion(Row):
    """One version of the graph. Published versions never change; a draft has no `published_at`."""

    journey = models.ForeignKey(Journey, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    trigger = models.JSONField(default=dict, help_text='{"kind": "segment|activity|stage|form|hand", …}')
    exits = models.JSONField(default=list, help_text="Conditions on which a person leaves at once.")
    goal = models.JSONField(default=dict, help_text="Condition that counts as reached.")
    steps = models.JSONField(default=list, help_text='[{"key", "kind", …settings, "next"}]; see journeys/graph.py')
    published_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=now)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["journey", "number"], name="journeyversion_number"),)


class EnrolmentState(models.TextChoices):
    ACTIVE = "active"
    DONE = "done"
    EXITED = "exited"
    GOAL = "goal"
    STOPPED = "stopped"


class Enrolment(PersonLeaf):
    """A person on his way through a journey: at which step, due when, waiting for what."""

    journey = models.ForeignKey(
        Journey, on_delete=models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    version = models.ForeignKey(
        JourneyVersion, on_delete=models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    state = models.CharField(max_length=7, choices=EnrolmentState.choices, default=EnrolmentState.ACTIVE)
    step = models.CharField(max_length=40, help_text="Key of the step he stands at.")
    pass_number = models.PositiveIntegerField(
        default=1, help_text="Rises with every step taken: a guard against repeats."
    )
    due_at = models.DateTimeField(null=True, help_text="When the step acts; null: only what he waits for wakes him.")
    waiting_for = models.BigIntegerField(null=True, blank=True, help_text="Activity whose next deed wakes him.")
    step_since = models.DateTimeField(default=now)
    entered_at = models.DateTimeField(default=now)
    ended_at = models.DateTimeField(null=True, blank=True)
    end_reason = models.CharField(max_length=60, blank=True)
    lease_owner = models.CharField(max_length=40, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["person", "journey"], condition=models.Q(state="active"), name="enrolment_one_active"
            ),
        )
        indexes = (
            # with the journey, so that a paused one is passed over without reading its rows
            models.Index(fields=["due_at", "journey"], condition=models.Q(state="active"), name="enrolment_due"),
            models.Index(
                fields=["waiting_for", "person"],
                condition=models.Q(state="active", waiting_for__isnull=False),
                name="enrolment_waiting",
            ),
            models.Index(fields=["version", "state", "step"], name="enrolment_step"),
        )


class StepPass(PersonLeaf):
    """One step done for one enrolment, with where it led: figures and explanations come from here."""

    enrolment_id = models.BigIntegerField()
    version = models.ForeignKey(
        JourneyVersion, on_delete=models.CASCADE, related_name="+", db_constraint=False, db_index=False
    )
    step = models.CharField(max_length=40)
    pass_number = models.PositiveIntegerField()
    at = models.DateTimeField(default=now)
    exit = models.CharField(max_length=40, blank=True, help_text="Which way out: next, yes, no, timeout, …")
    note = models.JSONField(default=dict)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["person", "enrolment_id", "step", "pass_number"], name="steppass_once"),
        )
        indexes = (models.Index(fields=["version", "step", "exit"], name="steppass_figures"),)
