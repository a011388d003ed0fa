"""How warm a person is: score tables, profiles, the score as it stands and every change of it (R16–R18, R22)."""

from __future__ import annotations

from django.db import models

from teplo.kit.clock import now
from teplo.kit.models import Row
from teplo.people.models import Person, PersonLeaf


class TableState(models.TextChoices):
    DRAFT = "draft"
    LIVE = "live"
    RETIRED = "retired"


class ScoreTable(Row):
    """A versioned table of criteria; at most one is live."""

    name = models.CharField(max_length=200)
    state = models.CharField(max_length=8, choices=TableState.choices, default=TableState.DRAFT)
    warm_from = models.IntegerField(default=10, help_text="Total points from which a person is warm (R14).")
    hot_from = models.IntegerField(default=25)
    note = models.TextField(blank=True)
    created_by = models.BigIntegerField(null=True, blank=True)
    created_at = models.DateTimeField(default=now)
    live_at = models.DateTimeField(null=True, blank=True)
    retired_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["state"], condition=models.Q(state="live"), name="scoretable_one_live"),
        )


class Side(models.TextChoices):
    FIT = "fit"
    BEHAVIOUR = "behaviour"


class Criterion(Row):
    """One row of a score table: a condition (fit) or an activity (behaviour) and its points."""

    table = models.ForeignKey(ScoreTable, on_delete=models.CASCADE, related_name="criteria")
    position = models.PositiveSmallIntegerField(default=0)
    side = models.CharField(max_length=9, choices=Side.choices)
    group = models.CharField(max_length=120, blank=True, help_text="Heading it stands under, e.g. «Должность».")
    name = models.CharField(max_length=200)
    condition = models.JSONField(default=dict, help_text="Of fit: the condition language.")
    activity_id = models.BigIntegerField(null=True, blank=True, help_text="Of behaviour: tracking.Activity.")
    points = models.IntegerField()
    is_per_time = models.BooleanField(default=False, help_text="Behaviour: points for each time, else once.")
    at_least = models.PositiveIntegerField(default=1, help_text="Behaviour, once: done at least so often.")
    cap = models.IntegerField(null=True, blank=True, help_text="Most (or, of negative points, least) it may give.")
    window_days = models.PositiveIntegerField(null=True, blank=True)
    half_life_days = models.PositiveIntegerField(null=True, blank=True)

    class Meta:
        ordering = ("position", "id")


class ProfileKind(models.TextChoices):
    IDEAL = "ideal"
    NEAR_IDEAL = "near-ideal"
    UNACCEPTABLE = "unacceptable"


class Profile(Row):
    """The portrait of an ideal, near-ideal or unacceptable client as a condition; it gives the grade (R18)."""

    kind = models.CharField(max_length=12, choices=ProfileKind.choices)
    name = models.CharField(max_length=200)
    condition = models.JSONField(default=dict)
    position = models.PositiveSmallIntegerField(default=0)
    is_active = models.BooleanField(default=True)


class Temperature(models.TextChoices):
    COLD = "cold"
    WARM = "warm"
    HOT = "hot"


class Score(models.Model):
    """How warm a person is now, by the live table."""

    person = models.OneToOneField(
        Person, primary_key=True, on_delete=models.DO_NOTHING, related_name="score", db_constraint=False
    )
    fit = models.IntegerField(default=0)
    behaviour = models.IntegerField(default=0)
    total = models.IntegerField(default=0)
    grade = models.CharField(max_length=12, blank=True, help_text="A ProfileKind, or empty.")
    temperature = models.CharField(max_length=4, choices=Temperature.choices, default=Temperature.COLD)
    changed_at = models.DateTimeField(default=now)

    class Meta:
        indexes = (
            models.Index(fields=["temperature", "-total"], name="score_warmth"),
            models.Index(fields=["-total", "person"], name="score_total"),
        )


class ScoreChange(PersonLeaf):
    """A score as it became at a moment, with what it was before; the history of warmth.

    A person has few of them and the key begins with him, so no further index is kept: rescoring everybody writes as
    many of these as there are people.
    """

    at = models.DateTimeField(default=now)
    table = models.ForeignKey(
        ScoreTable, on_delete=models.CASCADE, related_name="+", db_constraint=False, db_index=False
    )
    cause = models.CharField(max_length=12, help_text="activity, attribute, time, table, merge")
    fit = models.IntegerField()
    behaviour = models.IntegerField()
    total = models.IntegerField()
    total_before = models.IntegerField()
    temperature = models.CharField(max_length=4, choices=Temperature.choices)
    temperature_before = models.CharField(max_length=4, blank=True)
    grade = models.CharField(max_length=12, blank=True)
