"""The engine: due enrolments are claimed, walked in groups, and their progress and effects written together.

A claim is a lease; a worker that dies leaves rows that somebody else takes when the lease is over, and since progress
and effects were not committed, nothing was done. The guard on the pass number (`queries.write_progress`) and the
unique (enrolment, step, pass) of deliveries, tasks and passes make a repeat impossible.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import uuid4

import structlog
from django.db import InterfaceError, OperationalError, transaction
from django.db.models import Q

from teplo.conditions.reading import ConditionError
from teplo.journeys.graph import GraphBroken, Plan, plan_of
from teplo.journeys.models import Enrolment, EnrolmentState, Journey, JourneyState, JourneyVersion, StepPass
from teplo.journeys.queries import Progress, write_progress
from teplo.journeys.running import pause_itself
from teplo.journeys.steps.kind import Walker
from teplo.journeys.walking import Pass, Walk, walk
from teplo.kit import bulk
from teplo.kit.claim import claim, release
from teplo.kit.clock import now
from teplo.kit.ids import new_ids

LEASE = timedelta(minutes=5)
ERROR = "error"

log = structlog.get_logger(__name__)

_PASS_COLUMNS = ("person_id", "id", "enrolment_id", "version_id", "step", "pass_number", "at", "exit", "note")


def tick(*, owner: str, limit: int = 2000) -> int:
    """Take due enrolments of live journeys a step or more further; answers how many were taken up.

    A person or step that fails is isolated by halving; his enrolment stops with the reason. Errors of the database
    itself are raised: the rows stay due and their lease runs out.
    """
    at = now()
    lease_owner = f"{owner[:28]}:{uuid4().hex[:11]}"  # of this tick alone, so that an earlier lease of ours is not ours
    claimed = _claim_due(lease_owner, at, limit)
    by_version: defaultdict[int, list[Enrolment]] = defaultdict(list)
    for enrolment in claimed:
        by_version[enrolment.version_id].append(enrolment)
    for version_id, enrolments in sorted(by_version.items()):
        _step_version(version_id, enrolments, lease_owner, at)
    return len(claimed)


def _claim_due(lease_owner: str, at: datetime, limit: int) -> list[Enrolment]:
    live = list(Journey.objects.filter(state=JourneyState.LIVE).values_list("pk", flat=True))
    if not live:
        return []
    return claim(
        Enrolment,
        ready=Q(state=EnrolmentState.ACTIVE, due_at__lte=at, journey_id__in=live),
        order_by="due_at",
        limit=limit,
        owner=lease_owner,
        lease=LEASE,
        now=at,
    )


def _step_version(version_id: int, enrolments: list[Enrolment], lease_owner: str, at: datetime) -> None:
    try:
        plan = plan_of(version_id)
    except (GraphBroken, JourneyVersion.DoesNotExist) as broken:
        pause_itself(journey_id=enrolments[0].journey_id, step=enrolments[0].step, error=type(broken).__name__)
        _give_back(enrolments, lease_owner)
        return
    enrolments.sort(key=lambda enrolment: (enrolment.person_id, enrolment.id))
    try:
        failed = _step_or_halve(plan, enrolments, lease_owner, at)
    except ConditionError as error:  # the question is wrong, not the people
        pause_itself(journey_id=plan.journey_id, step=enrolments[0].step, error=str(error))
        _give_back(enrolments, lease_owner)
        return
    if len(failed) > 1 and len(failed) == len(enrolments):
        worst = enrolments[0]
        pause_itself(journey_id=worst.journey_id, step=worst.step, error=failed[worst.id])


def _step_or_halve(plan: Plan, enrolments: list[Enrolment], lease_owner: str, at: datetime) -> dict[int, str]:
    """Step the group; when it fails, its halves. Answers the errors of those who failed alone."""
    try:
        _step_group(plan, enrolments, lease_owner, at)
    except (OperationalError, InterfaceError, ConditionError):
        raise
    except Exception as error:  # whatever a step or a person's data can do must not stop the others
        if len(enrolments) > 1:
            middle = len(enrolments) // 2
            first = _step_or_halve(plan, enrolments[:middle], lease_owner, at)
            return first | _step_or_halve(plan, enrolments[middle:], lease_owner, at)
        return {enrolments[0].id: _stop_with_error(plan, enrolments[0], error, lease_owner, at)}
    return {}


def _step_group(plan: Plan, enrolments: Sequence[Enrolment], lease_owner: str, at: datetime) -> None:
    """One walk, one transaction: first the guarded progress, then the effects of those it still held for."""
    with transaction.atomic():
        walkers = [_as_walker(enrolment) for enrolment in enrolments]
        result = walk(plan=plan, walkers=walkers, at=at)
        before = {enrolment.id: enrolment.pass_number for enrolment in enrolments}
        rows = [_as_progress(plan, walker, before[walker.row_id], at) for walker in result.walkers]
        held = write_progress(rows, lease_owner=lease_owner)
        _write_effects(result, held, at)
        _write_passes(plan, [done for done in result.passes if done.row_id in held], at)


def _write_effects(result: Walk, held: set[int], at: datetime) -> None:
    for write, effects in result.effects.items():
        rows = [effect.row for effect in effects if effect.row_id in held]
        if rows:
            write(rows, at)


def _write_passes(plan: Plan, passes: Sequence[Pass], at: datetime) -> None:
    rows = [
        (done.person_id, pass_id, done.row_id, plan.version_id, done.step, done.pass_number, at, done.exit, done.note)
        for done, pass_id in zip(passes, new_ids(len(passes)) if passes else [], strict=True)
    ]
    bulk.insert(StepPass, _PASS_COLUMNS, sorted(rows, key=lambda row: (row[0], row[1])))


def _as_walker(enrolment: Enrolment) -> Walker:
    return Walker(
        person_id=enrolment.person_id,
        row_id=enrolment.id,
        step=enrolment.step,
        pass_number=enrolment.pass_number,
        step_since=enrolment.step_since,
        due_at=enrolment.due_at,
        waiting_for=enrolment.waiting_for,
    )


def _as_progress(plan: Plan, walker: Walker, pass_before: int, at: datetime) -> Progress:
    return Progress(
        person_id=walker.person_id,
        id=walker.row_id,
        pass_before=pass_before,
        version_id=plan.version_id,
        state=str(walker.state),
        step=walker.step,
        pass_number=walker.pass_number,
        due_at=walker.due_at,
        waiting_for=walker.waiting_for,
        step_since=walker.step_since,
        ended_at=None if walker.state == EnrolmentState.ACTIVE else at,
        end_reason=walker.end_reason,
    )


def _stop_with_error(plan: Plan, enrolment: Enrolment, error: Exception, lease_owner: str, at: datetime) -> str:
    """Stop one enrolment visibly. The error's kind is kept, not its text: that may hold the person's data."""
    place = _place_of(error)
    log.error("journey_step_failed", journey=plan.journey_id, step=enrolment.step, error=place)
    walker = _as_walker(enrolment)
    walker.state, walker.end_reason, walker.due_at, walker.waiting_for = EnrolmentState.STOPPED, ERROR, None, None
    with transaction.atomic():
        held = write_progress([_as_progress(plan, walker, enrolment.pass_number, at)], lease_owner=lease_owner)
        done = Pass(walker.person_id, walker.row_id, walker.step, walker.pass_number, ERROR, {"error": place})
        _write_passes(plan, [done] if held else [], at)
    return place


def _place_of(error: BaseException) -> str:
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    where = f" in {trace.tb_frame.f_code.co_name}" if trace else ""
    return f"{type(error).__name__}{where}"


def _give_back(enrolments: Sequence[Enrolment], lease_owner: str) -> None:
    keys = Q(person_id__in=[e.person_id for e in enrolments], id__in=[e.id for e in enrolments])
    release(Enrolment, keys=keys, owner=lease_owner)
