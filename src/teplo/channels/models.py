"""The outbox: one delivery is one message to one person, with a reason for every silence (R32, R33)."""

from __future__ import annotations

from django.db import models

from teplo.kit.clock import now
from teplo.kit.models import Row
from teplo.people.models import PersonLeaf


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
    poll_state = models.JSONField(default=dict, help_text="Where the reading of the bounce mailbox stands.")
    created_at = models.DateTimeField(default=now)


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
            models.Index(fields=["lease_until"], condition=models.Q(state="sending"), name="delivery_sending"),
            models.Index(fields=["person", "sent_at"], name="delivery_sent"),
            models.Index(fields=["state", "-created_at"], name="delivery_state"),
            models.Index(fields=["journey_id", "step", "state"], name="delivery_step"),
        )
