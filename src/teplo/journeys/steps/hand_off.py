"""The person is handed to sales, as if he had turned hot (R37)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from teplo.journeys.snapshots import take_snapshots
from teplo.journeys.steps.kind import Group, Outcome, StepKind
from teplo.sales.handing_off import offer


@dataclass(frozen=True)
class HandOffSettings:
    pass


class HandOffStep(StepKind[HandOffSettings]):
    key = "hand-off"

    def read(self, raw: Mapping[str, Any]) -> HandOffSettings:
        return HandOffSettings()

    def act(self, group: Group[HandOffSettings]) -> Outcome:
        return Outcome(write=_offer, rows={walker.row_id: walker.person_id for walker in group.walkers})

    def say(self, settings: HandOffSettings) -> str:
        return _("Hand the person to sales")


def _offer(rows: Sequence[int], at: datetime) -> None:
    offer(person_ids=rows, cause="journey", snapshots=take_snapshots(person_ids=rows), at=at)
