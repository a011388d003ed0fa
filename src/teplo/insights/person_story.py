"""A person's story: what he did, what we did and what became of him, out of all tables, newest first.

Each source answers its own newest rows; they are merged here. A page costs one statement per source, whether the
person has ten events or ten thousand. What a row means in words is the screen's business (`web/telling.py`).
"""

from __future__ import annotations

import heapq
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from itertools import islice
from typing import Any

from django.db.models import F, Model, Q, QuerySet, Sum
from django.db.models.functions import Coalesce, TruncDate

from teplo.channels.models import Delivery
from teplo.journeys.models import Enrolment
from teplo.kit.clock import read_moment
from teplo.people.models import AttributeChange, Consent, Merge, Note, TagChange
from teplo.sales.models import Call, Deal, HandOff, Task
from teplo.scoring.models import Adjustment, HandScore, ScoreChange
from teplo.stages.models import StageMove
from teplo.tracking.models import Event, Touch

PAGE = 60
_TOLD_BY_LETTERS = ("letter-sent", "letter-bounced", "letter-failed")
"""Events that repeat what the delivery itself says."""


@dataclass(frozen=True)
class Moment:
    """One row of the story: where it comes from, when it was, and the row."""

    source: str
    at: datetime
    row: Any


@dataclass(frozen=True)
class StoryPage:
    """Newest first; `further` is where the next page begins, empty at the beginning of the story."""

    moments: list[Moment]
    further: str


@dataclass(frozen=True)
class _Source:
    rows: Callable[[int], QuerySet[Any]]
    at: str


def _of(model: type[Model]) -> Callable[[int], QuerySet[Any]]:
    return lambda person_id: model._default_manager.filter(person_id=person_id)


def _events(person_id: int) -> QuerySet[Event]:
    return Event.objects.filter(person_id=person_id).exclude(name__in=_TOLD_BY_LETTERS)


def _letters(person_id: int) -> QuerySet[Delivery]:
    """Those that went out, or did not and why; what only waits stands under "next"."""
    told = Delivery.objects.filter(person_id=person_id).exclude(state="queued", reason="").exclude(state="sending")
    return told.annotate(moment=Coalesce("sent_at", "created_at"))


def _score_changes(person_id: int) -> QuerySet[ScoreChange]:
    """Only those that mean something to a human; the points of a day are summed up beside it."""
    return ScoreChange.objects.filter(person_id=person_id).exclude(temperature=F("temperature_before"))


def _deals(person_id: int) -> QuerySet[Deal]:
    return Deal.objects.filter(person_id=person_id).annotate(moment=Coalesce("closed_at", "opened_at"))


def _tasks(person_id: int) -> QuerySet[Task]:
    return Task.objects.filter(person_id=person_id).annotate(moment=Coalesce("done_at", "created_at"))


def _merges(person_id: int) -> QuerySet[Merge]:
    return Merge.objects.filter(winner_id=person_id).defer("snapshot")


def _ended(person_id: int) -> QuerySet[Enrolment]:
    return Enrolment.objects.filter(person_id=person_id, ended_at__isnull=False).select_related("journey")


def _entered(person_id: int) -> QuerySet[Enrolment]:
    return Enrolment.objects.filter(person_id=person_id).select_related("journey")


def _attribute_changes(person_id: int) -> QuerySet[AttributeChange]:
    """Without what was only said again, so that a word that comes late finds its place."""
    return AttributeChange.objects.filter(person_id=person_id).exclude(old=F("new"))


def _stage_moves(person_id: int) -> QuerySet[StageMove]:
    moves = StageMove.objects.filter(person_id=person_id).exclude(from_stage=F("to_stage"))
    return moves.select_related("from_stage", "to_stage")


def _tags(person_id: int) -> QuerySet[TagChange]:
    return TagChange.objects.filter(person_id=person_id).select_related("tag")


