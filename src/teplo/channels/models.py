"""The outbox: one delivery is one message to one person, with a reason for every silence (R32, R33)."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import models

from teplo.kit.clock import SKEW, now
from teplo.kit.models import Row
from teplo.people.models import PersonLeaf

LONGEST_PAUSE = timedelta(minutes=15)
"""Of a sender in trouble; a pause further ahead than that was booked by a clock that was wrong."""
_FAR = timedelta(days=3650)


class Channel(models.TextChoices):
    EMAIL = "email"
    SMS = "sms"
    TELEGRAM = "telegram"
    WHATSAPP = "whatsapp"
    VIBER = "viber"
    VK = "vk"
    PHONE = "phone"


class Sender(Row):
    """From whom messages of a channel go out, and through which server. Secrets are stored encrypted."""

    channel = models.CharField(max_length=10, choices=Channel.choices, default=Channel.EMAIL)
    name = models.CharField(max_length=200)
    address = models.CharField(max_length=254)
    reply_to = models.CharField(max_length=254, blank=True)
    settings = models.JSONField(default=dict, help_text="host, port, security, username; imap_host, imap_port …")
    secret = models.TextField(blank=True, help_text="kit.secrets.encrypt of the password")
    per_minute = models.PositiveIntegerField(default=600)
    is_active = models.BooleanField(default=True)
    is_default = models.BooleanField(default=False)
    health = models.CharField(
        max_length=200, blank=True, help_text="Empty when well; else the last error, without personal data."
    )
    paused_until = models.DateTimeField(null=True, blank=True)
    failures = models.PositiveSmallIntegerField(default=0, help_text="Troubles in a row: the pause grows with them.")
    booked_until = models.DateTimeField(
        null=True, blank=True, help_text="Until when the allowed rate is spoken for, by all processes together."
    )
    waits_for_colleague = models.BooleanField(default=False, help_text="Nothing goes out until it is resumed by hand.")
    streak = models.JSONField(default=dict, help_text="What letters in a row say of it: email.streak.Streak.")
    troubled_at = models.DateTimeField(null=True, blank=True, help_text="The last time it could not go on.")
    poll_state = models.JSONField(default=dict, help_text="Where the reading of the bounce mailbox stands.")
    created_at = models.DateTimeField(default=now)

    @property
    def is_on_trial(self) -> bool:
        """Whether the last thing heard of its server was trouble: little is put at stake then."""
        return self.failures > 0 or bool(self.streak.get("silent"))

    def pause_ends(self, at: datetime) -> datetime | None:
        """Until when nothing goes out through it, None when it is not paused at `at`."""
        if self.waits_for_colleague:
            return at + _FAR
        until = self.paused_until
        return until if until and at < until <= at + LONGEST_PAUSE + SKEW else None

    @property
    def rests_until(self) -> datetime | None:
        """Until when it is paused, as things stand now."""
        return self.pause_ends(now())

    def was_troubled(self, at: datetime) -> bool:
        """Whether it lately could not go on: then letters of different templates take turns."""
        return self.troubled_at is not None and at - timedelta(hours=1) < self.troubled_at <= at + SKEW


class DeliveryState(models.TextChoices):
    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    UNCERTAIN = "uncertain"
    FAILED = "failed"
    SKIPPED = "skipped"


class Delivery(PersonLeaf):
    """One message to one person. Unique per (enrolment, step, pass): a crash repeats nothing (ARCHITECTURE §8)."""

    channel = models.CharField(max_length=10, choices=Channel.choices)
    template_id = models.BigIntegerField(null=True, help_text="content.Template; rendered by the lent renderer.")
    template_version = models.PositiveIntegerField(default=1)
    sender = models.ForeignKey(
        Sender, null=True, on_delete=models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    journey_id = models.BigIntegerField(null=True)
    enrolment_id = models.BigIntegerField(null=True)
    step = models.CharField(max_length=40, blank=True)
    pass_number = models.PositiveIntegerField(default=1)
    address = models.CharField(max_length=254, blank=True)
    context = models.JSONField(default=dict, help_text="Extra holes beside the person's own.")
    is_service = models.BooleanField(default=False)
    state = models.CharField(max_length=9, choices=DeliveryState.choices, default=DeliveryState.QUEUED)
    reason = models.CharField(
        max_length=40, blank=True, help_text="Why it is skipped, failed or put off: a key of reasons.py."
    )
    reason_params = models.JSONField(default=dict)
    due_at = models.DateTimeField(default=now)
    expires_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    lease_owner = models.CharField(max_length=40, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    message_id = models.CharField(max_length=120, blank=True)
    provider_answer = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(default=now)
    sent_at = models.DateTimeField(null=True, blank=True)
    opened_at = models.DateTimeField(null=True, blank=True, help_text="First human open.")
    clicked_at = models.DateTimeField(null=True, blank=True, help_text="First human click.")
    bounced_at = models.DateTimeField(null=True, blank=True)
    unsubscribed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["person", "enrolment_id", "step", "pass_number"], name="delivery_once"),
        )
        indexes = (
            models.Index(fields=["due_at"], condition=models.Q(state="queued"), name="delivery_due"),
            models.Index(fields=["sender", "due_at"], condition=models.Q(state="queued"), name="delivery_sender_due"),
            models.Index(fields=["lease_until"], condition=models.Q(state="sending"), name="delivery_sending"),
            models.Index(fields=["person", "sent_at"], name="delivery_sent"),
            models.Index(fields=["state", "-created_at"], name="delivery_state"),
            models.Index(fields=["journey_id", "step", "state"], name="delivery_step"),
        )
