"""People enter a journey: each once at a time, again only as its re-entry policy allows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q

from teplo.journeys.asking import who_match
from teplo.journeys.graph import Plan, plan_of
from teplo.journeys.models import Enrolment, EnrolmentState, Journey, JourneyState, JourneyVersion
from teplo.journeys.steps.kind import Walker
from teplo.journeys.walking import settle
from teplo.kit import bulk
from teplo.kit.ids import new_ids

REENTRY = ("once", "after-end", "after-days")

_COLUMNS = (
    "person_id",
    "id",
    "journey_id",
    "version_id",
    "state",
    "step",
    "pass_number",
    "due_at",
    "waiting_for",
    "step_since",
    "entered_at",
    "end_reason",
    "lease_owner",
)


class JourneyNotLive(Exception):
    """The journey does not take people: it is not live."""


def enrol_people(*, journey: Journey, person_ids: Sequence[int], at: datetime) -> int:
    """Let people enter the journey's published version; answers how many did.

    Left out are those inside, those whom the re-entry policy keeps out, and those already at the goal or an exit.
    A constant number of statements. Raises JourneyNotLive.
    """
    if journey.state != JourneyState.LIVE:
        raise JourneyNotLive
    version_id = published_version_id(journey.pk)
    if version_id is None:
        raise JourneyNotLive
    plan = plan_of(version_id)
    wanted = _without_those_at_the_end(plan, _allowed(journey, person_ids, at))
    if not wanted or plan.graph.first is None:
        return 0
    rows = [_as_tuple(plan, walker, at) for walker in _place(plan, wanted, at)]
    return bulk.insert(Enrolment, _COLUMNS, rows, ignore_known=True)


def published_version_id(journey_id: int) -> int | None:
    """The version that people enter: the newest published one."""
    published = JourneyVersion.objects.filter(journey_id=journey_id, published_at__isnull=False)
    return published.order_by("-number").values_list("pk", flat=True).first()


def _allowed(journey: Journey, person_ids: Sequence[int], at: datetime) -> list[int]:
    """People whom neither a walk of theirs nor the policy keeps out, sorted."""
    barred = Q(state=EnrolmentState.ACTIVE)
    if journey.reentry == "once":
        barred = Q()
    elif journey.reentry == "after-days":
        barred |= Q(entered_at__gt=at - timedelta(days=journey.reentry_days))
    inside = Enrolment.objects.filter(barred, person_id__in=person_ids, journey_id=journey.pk)
    return sorted(set(person_ids) - set(inside.values_list("person_id", flat=True)))


def _without_those_at_the_end(plan: Plan, person_ids: list[int]) -> list[int]:
    """Whoever is at the goal, or meets an exit, would leave at once: he does not enter."""
    left = person_ids
    for condition in (plan.goal, *plan.exits):
        if left and condition:
            met = who_match(condition, person_ids=left)
            left = [person_id for person_id in left if person_id not in met]
    return left


def _place(plan: Plan, person_ids: list[int], at: datetime) -> list[Walker]:
    walkers = [
        Walker(person_id=person_id, row_id=row_id, step=plan.graph.first or "", pass_number=1, step_since=at, due_at=at)
        for person_id, row_id in zip(person_ids, new_ids(len(person_ids)), strict=True)
    ]
    settle(plan=plan, walkers=walkers, at=at)
    return walkers


def _as_tuple(plan: Plan, walker: Walker, at: datetime) -> tuple[Any, ...]:
    return (
        walker.person_id,
        walker.row_id,
        plan.journey_id,
        plan.version_id,
        EnrolmentState.ACTIVE.value,
        walker.step,
        walker.pass_number,
        walker.due_at,
        walker.waiting_for,
        at,
        at,
        "",
        "",
    )
