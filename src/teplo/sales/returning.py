"""Why sales gives a person back, and where he goes then. Stages are a sibling, so the mover is lent by wiring (R37)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from django.utils.translation import gettext_lazy as _

REASONS = {
    "too-early": _("Too early, needs more warmth"),
    "no-answer": _("Cannot be reached"),
    "not-ours": _("Not our client"),
    "wrong-contact": _("Wrong contacts"),
    "has-seller": _("Somebody already works with him"),
    "other": _("Another reason"),
}
PLACES = {"not-ours": "non-target", "no-answer": "cold"}
"""Reason → key of the stage beside the ladder where the person waits; for the others he stays where he stands."""

Mover = Callable[[int, str, str, dict[str, str], datetime], None]


class ReasonUnknown(Exception):
    """There is no such reason for returning a person."""


_movers: list[Mover] = []


def lend_mover(mover: Mover) -> None:
    """`mover(person_id, stage_key, by, why, at)` puts a returned person at a stage; the last lent one counts."""
    _movers.append(mover)


def move_returned(*, person_id: int, reason: str, by: str, at: datetime) -> None:
    """Put a returned person where his reason says, if it says so."""
    place = PLACES.get(reason)
    if place and _movers:
        _movers[-1](person_id, place, by, {"returned": reason}, at)
