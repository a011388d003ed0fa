"""Mistakes in a journey told to its author: at which step, in which setting, what to do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

TEXTS = {
    "missing": _("This is needed."),
    "not-a-duration": _("A length of time is expected, such as 2 days."),
    "too-long": _("That is too long; at most ten years."),
    "too-long-text": _("The text is too long (at most %(limit)s characters)."),
    "not-text": _("A text is expected."),
    "not-a-time": _("A time of day is expected, such as 10:00."),
    "not-weekdays": _("Weekdays are expected."),
    "not-a-condition": _("A condition is expected."),
    "not-a-number": _("A number from 1 to 20 is expected."),
    "not-an-id": _("This cannot be understood."),
    "unknown-reaction": _("Sent, opened or clicked is expected."),
    "unknown-task-kind": _("There is no such kind of task."),
    "unknown-rule": _("There is no such rule for choosing who does it."),
    "unknown-kind": _("There is no such kind of step: %(kind)s."),
    "bad-key": _("A step needs a short name of its own."),
    "double-key": _("Another step has the same name."),
    "leads-nowhere": _("It leads to a step that does not exist: %(target)s."),
    "unreachable": _("Nobody can come to this step."),
    "circle-without-wait": _("This circle would never rest: put a wait into it."),
    "no-steps": _("The journey has no steps yet."),
    "no-such-template": _("This template does not exist any more."),
    "no-such-sender": _("This sender does not exist any more."),
    "no-such-activity": _("There is no such activity."),
    "no-such-stage": _("There is no such stage."),
    "no-such-attribute": _("There is no such attribute."),
    "no-such-segment": _("There is no such segment."),
    "no-such-user": _("This colleague does not work here any more."),
    "not-a-letter": _("This step is not a letter of this journey."),
    "condition-wrong": _("The condition cannot be asked: %(error)s"),
    "value-wrong": _("The value does not fit: %(error)s"),
    "no-trigger": _("Say what starts the journey."),
    "bad-reentry": _("Say whether people may enter again."),
}


@dataclass(frozen=True)
class Problem:
    """A mistake: at which step (empty: of the whole), in which setting, what, with which details."""

    step: str
    setting: str
    code: str
    params: Mapping[str, Any]

    def __str__(self) -> str:
        return str(TEXTS.get(self.code, self.code)) % self.params