_SOURCES: Mapping[str, _Source] = {
    "note": _Source(_of(Note), "at"),
    "call": _Source(_of(Call), "at"),
    "deal": _Source(_deals, "moment"),
    "handoff": _Source(_of(HandOff), "offered_at"),
    "task": _Source(_tasks, "moment"),
    "stage": _Source(_stage_moves, "at"),
    "score": _Source(_score_changes, "at"),
    "hand": _Source(_of(HandScore), "at"),
    "adjustment": _Source(_of(Adjustment), "at"),
    "left": _Source(_ended, "ended_at"),
    "entered": _Source(_entered, "entered_at"),
    "letter": _Source(_letters, "moment"),
    "consent": _Source(_of(Consent), "at"),
    "attribute": _Source(_attribute_changes, "at"),
    "tag": _Source(_tags, "at"),
    "merge": _Source(_merges, "at"),
    "event": _Source(_events, "at"),
    "touch": _Source(_of(Touch), "at"),
}
"""In the order of telling within one moment, the newest first: what follows stands above what it follows from."""

_RANK = {name: rank for rank, name in enumerate(_SOURCES)}

PARTS: Mapping[str, tuple[str, ...]] = {
    "all": tuple(_SOURCES),
    "deeds": ("event", "touch"),
    "notes": ("note", "call", "task"),
    "letters": ("letter", "entered", "left"),
    "warmth": ("stage", "score", "hand", "adjustment", "handoff", "deal", "task", "call"),
    "card": ("attribute", "tag", "consent", "merge"),
}
"""What one may look at alone."""


def read_story(*, person_id: int, before: str = "", part: str = "all", limit: int = PAGE) -> StoryPage:
    """A page of the story; a place that cannot be read, or a part that is not there, means the newest of all."""
    place = _read_place(before)
    sources = PARTS.get(part, PARTS["all"])
    merged = heapq.merge(*(_moments(name, person_id, place, limit) for name in sources), key=_order)
    moments = list(islice(merged, limit + 1))
    shown = moments[:limit]
    return StoryPage(shown, _place_text(shown[-1]) if len(moments) > limit else "")


def points_by_day(*, person_id: int, since: datetime, until: datetime, zone: tzinfo) -> dict[date, int]:
    """How many points each day brought or took."""
    changes = ScoreChange.objects.filter(person_id=person_id, is_brought=False, at__gte=since, at__lte=until)
    days = changes.annotate(day=TruncDate("at", tzinfo=zone)).values("day").order_by("day")
    return {row["day"]: row["points"] for row in days.annotate(points=Sum(F("total") - F("total_before")))}


def _moments(name: str, person_id: int, place: tuple[datetime, int, int] | None, limit: int) -> Iterable[Moment]:
    source = _SOURCES[name]
    rows = source.rows(person_id)
    if place is not None:
        rows = rows.filter(_before(source.at, _RANK[name], place))
    return [Moment(name, getattr(row, source.at), row) for row in rows.order_by(f"-{source.at}", "-id")[: limit + 1]]


def _before(column: str, rank: int, place: tuple[datetime, int, int]) -> Q:
    at, last_rank, last_id = place
    if rank < last_rank:
        return Q(**{f"{column}__lt": at})
    if rank > last_rank:
        return Q(**{f"{column}__lte": at})
    return Q(**{f"{column}__lte": at}) & (Q(**{f"{column}__lt": at}) | Q(id__lt=last_id))


def _order(moment: Moment) -> tuple[float, int, int]:
    return (-moment.at.timestamp(), _RANK[moment.source], -moment.row.id)


def _place_text(moment: Moment) -> str:
    return json.dumps([moment.at.isoformat(), moment.source, str(moment.row.id)])


def _read_place(text: str) -> tuple[datetime, int, int] | None:
    try:
        at, source, row_id = json.loads(text)
        place = (read_moment(at), _RANK[source], int(row_id))
    except (ValueError, TypeError, KeyError):
        return None
    return place if place[0].tzinfo else None
