"""A letter into the outbox; whether and when it goes out is decided there (consent, quiet hours, caps)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _

from teplo.channels.models import Sender
from teplo.channels.outbox import NewDelivery, enqueue
from teplo.content.models import Template
from teplo.journeys.steps.durations import read_duration
from teplo.journeys.steps.kind import Group, Outcome, SettingWrong, StepKind


@dataclass(frozen=True)
class LetterSettings:
    template_id: int
    sender_id: int | None
    expires_after: timedelta


class SendEmail(StepKind[LetterSettings]):
    key = "send-email"

    def read(self, raw: Mapping[str, Any]) -> LetterSettings:
        template_id = read_id(raw, "template")
        if template_id is None:
            raise SettingWrong("template", "missing")
        return LetterSettings(template_id, read_id(raw, "sender"), read_duration(raw, "expires"))

    def check(self, settings: LetterSettings) -> None:
        if not Template.objects.filter(pk=settings.template_id, channel="email", is_archived=False).exists():
            raise SettingWrong("template", "no-such-template")
        if settings.sender_id and not Sender.objects.filter(pk=settings.sender_id, is_active=True).exists():
            raise SettingWrong("sender", "no-such-sender")

    def act(self, group: Group[LetterSettings]) -> Outcome:
        settings = group.settings
        expires_at = group.at + settings.expires_after if settings.expires_after else None
        letters = {
            walker.row_id: NewDelivery(
                person_id=walker.person_id,
                template_id=settings.template_id,
                sender_id=settings.sender_id,
                journey_id=group.journey_id,
                enrolment_id=walker.row_id,
                step=group.step,
                pass_number=walker.pass_number,
                due_at=group.at,
                expires_at=expires_at,
            )
            for walker in group.walkers
        }
        return Outcome(write=put_into_outbox, rows=letters)

    def say(self, settings: LetterSettings) -> str:
        template = Template.objects.filter(pk=settings.template_id).only("name", "ready").first()
        return _("Send the letter “%(name)s”") % {"name": template.name if template else _("(deleted)")}


def put_into_outbox(rows: Sequence[NewDelivery], at: datetime) -> None:
    """One insert for all letters of a walk."""
    enqueue(rows)


def read_id(raw: Mapping[str, Any], name: str) -> int | None:
    """An id as number or digits, None when absent; raises SettingWrong."""
    value = raw.get(name)
    if value in (None, ""):
        return None
    if isinstance(value, bool) or not str(value).isdigit():
        raise SettingWrong(name, "not-an-id")
    return int(value)
