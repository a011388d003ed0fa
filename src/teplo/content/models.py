"""What is said: templates in Liquid, rendered for one person at a time."""

from __future__ import annotations

from django.db import models

from teplo.kit.clock import now
from teplo.kit.models import ReadyMade, Row


class Template(ReadyMade):
    """A message with holes, written by a marketer in sandboxed Liquid (R26)."""

    name = models.CharField(max_length=200)
    channel = models.CharField(max_length=10, default="email")
    language = models.CharField(max_length=5, default="en")
    subject = models.CharField(max_length=500, blank=True)
    preheader = models.CharField(max_length=300, blank=True)
    body = models.TextField(help_text="HTML with Liquid for e-mail, plain Liquid for others.")
    text = models.TextField(blank=True, help_text="Text part; empty: made from the HTML.")
    is_service = models.BooleanField(
        default=False, help_text="Transactional: not subject to marketing consent and caps."
    )
    is_archived = models.BooleanField(default=False)
    version = models.PositiveIntegerField(default=1)
    created_by = models.BigIntegerField(null=True, blank=True)
    created_at = models.DateTimeField(default=now)
    updated_at = models.DateTimeField(default=now)


class TemplateVersion(Row):
    """What a template said at one time, so that a letter sent long ago is shown as it was."""

    template = models.ForeignKey(Template, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    subject = models.CharField(max_length=500, blank=True)
    preheader = models.CharField(max_length=300, blank=True)
    body = models.TextField()
    text = models.TextField(blank=True)
    created_by = models.BigIntegerField(null=True, blank=True)
    created_at = models.DateTimeField(default=now)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["template", "number"], name="templateversion_number"),)
