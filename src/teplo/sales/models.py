"""What sales does: tasks, the hand-off with its clock, deals (R36–R40)."""

from __future__ import annotations

from django.db import models

from teplo.kit.clock import now
from teplo.people.models import PersonLeaf


class TaskState(models.TextChoices):
    OPEN = "open"
    DONE = "done"
    CANCELLED = "cancelled"


class Task(PersonLeaf):
    """Something a colleague must do for a person: call, write, meet."""

    kind = models.CharField(max_length=20, default="call", help_text="call, write, meet, answer-hot, other")
    title = models.CharField(max_length=300)
    note = models.TextField(blank=True)
    assignee_id = models.BigIntegerField(null=True, blank=True)
    due_at = models.DateTimeField()
    state = models.CharField(max_length=9, choices=TaskState.choices, default=TaskState.OPEN)
    outcome = models.CharField(max_length=40, blank=True)
    outcome_note = models.TextField(blank=True)
    enrolment_id = models.BigIntegerField(null=True, blank=True)
    step = models.CharField(max_length=40, blank=True)
    pass_number = models.PositiveIntegerField(default=1)
    created_by = models.CharField(max_length=80, blank=True)
    created_at = models.DateTimeField(default=now)
    done_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["person", "enrolment_id", "step", "pass_number"], name="task_once"),
        )
        indexes = (
            models.Index(fields=["assignee_id", "due_at"], condition=models.Q(state="open"), name="task_open"),
            models.Index(fields=["person", "created_at"], name="task_when"),
        )


class CallDirection(models.TextChoices):
    OUT = "out"
    IN = "in"


class Call(PersonLeaf):
    """A call that took place, or was tried: noted by whoever was on the phone."""

    direction = models.CharField(max_length=3, choices=CallDirection.choices, default=CallDirection.OUT)
    outcome = models.CharField(max_length=40, help_text="A key of tasks.OUTCOMES.")
    note = models.TextField(blank=True)
    by = models.CharField(max_length=80)
    at = models.DateTimeField(default=now)

    class Meta:
        indexes = (models.Index(fields=["person", "at"], name="call_when"),)


class HandOffState(models.TextChoices):
    OFFERED = "offered"
    ACCEPTED = "accepted"
    RETURNED = "returned"
    EXPIRED = "expired"


class HandOff(PersonLeaf):
    """Marketing gives a person to sales with everything known; sales accepts or returns with a reason (R37, R38)."""

    cause = models.CharField(max_length=20, help_text="hot, hand, journey")
    snapshot = models.JSONField(default=dict, help_text="Score, grade, stage and criteria as they stood.")
    assignee_id = models.BigIntegerField(null=True, blank=True)
    state = models.CharField(max_length=8, choices=HandOffState.choices, default=HandOffState.OFFERED)
    task_id = models.BigIntegerField(null=True, blank=True)
    return_reason = models.CharField(max_length=60, blank=True)
    return_note = models.TextField(blank=True)
    offered_at = models.DateTimeField(default=now)
    answer_until = models.DateTimeField()
    answered_at = models.DateTimeField(null=True, blank=True)
    first_contact_at = models.DateTimeField(null=True, blank=True)
    escalated_at = models.DateTimeField(null=True, blank=True)
    told_at = models.DateTimeField(null=True, blank=True, help_text="When the e-mail to the salesperson went out.")

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["person"], condition=models.Q(state="offered"), name="handoff_one_open"),
        )
        indexes = (
            models.Index(fields=["answer_until"], condition=models.Q(state="offered"), name="handoff_waiting"),
            models.Index(fields=["person", "offered_at"], name="handoff_when"),
        )


class DealState(models.TextChoices):
    OPEN = "open"
    WON = "won"
    LOST = "lost"


class Deal(PersonLeaf):
    """A possible sale with an amount and an end: won, or lost with a reason (R36)."""

    title = models.CharField(max_length=300)
    step = models.CharField(max_length=60, blank=True, help_text="Step of the deal pipeline.")
    state = models.CharField(max_length=4, choices=DealState.choices, default=DealState.OPEN)
    amount = models.DecimalField(max_digits=14, decimal_places=2, null=True, blank=True)
    currency = models.CharField(max_length=3, blank=True)
    lost_reason = models.CharField(max_length=200, blank=True)
    source = models.CharField(max_length=120, blank=True)
    owner_id = models.BigIntegerField(null=True, blank=True)
    opened_at = models.DateTimeField(default=now)
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = (
            models.Index(fields=["state", "opened_at"], name="deal_state"),
            models.Index(fields=["person", "opened_at"], name="deal_when"),
        )


class DealChange(PersonLeaf):
    """A state a deal got at a moment; append-only, so that winning, losing and reopening do not change the past (R21).

    Of the words on one deal each holds until the next one, in the order of their ids.
    """

    deal_id = models.BigIntegerField()
    state = models.CharField(max_length=4, choices=DealState.choices)
    amount = models.DecimalField(max_digits=14, decimal_places=2, null=True, blank=True)
    currency = models.CharField(max_length=3, blank=True)
    lost_reason = models.CharField(max_length=200, blank=True)
    at = models.DateTimeField(default=now)

    class Meta:
        indexes = (models.Index(fields=["person", "deal_id", "id"], name="dealchange_deal"),)
