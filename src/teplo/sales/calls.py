"""Calls noted by whoever was on the phone; a talk is a deed of the person and the first contact of their hand-off."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from teplo.kit.clock import now
from teplo.sales.finishing import OutcomeUnknown
from teplo.sales.handing_off import note_first_contact
from teplo.sales.models import Call, CallDirection
from teplo.sales.tasks import OUTCOMES, TALKED
from teplo.tracking.inbox import put_events

DIRECTIONS: Mapping[str, Any] = {CallDirection.OUT: _("We called"), CallDirection.IN: _("They called")}
CALL_OUTCOMES = {key: name for key, name in OUTCOMES.items() if key != "done"}


class CallToCome(Exception):
    """A call that has not taken place yet is a task."""


def log_call(
    *, person_id: int, direction: str, outcome: str, by: int, note: str = "", at: datetime | None = None
) -> Call:
    """Note a call. Raises OutcomeUnknown, CallToCome."""
    moment = at or now()
    if outcome not in CALL_OUTCOMES or direction not in CallDirection.values:
        raise OutcomeUnknown
    if moment > now():
        raise CallToCome
    with transaction.atomic():
        call = Call.objects.create(
            person_id=person_id, direction=direction, outcome=outcome, note=note, by=f"user:{by}", at=moment
        )
        if outcome in TALKED:
            note_first_contact(person_id=person_id, user_id=by, at=moment)
        _tell_pipeline(call)
    return call


def forget_call(*, person_id: int, call_id: int) -> int:
    """Take a call off the card that was noted by mistake; what it counted for stays counted."""
    return Call.objects.filter(person_id=person_id, id=call_id).delete()[0]


def _tell_pipeline(call: Call) -> None:
    """Of a talk, whoever called; of a call without an answer only where it was ours."""
    was_missed = call.outcome == "no-answer" and call.direction == CallDirection.OUT
    name = "call-answered" if call.outcome in TALKED else "call-missed" if was_missed else ""
    if name:
        event = {
            "id": f"call:{call.id}",
            "name": name,
            "time": call.at.isoformat(),
            "person": str(call.person_id),
            "properties": {"call": str(call.id), "outcome": call.outcome, "direction": call.direction},
        }
        put_events([event], origin="own")
