"""Points that a colleague gives or takes by hand: with a reason, and with an end (§6).

An adjustment counts as a criterion of whatever table is asked, on the side of behaviour: it says how warm a person is
at present ("said on the phone that they decide on Friday") and ends like any deed of his; who he is does not end.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from teplo.kit.clock import now
from teplo.people.changing import note_changed
from teplo.people.models import Person
from teplo.scoring.models import Adjustment, Side
from teplo.scoring.queries import differing_people
from teplo.scoring.rules import NoLiveTable, live_rules
from teplo.scoring.statement import Scope, active_at, compile_rules

MOST_POINTS = 100
LONGEST = timedelta(days=366)
CAUSE = "adjustment"
SIDE = Side.BEHAVIOUR
_LOOKED_BACK = timedelta(hours=26)


class AdjustmentRefused(ValueError):
    """These points cannot be given so: `code` says why, `column` where."""

    def __init__(self, code: str, column: str) -> None:
        super().__init__(code)
        self.code, self.column = code, column

    def __str__(self) -> str:
        return {
            "no-points": _("Say how many points, from −%(most)s to %(most)s."),
            "no-reason": _("Say in a few words why, so that colleagues understand it later."),
            "no-end": _("Choose until when it counts: a moment within the coming year."),
            "gone": _("This person is not there any more."),
        }[self.code] % {"most": MOST_POINTS}


def add_adjustment(*, person_id: int, points: int, reason: str, until: datetime, by: int) -> Adjustment:
    """Give (or take) points until a moment; the pipeline scores, moves and wakes as after any change.

    Raises AdjustmentRefused.
    """
    moment, words = now(), reason.strip()
    if not points or abs(points) > MOST_POINTS:
        raise AdjustmentRefused("no-points", "points")
    if not words:
        raise AdjustmentRefused("no-reason", "reason")
    if not moment < until <= moment + LONGEST:
        raise AdjustmentRefused("no-end", "until")
    if not Person.objects.filter(pk=person_id, erased_at=None).exists():
        raise AdjustmentRefused("gone", "person")
    with transaction.atomic():
        row = Adjustment.objects.create(
            person_id=person_id, points=points, reason=words[:300], by=by, at=moment, until=until
        )
        note_changed([person_id], CAUSE, at=moment)
    return row


def withdraw_adjustment(*, person_id: int, adjustment_id: int) -> bool:
    """Let it count no longer, from now on; answers whether it still did."""
    moment = now()
    rows = Adjustment.objects.filter(active_at(moment), person_id=person_id, id=adjustment_id)
    with transaction.atomic():
        is_taken_back = bool(rows.update(withdrawn_at=moment))
        if is_taken_back:
            note_changed([person_id], CAUSE, at=moment)
    return is_taken_back


def adjustments_of(*, person_id: int, at: datetime) -> QuerySet[Adjustment]:
    """What counted for a person at a moment, the oldest first."""
    return Adjustment.objects.filter(active_at(at), person_id=person_id).order_by("at", "id")


def end_adjustments() -> int:
    """Find those whose points have just ended and have them scored anew; answers how many people.

    The nightly look at everybody would find them too, up to a day late. Only those whose stored score is not what the
    table says now are noted, so looking again does nothing.
    """
    moment = now()
    ended = Adjustment.objects.filter(until__gt=moment - _LOOKED_BACK, until__lte=moment, withdrawn_at=None)
    ids = tuple(sorted(set(ended.values_list("person_id", flat=True))))
    if not ids:
        return 0
    try:
        rules = live_rules()
    except NoLiveTable:
        return 0
    people = differing_people(compile_rules(rules=rules, scope=Scope(ids=ids), at=moment))
    note_changed(people, "time", at=moment)
    return len(people)
