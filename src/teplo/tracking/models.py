"""What people do: the durable inbox, raw events, activities with a meaning, and how people came (R6–R8)."""

from __future__ import annotations

from django.db import models

from teplo.kit.clock import now
from teplo.kit.ids import new_id
from teplo.kit.models import Row
from teplo.people.models import Person, PersonLeaf


class Site(Row):
    """A site whose pages may send events: its public key and the origins that may use it."""

    name = models.CharField(max_length=200)
    key = models.CharField(max_length=40, unique=True)
    origins = models.JSONField(default=list, help_text='["https://example.com"]; empty: any origin.')
    heard_at = models.DateTimeField(null=True, blank=True, help_text="When a page of it was first seen.")
    is_active = models.BooleanField(default=True)
    secret = models.TextField(blank=True, default="", help_text="kit.secrets.encrypt: its server signs with it.")
    created_at = models.DateTimeField(default=now)


class InboxRow(models.Model):
    """A parcel of acknowledged events that the pipeline has not taken yet.

    A row holds many events, because they were acknowledged by one commit: writing, claiming and deleting a row per
    event would cost more than everything the pipeline does with it. Rows are deleted in the transaction that stores
    their events.
    """

    id = models.BigIntegerField(primary_key=True, default=new_id)
    received_at = models.DateTimeField(help_text="When the oldest event of the parcel was received.")
    origin = models.CharField(max_length=60, help_text="site:<id>, api, import:<id>, own, demo")
    payload = models.BinaryField(help_text="A JSON list of tracking.incoming.Stored.")
    events = models.PositiveIntegerField(default=1, help_text="How many events the payload holds.")
    lane = models.PositiveSmallIntegerField(
        default=0,
        help_text="Follows from whose events these are: workers on different lanes seldom wait for each other.",
    )
    attempts = models.PositiveSmallIntegerField(default=0)
    lease_owner = models.CharField(max_length=40, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)


class DeadLetter(Row):
    """One event the pipeline could not take, alone with its error; can be retried or dropped in the UI."""

    received_at = models.DateTimeField()
    origin = models.CharField(max_length=60)
    payload = models.BinaryField()
    step = models.CharField(max_length=40)
    error = models.TextField()
    failed_at = models.DateTimeField(default=now)


class EventLabel(models.TextChoices):
    HUMAN = "human"
    SUSPECT = "suspect"
    MACHINE = "machine"


class Event(PersonLeaf):
    """A raw fact, append-only. `id` follows from the sender's own event id, so the same event twice is one row."""

    name = models.CharField(max_length=80)
    at = models.DateTimeField()
    received_at = models.DateTimeField()
    origin = models.CharField(max_length=60)
    label = models.CharField(max_length=7, choices=EventLabel.choices, default=EventLabel.HUMAN)
    url = models.CharField(max_length=2000, blank=True)
    path = models.CharField(max_length=500, blank=True)
    referrer = models.CharField(max_length=2000, blank=True)
    properties = models.JSONField(default=dict)

    class Meta:
        indexes = (models.Index(fields=["person", "at"], name="event_when"),)


class BatchEvent(models.Model):
    """The events of the batch a worker is taking: a temporary table of its connection, shaped like Event.

    Conditions over events compile over either, so counting a batch and back-filling a year are one statement.
    """

    person = models.ForeignKey(
        Person, on_delete=models.DO_NOTHING, related_name="+", db_constraint=False, db_index=False
    )
    id = models.BigIntegerField(primary_key=True)
    name = models.CharField(max_length=80)
    at = models.DateTimeField()
    received_at = models.DateTimeField()
    origin = models.CharField(max_length=60)
    label = models.CharField(max_length=7)
    url = models.CharField(max_length=2000)
    path = models.CharField(max_length=500)
    referrer = models.CharField(max_length=2000)
    properties = models.JSONField(default=dict)
    day = models.DateField(help_text="Of `at` in the workspace's time zone.")
    seen_at = models.DateTimeField(
        null=True, help_text="`at` where the person himself acted; null for machines and for us."
    )

    class Meta:
        managed = False
        db_table = "tracking_batch"


