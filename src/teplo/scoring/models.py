"""How warm a person is: score tables, profiles, the score as it stands and every change of it (R16–R18, R22)."""

from __future__ import annotations

from django.db import models

from teplo.kit.clock import now
from teplo.kit.models import ReadyMade, Row
from teplo.people.models import PastLeaf, Person, PersonLeaf


class TableState(models.TextChoices):
    DRAFT = "draft"
    LIVE = "live"
    RETIRED = "retired"


class ScoreTable(ReadyMade):
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


class Criterion(ReadyMade):
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


class Profile(ReadyMade):
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
            models.Index(fields=["temperature", "-total", "person"], name="score_warmth"),
            models.Index(fields=["-total", "person"], name="score_total"),
        )


class ScoreChange(PastLeaf):
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


class Adjustment(PersonLeaf):
    """Points a colleague gives or takes by hand, with a reason and an end; counts as a criterion and shows as one."""

    points = models.IntegerField()
    reason = models.CharField(max_length=300)
    by = models.BigIntegerField()
    at = models.DateTimeField(default=now)
    until = models.DateTimeField(null=True, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = (models.Index(fields=["until"], name="adjustment_ends"),)


class HandScore(PersonLeaf):
    """How warm a salesperson says a person is, by his own judgement; scoring begins with these (R16)."""

    temperature = models.CharField(max_length=4, choices=Temperature.choices)
    points = models.IntegerField(null=True, blank=True, help_text="His own number, if he gives one.")
    words = models.CharField(max_length=500, blank=True)
    by = models.BigIntegerField()
    at = models.DateTimeField(default=now)
    total = models.IntegerField(null=True, blank=True, help_text="What the live table said at that moment, if any.")

    class Meta:
        indexes = (models.Index(fields=["at"], name="handscore_at"),)


class OutcomeState(models.TextChoices):
    WON = "won"
    LOST = "lost"
    OPEN = "open"


class Outcome(PersonLeaf):
    """What became of a person, told by an import, the API or a colleague. Deals, hand-offs and stages lend theirs."""

    state = models.CharField(max_length=4, choices=OutcomeState.choices)
    reason = models.CharField(max_length=200, blank=True)
    value = models.DecimalField(max_digits=14, decimal_places=2, null=True, blank=True)
    currency = models.CharField(max_length=3, blank=True)
    at = models.DateTimeField()
    source = models.CharField(max_length=10, help_text="import, api, hand")
    key = models.CharField(
        max_length=120, blank=True, help_text="The teller's number of the matter; its later word replaces this one."
    )
    told_at = models.DateTimeField(default=now)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["person", "source", "key", "at"], name="outcome_once"),)
        indexes = (models.Index(fields=["at"], name="outcome_at"),)


class BackTest(Row):
    """A question put to the past: what would this table have said beside the live one, and what became of all (R21)?"""

    name = models.CharField(max_length=200)
    table = models.ForeignKey(ScoreTable, null=True, on_delete=models.SET_NULL, related_name="+")
    against = models.ForeignKey(ScoreTable, null=True, on_delete=models.SET_NULL, related_name="+")
    question = models.JSONField(default=dict, help_text="scoring.sampling.Question")
    rules = models.JSONField(default=dict, help_text="Both tables as they stood when asked.")
    calls_per_day = models.PositiveIntegerField(default=20)
    job_id = models.BigIntegerField(null=True, blank=True)
    result = models.JSONField(default=dict, help_text="Empty until counted.")
    created_by = models.BigIntegerField(null=True, blank=True)
    created_at = models.DateTimeField(default=now)
    finished_at = models.DateTimeField(null=True, blank=True)


class Tested(PersonLeaf):
    """One person of a back-test: scored at his moment by both tables, beside what became of him. `id` is the test's."""

    __test__ = False  # not a pytest class

    at = models.DateTimeField()
    state = models.CharField(max_length=4, choices=OutcomeState.choices)
    value = models.DecimalField(max_digits=14, decimal_places=2, null=True)
    ended_at = models.DateTimeField(null=True)
    total = models.IntegerField()
    against = models.IntegerField(null=True)

    class Meta:
        indexes = (models.Index(fields=["id", "person"], name="tested_test"),)


class ShadowRun(Row):
    """A draft that scores the live stream beside the live table without acting."""

    table = models.ForeignKey(ScoreTable, on_delete=models.CASCADE, related_name="shadows")
    started_at = models.DateTimeField(default=now)
    started_by = models.BigIntegerField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["table"], condition=models.Q(ended_at=None), name="shadowrun_one_open"),
        )


