"""A tag is put on the person or taken off (R28: what one journey notes, another asks)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from teplo.journeys.steps.kind import Group, Outcome, SettingWrong, StepKind
from teplo.people.changing import note_changed
from teplo.people.tagging import add_tags, remove_tags, tag_name


@dataclass(frozen=True)
class TagSettings:
    tag: str


class _TagStep(StepKind[TagSettings]):
    """What putting on and taking off share."""

    changes_people = True
    write: Callable[[Sequence[Any], datetime], None]

    def read(self, raw: Mapping[str, Any]) -> TagSettings:
        tag = raw.get("tag")
        if not isinstance(tag, str) or not tag_name(tag):
            raise SettingWrong("tag", "missing")
        return TagSettings(tag_name(tag))

    def act(self, group: Group[TagSettings]) -> Outcome:
        by = f"journey:{group.journey_id}"
        rows = {walker.row_id: (by, walker.person_id, group.settings.tag) for walker in group.walkers}
        return Outcome(write=type(self).write, rows=rows)


def _add(rows: Sequence[tuple[str, int, str]], at: datetime) -> None:
    _write(add_tags, rows, at)


def _remove(rows: Sequence[tuple[str, int, str]], at: datetime) -> None:
    _write(remove_tags, rows, at)


def _write(change: Callable[..., list[int]], rows: Sequence[tuple[str, int, str]], at: datetime) -> None:
    """One call per journey, not per person."""
    wanted: defaultdict[str, list[tuple[int, str]]] = defaultdict(list)
    for by, person_id, tag in rows:
        wanted[by].append((person_id, tag))
    for by, of_journey in wanted.items():
        note_changed(change(of_journey, by=by, at=at), "tag", at=at)


class AddTag(_TagStep):
    key = "add-tag"
    write = staticmethod(_add)

    def say(self, settings: TagSettings) -> str:
        return _("Put on the tag “%(tag)s”") % {"tag": settings.tag}


class RemoveTag(_TagStep):
    key = "remove-tag"
    write = staticmethod(_remove)

    def say(self, settings: TagSettings) -> str:
        return _("Take off the tag “%(tag)s”") % {"tag": settings.tag}