class Presence(models.Model):
    """When a person was first and last seen. Written first, sorted by person, in every batch: it is also the lock that
    makes two workers take turns over one person (ARCHITECTURE §2). Not seen (null): only we acted so far."""

    person = models.OneToOneField(
        Person, primary_key=True, on_delete=models.DO_NOTHING, related_name="presence", db_constraint=False
    )
    first_seen_at = models.DateTimeField(null=True, blank=True)
    last_seen_at = models.DateTimeField(null=True, blank=True, db_index=True)
    events = models.BigIntegerField(default=0)


class Activity(Row):
    """A named deed with business meaning, defined by a condition over events (R8)."""

    key = models.SlugField(max_length=60, unique=True)
    names = models.JSONField(default=dict)
    condition = models.JSONField(default=dict)
    icon = models.CharField(max_length=40, blank=True)
    is_builtin = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)
    backfilled_at = models.DateTimeField(null=True, blank=True)
    figures = models.JSONField(default=dict, help_text="The last 30 days as last counted; see figures.py.")
    created_at = models.DateTimeField(default=now)


class Tally(models.Model):
    """How often a person did an activity on a day (of the workspace's time zone)."""

    pk = models.CompositePrimaryKey("person_id", "activity_id", "day")
    person = models.ForeignKey(
        Person, on_delete=models.DO_NOTHING, related_name="+", db_constraint=False, db_index=False
    )
    activity = models.ForeignKey(
        Activity, on_delete=models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    day = models.DateField()
    count = models.IntegerField()
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()

    class Meta:
        indexes = (
            models.Index(fields=["person", "activity", "day", "count"], name="tally_covering"),
            # who did it in the last days, and how often: without it all tallies there are would be read
            models.Index(fields=["activity", "day", "person", "count"], name="tally_by_activity"),
        )


class SourceKind(models.TextChoices):
    PAID = "paid"
    DIRECT = "direct"
    ORGANIC = "organic"
    SOCIAL = "social"
    REFERRAL = "referral"
    BLOG = "blog"
    EMAIL = "email"
    OFFLINE = "offline"
    ASSISTANT = "assistant"


class Touch(PersonLeaf):
    """How a person came, each time: the whole path, first and last (R7)."""

    at = models.DateTimeField()
    source = models.CharField(max_length=10, choices=SourceKind.choices)
    referrer_host = models.CharField(max_length=253, blank=True)
    utm_source = models.CharField(max_length=200, blank=True)
    utm_medium = models.CharField(max_length=200, blank=True)
    utm_campaign = models.CharField(max_length=200, blank=True)
    utm_content = models.CharField(max_length=200, blank=True)
    utm_term = models.CharField(max_length=200, blank=True)
    landing = models.CharField(max_length=500, blank=True)
    again = models.JSONField(
        null=True, default=None, help_text="When they came so once more before coming otherwise: [[moment, event], …]."
    )

    class Meta:
        indexes = (models.Index(fields=["person", "at"], name="touch_when"),)


class Acquisition(models.Model):
    """First and last touch of a person, one row, for filters and reports."""

    person = models.OneToOneField(
        Person, primary_key=True, on_delete=models.DO_NOTHING, related_name="acquisition", db_constraint=False
    )
    first_source = models.CharField(max_length=10, choices=SourceKind.choices)
    first_detail = models.CharField(
        max_length=200, blank=True, help_text="Campaign, referrer's host or the fair's name."
    )
    first_at = models.DateTimeField()
    last_source = models.CharField(max_length=10, choices=SourceKind.choices)
    last_detail = models.CharField(max_length=200, blank=True)
    last_at = models.DateTimeField()
