"""Notes that a person changed outside the pipeline; the pipeline takes them, rescores, moves and wakes."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from teplo.kit import bulk
from teplo.kit.clock import now
from teplo.kit.ids import new_ids
from teplo.people.models import ChangeNote


def note_changed(person_ids: Iterable[int], cause: str, *, at: datetime | None = None) -> None:
    """One note per person; `cause` is attribute, company, consent, import, merge, stage, tag or hand."""
    people = sorted(set(person_ids))
    if not people:
        return
    moment = at or now()
    rows = [
        (person_id, note_id, cause, moment, "") for person_id, note_id in zip(people, new_ids(len(people)), strict=True)
    ]
    bulk.insert(ChangeNote, ("person_id", "id", "cause", "at", "lease_owner"), rows)
