"""The lifecycle of a relation: stages with human names, where each person stands, and every move with its reason."""

from __future__ import annotations

from django.db import models

from teplo.kit.clock import now
from teplo.kit.models import Row
from teplo.people.models import PastLeaf, Person


class Stage(Row):
    """A step of the lifecycle, or a place beside it such as cold, non-target, lost (R11, R15)."""

    key = models.SlugField(max_length=40, unique=True)
    position = models.PositiveSmallIntegerField()
    is_beside = models.BooleanField(default=False, help_text="A place beside the ladder (cold, non-target, lost).")
    names = models.JSONField(default=dict, help_text="Human names: Приятель / Приятель / Pal.")
    trade_name = models.CharField(max_length=60, blank=True, help_text="The trade's word: Lead.")
    level = models.CharField(max_length=6, blank=True, help_text="top, middle, bottom of the funnel (R13)")
    goals = models.JSONField(default=dict)
    actions = models.JSONField(default=dict)
    sign = models.JSONField(default=dict, help_text="Condition; empty: nobody enters by himself.")
    may_go_back = models.BooleanField(default=False, help_text="Leaves backward when the sign no longer holds.")
    is_customer = models.BooleanField(default=False)
    stuck_after_days = models.PositiveSmallIntegerField(default=30)
    is_active = models.BooleanField(default=True)

    class Meta:
        ordering = ("is_beside", "position")


class Standing(models.Model):
    """At which stage a person is, since when, and whether a human pinned him there."""

    person = models.OneToOneField(
        Person, primary_key=True, on_delete=models.DO_NOTHING, related_name="standing", db_constraint=False
    )
    stage = models.ForeignKey(Stage, on_delete=models.PROTECT, related_name="+", db_constraint=False, db_index=False)
    since = models.DateTimeField()
    pinned_by = models.BigIntegerField(null=True, blank=True)

    class Meta:
        indexes = (models.Index(fields=["stage", "since"], name="standing_stage"),)


class StageMove(PastLeaf):
    """A move with why, when and by what (R12)."""

    from_stage = models.ForeignKey(
        Stage, null=True, on_delete=models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    to_stage = models.ForeignKey(Stage, on_delete=models.PROTECT, related_name="+", db_constraint=False, db_index=False)
    at = models.DateTimeField(default=now)
    cause = models.CharField(max_length=10, help_text="sign, hand, journey, import, preset, return, merge")
    by = models.CharField(max_length=80, blank=True, help_text="user:…, journey:…")
    why = models.JSONField(default=dict, help_text="The sign that held, or the human's words.")
    again = models.JSONField(
        null=True, default=None, help_text="When they were to be moved here once more: a late move may come between."
    )

    class Meta:
        indexes = (
            models.Index(fields=["person", "at"], name="stagemove_when"),
            models.Index(fields=["to_stage", "at"], name="stagemove_to"),
        )
