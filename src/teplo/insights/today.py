"""What needs somebody now: a constant number of questions, whatever the number of people (issue §7)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.core.cache import cache
from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.db.models.functions import TruncDate
from django.utils import timezone

from teplo.channels.models import Delivery, DeliveryState, Sender
from teplo.insights import figures
from teplo.insights.figures import Warmth
from teplo.jobs.models import Job, JobState
from teplo.journeys.models import Enrolment, EnrolmentState, Journey, JourneyState
from teplo.kit.clock import now
from teplo.people.models import Person
from teplo.sales.models import HandOff, HandOffState, Task, TaskState
from teplo.scoring.models import Score, Temperature
from teplo.tracking.models import DeadLetter, InboxRow

SHOWN = 7
TREND_DAYS = 30
COUNTED_ANEW = 50_000
LATE_AFTER = timedelta(minutes=30)


@dataclass(frozen=True)
class Trouble:
    """Something that does not go by itself any more."""

    kind: str
    count: int
    subject: str = ""
    key: int | None = None


@dataclass(frozen=True)
class Pressing:
    """What cannot wait, in numbers: people waiting for an answer, those past their time, all hot people, those of
    nobody who wait for no answer either, tasks overdue."""

    waiting: int
    late: int
    hot: int
    unowned: int
    overdue: int


def pressing(*, user_id: int | None, task_user_id: int | None) -> Pressing:
    """Of one seller and of nobody (None: of everybody); overdue tasks of one colleague (None: of everybody)."""
    at = now()
    offered = HandOff.objects.filter(state=HandOffState.OFFERED)
    hot = figures.known_scores(Temperature.HOT)
    late = Task.objects.filter(state=TaskState.OPEN, due_at__lt=at).exclude(kind="answer-hot")
    if user_id is not None:
        offered = offered.filter(Q(assignee_id=user_id) | Q(assignee_id=None))
        hot = hot.filter(Q(person__owner_id=user_id) | Q(person__owner_id=None))
    if task_user_id is not None:
        late = late.filter(assignee_id=task_user_id)
    waits = offered.aggregate(all=Count("id"), late=Count("id", filter=Q(answer_until__lt=at)))
    waits_for_answer = Exists(HandOff.objects.filter(person_id=OuterRef("person_id"), state=HandOffState.OFFERED))
    unowned = hot.filter(~waits_for_answer, person__owner_id=None).count()
    return Pressing(waits["all"], waits["late"], hot.count(), unowned, late.count())


def hand_offs(*, user_id: int | None) -> tuple[list[HandOff], int]:
    """People who wait for an answer, the most urgent first, and how many there are; of one seller and of nobody."""
    waiting = HandOff.objects.filter(state=HandOffState.OFFERED)
    if user_id is not None:
        waiting = waiting.filter(Q(assignee_id=user_id) | Q(assignee_id=None))
    rows = list(_with_person(waiting).order_by("answer_until")[: SHOWN + 1])
    return rows[:SHOWN], len(rows) if len(rows) <= SHOWN else waiting.count()


def tasks_due(*, user_id: int) -> tuple[list[Task], int]:
    """One's own open tasks up to the end of today."""
    tomorrow = timezone.localtime(now()).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    due = Task.objects.filter(state=TaskState.OPEN, assignee_id=user_id, due_at__lt=tomorrow).exclude(kind="answer-hot")
    rows = list(_with_person(due).order_by("due_at")[: SHOWN + 1])
    return rows[:SHOWN], len(rows) if len(rows) <= SHOWN else due.count()


def _with_person(rows: QuerySet[Any]) -> QuerySet[Any]:
    return rows.select_related("person", "person__score", "person__company")


