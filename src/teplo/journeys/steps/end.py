"""The journey ends here, with a reason that figures can count."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from teplo.journeys.steps.kind import Group, Outcome, SettingWrong, StepKind


@dataclass(frozen=True)
class EndSettings:
    reason: str


class End(StepKind[EndSettings]):
    key = "end"
    exits = ()

    def read(self, raw: Mapping[str, Any]) -> EndSettings:
        reason = raw.get("reason") or ""
        if not isinstance(reason, str) or len(reason) > 60:
            raise SettingWrong("reason", "too-long-text", limit=60)
        return EndSettings(reason)

    def act(self, group: Group[EndSettings]) -> Outcome:
        return Outcome(default="end", ends_with=group.settings.reason or "end")

    def say(self, settings: EndSettings) -> str:
        return _("End: %(reason)s") % {"reason": settings.reason} if settings.reason else _("End of the journey")
