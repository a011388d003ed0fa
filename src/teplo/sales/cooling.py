"""Hot tasks do not wait for ever: who has gone cold, or was not answered for a month, is no longer “answer at once”.

Why it was closed is kept with the task and with the hand-off, and stands in the person's story.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from teplo.kit.clock import now
from teplo.sales.models import HandOff, HandOffState, Task, TaskState

COOLED, UNANSWERED = "cooled", "unanswered"
REASONS = {
    COOLED: _("Cooled down before anybody answered"),
    UNANSWERED: _("Nobody answered for a month"),
}
LONG_PAST = timedelta(days=30)
HOT = "answer-hot"
COLD = Q(person__score__temperature="cold") | Q(person__score__isnull=True)
"""Who is cold now; scoring is a sibling, so it is asked by its column."""
_BATCH = 500


def close_cold() -> int:
    """Close the hot tasks and hand-offs whose reason is gone; answers how many. A batch at a time, the oldest first."""
    at = now()
    with transaction.atomic():
        return _close(_cooled(at), COOLED, at) + _close(_forgotten(at), UNANSWERED, at) + _expire_bare(at)


def _open_and_late(at: datetime) -> QuerySet[Task]:
    return Task.objects.filter(state=TaskState.OPEN, kind=HOT, due_at__lt=at)


def _cooled(at: datetime) -> QuerySet[Task]:
    """Of those whom warmth itself handed over: who was handed over by a colleague may have been cold from the start."""
    by_warmth = HandOff.objects.filter(person_id=OuterRef("person_id"), task_id=OuterRef("id"), cause="hot")
    return _open_and_late(at).filter(COLD).filter(Exists(by_warmth))


def _forgotten(at: datetime) -> QuerySet[Task]:
    return _open_and_late(at - LONG_PAST)


def _close(tasks: QuerySet[Task], reason: str, at: datetime) -> int:
    rows = list(tasks.order_by("due_at", "person_id", "id").values_list("person_id", "id")[:_BATCH])
    if not rows:
        return 0
    people, ids = sorted({person for person, _task in rows}), [task for _person, task in rows]
    Task.objects.filter(person_id__in=people, id__in=ids, state=TaskState.OPEN).update(
        state=TaskState.CANCELLED, outcome=reason, done_at=at
    )
    waiting = HandOff.objects.filter(person_id__in=people, task_id__in=ids, state=HandOffState.OFFERED)
    waiting.update(state=HandOffState.EXPIRED, return_reason=reason)
    return len(rows)


def _expire_bare(at: datetime) -> int:
    """Hand-offs whose task was taken off the list: nothing else would end them."""
    late = HandOff.objects.filter(state=HandOffState.OFFERED, answer_until__lt=at)
    has_task = Exists(
        Task.objects.filter(person_id=OuterRef("person_id"), id=OuterRef("task_id"), state=TaskState.OPEN)
    )
    bare = late.filter(~has_task)
    changed = 0
    for rows, reason in (
        (bare.filter(COLD, cause="hot"), COOLED),
        (bare.filter(answer_until__lt=at - LONG_PAST), UNANSWERED),
    ):
        keys = list(rows.order_by("answer_until").values_list("person_id", "id")[:_BATCH])
        people, ids = sorted({person for person, _row in keys}), [row for _person, row in keys]
        found = HandOff.objects.filter(person_id__in=people, id__in=ids, state=HandOffState.OFFERED)
        changed += found.update(state=HandOffState.EXPIRED, return_reason=reason) if keys else 0
    return changed