def warmest(*, user_id: int | None) -> list[Score]:
    """The warmest people nobody has in hand yet; for a seller those of his own and of nobody."""
    in_hand = HandOff.objects.filter(
        person_id=OuterRef("person_id"), state__in=(HandOffState.OFFERED, HandOffState.ACCEPTED)
    )
    warm = (Temperature.HOT, Temperature.WARM)
    scores = figures.known_scores(*warm).filter(~Exists(in_hand))
    if user_id is not None:
        scores = scores.filter(Q(person__owner_id=user_id) | Q(person__owner_id=None))
    return list(scores.select_related("person", "person__company").order_by("-total", "person_id")[:SHOWN])


def warmth() -> Warmth:
    """Counted anew each time while there are few people; a large company's numbers may be a minute old."""
    kept: Warmth | None = cache.get("today-warmth")
    if kept is None:
        kept = figures.warmth()
        if kept.people > COUNTED_ANEW:
            cache.set("today-warmth", kept, 60)
    return kept


def newcomers() -> list[tuple[date, int]]:
    """New known people per day of the reader's zone, today last, days without anybody too."""
    today = timezone.localtime(now()).date()
    zone = timezone.get_current_timezone_name()
    kept: list[tuple[date, int]] | None = cache.get(f"today-newcomers-{zone}-{today}")
    if kept is None:
        kept = _counted_newcomers(today)
        if sum(count for _day, count in kept) > COUNTED_ANEW:
            cache.set(f"today-newcomers-{zone}-{today}", kept, 60)
    return kept


def _counted_newcomers(today: date) -> list[tuple[date, int]]:
    first = today - timedelta(days=TREND_DAYS - 1)
    start = timezone.make_aware(datetime.combine(first, datetime.min.time()))
    counted = dict(
        Person.objects.filter(figures.known(), created_at__gte=start)
        .annotate(day=TruncDate("created_at"))
        .values_list("day")
        .annotate(people=Count("id"))
    )
    return [(first + timedelta(days=i), counted.get(first + timedelta(days=i), 0)) for i in range(TREND_DAYS)]


def running() -> list[Job]:
    """Long work in the queue or under way."""
    return list(Job.objects.filter(state__in=(JobState.QUEUED, JobState.RUNNING)).order_by("id")[:SHOWN])


def troubles() -> list[Trouble]:
    """What stopped going by itself; each with a count."""
    at = now()
    found = [
        Trouble("uncertain", Delivery.objects.filter(state=DeliveryState.UNCERTAIN).count()),
        Trouble("dead-letters", DeadLetter.objects.count()),
        Trouble("jobs", Job.objects.filter(state=JobState.FAILED, finished_at__gt=at - timedelta(days=1)).count()),
        Trouble("inbox", _inbox_waits(at)),
    ]
    stopped = Journey.objects.filter(state=JourneyState.PAUSED).exclude(trouble={})[:SHOWN]
    found += [Trouble("paused", 1, journey.name, journey.pk) for journey in stopped]
    found += [Trouble("sender", 1, sender.name, sender.pk) for sender in _ill_senders()]
    found += [Trouble("journey", count, name, key) for key, name, count in late_journeys(at)]
    return [trouble for trouble in found if trouble.count]


def _inbox_waits(at: datetime) -> int:
    """Minutes the oldest acknowledged events have been waiting, when it is more than five."""
    oldest = InboxRow.objects.order_by("id").values_list("received_at", flat=True).first()
    minutes = int((at - oldest).total_seconds() // 60) if oldest else 0
    return minutes if minutes >= 5 else 0


def _ill_senders() -> QuerySet[Sender]:
    return Sender.objects.filter(is_active=True).exclude(health="")[:SHOWN]


def late_journeys(at: datetime) -> list[tuple[int, str, int]]:
    """Live journeys whose people should have gone on a while ago."""
    late = (
        Enrolment.objects.filter(state=EnrolmentState.ACTIVE, due_at__lt=at - LATE_AFTER)
        .values("journey_id")
        .annotate(people=Count("id"))
    )
    counts = {row["journey_id"]: row["people"] for row in late}
    live = Journey.objects.filter(pk__in=counts, state=JourneyState.LIVE)
    return [(journey.pk, journey.name, counts[journey.pk]) for journey in live.order_by("name")[:SHOWN]]
