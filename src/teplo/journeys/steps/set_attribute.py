"""An attribute of the person is set (R28: what one journey learnt, another asks)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from teplo.journeys.steps.kind import Group, Outcome, SettingWrong, StepKind
from teplo.people.attributes import (
    TEXT_COLUMNS,
    AttributeUnreadable,
    Change,
    definitions,
    read_value,
    set_attributes,
)
from teplo.people.changing import note_changed


@dataclass(frozen=True)
class AttributeSettings:
    attribute: str
    value: Any


class SetAttribute(StepKind[AttributeSettings]):
    key = "set-attribute"
    changes_people = True

    def read(self, raw: Mapping[str, Any]) -> AttributeSettings:
        attribute = raw.get("attribute")
        if not attribute or not isinstance(attribute, str):
            raise SettingWrong("attribute", "missing")
        if "value" not in raw:
            raise SettingWrong("value", "missing")
        return AttributeSettings(attribute, raw["value"])

    def check(self, settings: AttributeSettings) -> None:
        known = definitions()
        if settings.attribute not in known and settings.attribute not in TEXT_COLUMNS:
            raise SettingWrong("attribute", "no-such-attribute")
        if settings.attribute in known:
            try:
                read_value(known[settings.attribute], settings.value)
            except AttributeUnreadable as error:
                raise SettingWrong("value", "value-wrong", error=str(error)) from error

    def act(self, group: Group[AttributeSettings]) -> Outcome:
        settings = group.settings
        by = f"journey:{group.journey_id}"
        rows = {w.row_id: (by, Change(w.person_id, settings.attribute, settings.value)) for w in group.walkers}
        return Outcome(write=_write_values, rows=rows)

    def say(self, settings: AttributeSettings) -> str:
        return _("Note: %(attribute)s = %(value)s") % {"attribute": settings.attribute, "value": settings.value}


def _write_values(rows: Sequence[tuple[str, Change]], at: datetime) -> None:
    """One call per journey, not per person."""
    changes: defaultdict[str, list[Change]] = defaultdict(list)
    for by, change in rows:
        changes[by].append(change)
    for by, of_journey in changes.items():
        written = set_attributes(of_journey, by=by, at=at)
        if written.refused:
            raise written.refused[0].error
        note_changed(written.people, "attribute", at=at)