class ShadowScore(PersonLeaf):
    """What a shadowing draft says of a person beside the live table, and since when either calls him hot during the
    run. `id` is the run's."""

    total = models.IntegerField()
    temperature = models.CharField(max_length=4, choices=Temperature.choices)
    hot_at = models.DateTimeField(null=True, blank=True)
    live_total = models.IntegerField(default=0)
    live_temperature = models.CharField(max_length=4, choices=Temperature.choices, default=Temperature.COLD)
    live_hot_at = models.DateTimeField(null=True, blank=True)
    changed_at = models.DateTimeField(default=now)


class Learning(Row):
    """A run of learning points from outcomes, and what it proposed."""

    question = models.JSONField(default=dict, help_text="scoring.sampling.Question")
    options = models.JSONField(default=dict)
    job_id = models.BigIntegerField(null=True, blank=True)
    result = models.JSONField(default=dict, help_text="scoring.learning: the proposal, or why there is none.")
    table = models.ForeignKey(ScoreTable, null=True, on_delete=models.SET_NULL, related_name="+")
    created_by = models.BigIntegerField(null=True, blank=True)
    created_at = models.DateTimeField(default=now)
    finished_at = models.DateTimeField(null=True, blank=True)


class ProfileSearch(Row):
    """A search for what customers have in common, compared with those who did not buy (R19)."""

    question = models.JSONField(default=dict, help_text="scoring.sampling.Question")
    options = models.JSONField(default=dict)
    job_id = models.BigIntegerField(null=True, blank=True)
    result = models.JSONField(default=dict)
    created_by = models.BigIntegerField(null=True, blank=True)
    created_at = models.DateTimeField(default=now)
    finished_at = models.DateTimeField(null=True, blank=True)


class Interview(PersonLeaf):
    """Notes of a talk with a customer or a lost one: why he bought, in his words (R19)."""

    at = models.DateTimeField(default=now)
    by = models.BigIntegerField()
    text = models.TextField()
    reasons = models.JSONField(default=list, help_text="Short tags: why he bought, what nearly stopped him.")


class ProposedState(models.TextChoices):
    OPEN = "open"
    TAKEN = "taken"
    DECLINED = "declined"


class CriterionProposal(Row):
    """A criterion a salesperson proposes, any day, from a person's card (R20)."""

    text = models.CharField(max_length=500)
    condition = models.JSONField(default=dict, blank=True)
    points = models.IntegerField(null=True, blank=True)
    person_id = models.BigIntegerField(null=True, blank=True, help_text="On whose card it came to mind.")
    by = models.BigIntegerField()
    at = models.DateTimeField(default=now)
    state = models.CharField(max_length=8, choices=ProposedState.choices, default=ProposedState.OPEN)
    answer = models.CharField(max_length=500, blank=True)
    answered_by = models.BigIntegerField(null=True, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)
    review_id = models.BigIntegerField(null=True, blank=True, help_text="The meeting that answered it, if one did.")


class Review(Row):
    """A meeting of marketing and sales about the score: its agenda as it stood, and what came out (R20)."""

    since = models.DateTimeField()
    until = models.DateTimeField()
    held_at = models.DateTimeField(null=True, blank=True, help_text="Closed then; empty: still being prepared.")
    held_by = models.BigIntegerField(null=True, blank=True)
    snapshot = models.JSONField(default=dict, help_text="The agenda's figures and lists, kept as they were.")
    table = models.ForeignKey(ScoreTable, null=True, on_delete=models.SET_NULL, related_name="+")
    note = models.TextField(blank=True)
    job_id = models.BigIntegerField(null=True, blank=True)
    created_by = models.BigIntegerField(null=True, blank=True)
    created_at = models.DateTimeField(default=now)


class Decision(Row):
    """Something a review decided, by whom, and later whether it worked."""

    review = models.ForeignKey(Review, on_delete=models.CASCADE, related_name="decisions")
    text = models.CharField(max_length=500)
    by = models.BigIntegerField()
    at = models.DateTimeField(default=now)
    verdict = models.CharField(max_length=10, blank=True, help_text="worked, partly, not; empty: not judged yet")
    verdict_note = models.CharField(max_length=500, blank=True)
    judged_by = models.BigIntegerField(null=True, blank=True)
    judged_at = models.DateTimeField(null=True, blank=True)
