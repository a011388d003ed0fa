"""Versions: a draft is edited, a published one never changes; people inside finish on theirs or are moved (R28)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import uuid4

from django.db import transaction
from django.db.models import Count, Q

from teplo.jobs.running import Work
from teplo.jobs.starting import start_job
from teplo.journeys.checking import check_version
from teplo.journeys.graph import GraphBroken, Plan, plan_of
from teplo.journeys.models import Enrolment, EnrolmentState, Journey, JourneyState, JourneyVersion
from teplo.journeys.queries import Progress, write_progress
from teplo.journeys.stepping import LEASE
from teplo.journeys.steps.kind import Walker
from teplo.journeys.walking import settle
from teplo.kit.claim import claim
from teplo.kit.clock import now
from teplo.people.keeping import begin_keeping
from teplo.people.models import Segment

MOVING = "journeys.moving"
OUT = "-"
_BATCH = 2000


class JourneyStopped(Exception):
    """The journey was stopped for good; make a copy of it instead."""


@dataclass(frozen=True)
class Inside:
    """How many people stand at a step of a version that is not the newest."""

    version_id: int
    number: int
    step: str
    people: int


def draft_of(journey: Journey) -> JourneyVersion:
    """The draft that is edited: the one there is, else a new one that begins as the newest published."""
    with transaction.atomic():
        newest = journey.versions.order_by("-number").first()
        if newest is not None and newest.published_at is None:
            return newest
        values: dict[str, Any] = {} if newest is None else {
            name: getattr(newest, name) for name in ("trigger", "exits", "goal", "steps")
        }  # fmt: skip
        return JourneyVersion.objects.create(journey=journey, number=newest.number + 1 if newest else 1, **values)


def drop_draft(journey: Journey) -> None:
    """Forget the changes since the last published version."""
    if journey.versions.filter(published_at__isnull=False).exists():
        journey.versions.filter(published_at=None).delete()


def publish(*, journey: Journey) -> JourneyVersion:
    """Make the draft the version that people enter, and the journey live if it was a draft.

    Raises GraphBroken with all mistakes, JourneyStopped.
    """
    if journey.state == JourneyState.STOPPED:
        raise JourneyStopped
    draft = draft_of(journey)
    problems = check_version(draft)[1]
    if problems:
        raise GraphBroken(problems)
    at = now()
    with transaction.atomic():
        JourneyVersion.objects.filter(pk=draft.pk, published_at=None).update(published_at=at)
        Journey.objects.filter(pk=journey.pk, state=JourneyState.DRAFT).update(state=JourneyState.LIVE)
        Journey.objects.filter(pk=journey.pk).update(updated_at=at)
        if draft.trigger.get("kind") == "segment":
            begin_keeping(Segment.objects.get(pk=int(draft.trigger["segment"])), by=None, at=at)
    journey.refresh_from_db()
    draft.refresh_from_db()
    return draft


def people_inside(*, journey: Journey, newest: int) -> list[Inside]:
    """People on versions other than `newest`, by version and step; what the publisher is asked about."""
    numbers = dict(journey.versions.values_list("pk", "number"))
    rows = (
        Enrolment.objects.filter(version_id__in=[pk for pk in numbers if pk != newest], state=EnrolmentState.ACTIVE)
        .values_list("version_id", "step")
        .annotate(people=Count("id"))
        .order_by("version_id", "step")
    )
    return [Inside(version, numbers[version], step, people) for version, step, people in rows]


def move_everybody(*, journey: Journey, to_version: JourneyVersion, places: Mapping[str, str], by: int | None) -> None:
    """Take people of older versions over to `to_version`, in the background.

    Who stands at a step that is there in the new version stays at it; `places` says for the vanished steps where their
    people go on (a step's key, or OUT: their walk ends).
    """
    args = {"journey": journey.pk, "version": to_version.pk, "places": dict(places)}
    start_job(kind=MOVING, args=args, subject=f"journey:{journey.pk}", by=by)


def run_moving(work: Work) -> None:
    """The job: batches are claimed like steps are, so that no tick holds the same people."""
    done = work.done
    while moved := move_batch(work.args["journey"], work.args["version"], work.args["places"]):
        done += moved
        work.advance(done=done)


def move_batch(journey_id: int, version_id: int, places: Mapping[str, str]) -> int:
    """Move some people of older versions; answers how many were taken up."""
    plan, at, token = plan_of(version_id), now(), f"moving:{uuid4().hex}"
    claimed = claim(
        Enrolment,
        ready=Q(journey_id=journey_id, state=EnrolmentState.ACTIVE) & ~Q(version_id=version_id),
        order_by="person_id",
        limit=_BATCH,
        owner=token[:40],
        lease=LEASE,
        now=at,
    )
    with transaction.atomic():
        rows = _placed(plan, claimed, places, at)
        write_progress(rows, lease_owner=token[:40])
    return len(claimed)


def _placed(plan: Plan, enrolments: list[Enrolment], places: Mapping[str, str], at: datetime) -> list[Progress]:
    walkers, newcomers = [], []
    for enrolment in enrolments:
        target = enrolment.step if _is_same(enrolment, plan) else places.get(enrolment.step, enrolment.step)
        walker = Walker(
            person_id=enrolment.person_id, row_id=enrolment.id, step=target, pass_number=enrolment.pass_number,
            step_since=enrolment.step_since, due_at=enrolment.due_at, waiting_for=enrolment.waiting_for,
        )  # fmt: skip
        if target not in plan.graph.steps:
            walker.state, walker.end_reason, walker.due_at, walker.waiting_for = "exited", "step-gone", None, None
        elif not _is_same(enrolment, plan):
            walker.pass_number, walker.step_since = enrolment.pass_number + 1, at
            newcomers.append(walker)
        walkers.append(walker)
    settle(plan=plan, walkers=newcomers, at=at)
    before = {enrolment.id: enrolment.pass_number for enrolment in enrolments}
    return [
        Progress(
            walker.person_id, walker.row_id, before[walker.row_id], plan.version_id, str(walker.state), walker.step,
            walker.pass_number, walker.due_at, walker.waiting_for, walker.step_since,
            None if walker.state == "active" else at, walker.end_reason,
        )
        for walker in walkers
    ]  # fmt: skip


def _is_same(enrolment: Enrolment, plan: Plan) -> bool:
    """Whether the step he stands at waits for the same in the new version, so that he may go on waiting."""
    new = plan.graph.steps.get(enrolment.step)
    old = plan_of(enrolment.version_id).graph.steps.get(enrolment.step)
    return new is not None and old is not None and new.kind.key == old.kind.key and new.settings == old.settings
