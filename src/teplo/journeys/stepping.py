"""The engine: due enrolments are claimed, walked in groups, and their progress and effects written together.

A claim is a lease; a worker that dies leaves rows that somebody else takes when the lease is over, and since progress
and effects were not committed, nothing was done. The guard on the pass number (`queries.write_progress`) and the
unique (enrolment, step, pass) of deliveries, tasks and passes make a repeat impossible.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from uuid import uuid4

import structlog
from django.db import DatabaseError, InterfaceError, OperationalError, transaction
from django.db.models import Q

from teplo.conditions.reading import ConditionError
from teplo.journeys.graph import GraphBroken, Plan, plan_of
from teplo.journeys.models import Enrolment, EnrolmentState, Journey, JourneyState, JourneyVersion, StepPass
from teplo.journeys.queries import Due, Progress, claim_due, write_progress
from teplo.journeys.running import pause_itself
from teplo.journeys.steps.kind import Walker
from teplo.journeys.walking import Pass, Walk, walk
from teplo.kit import bulk
from teplo.kit.claim import release
from teplo.kit.clock import now
from teplo.kit.garbage import rarely_collected
from teplo.kit.ids import new_ids

LEASE = timedelta(minutes=5)
IN_TIME = timedelta(hours=1)  # so late a worker still counts days from the planned moment
ERROR = "error"

log = structlog.get_logger(__name__)

_PASS_COLUMNS = ("person_id", "id", "enrolment_id", "version_id", "step", "pass_number", "at", "exit", "note")


def tick(*, owner: str, limit: int = 2000) -> int:
    """Take due enrolments of live journeys a step or more further; answers how many were taken up.

    A person or step that fails is isolated by halving; his enrolment stops with the reason. Errors of the database
    itself are raised: the rows stay due and their lease runs out.
    """
    with rarely_collected():
        return _tick(owner, limit)


def _tick(owner: str, limit: int) -> int:
    at = now()
    lease_owner = f"{owner[:28]}:{uuid4().hex[:11]}"  # of this tick alone, so that an earlier lease of ours is not ours
    live = list(Journey.objects.filter(state=JourneyState.LIVE).values_list("pk", flat=True))
    claimed = claim_due(journey_ids=live, owner=lease_owner, until=at + LEASE, at=at, limit=limit)
    by_version: defaultdict[int, list[Due]] = defaultdict(list)
    for due in sorted(claimed):
        by_version[due.version_id].append(due)
    try:
        for version_id, group in sorted(by_version.items()):
            _step_version(version_id, group, lease_owner, at)
    except (OperationalError, InterfaceError):
        with suppress(DatabaseError):  # the next tick need not wait for the lease, if the database is back by then
            _give_back(claimed, lease_owner)
        raise
    return len(claimed)


def _step_version(version_id: int, enrolments: list[Due], lease_owner: str, at: datetime) -> None:
    try:
        plan = plan_of(version_id)
    except (GraphBroken, JourneyVersion.DoesNotExist) as broken:
        pause_itself(journey_id=enrolments[0].journey_id, step=enrolments[0].step, error=type(broken).__name__)
        _give_back(enrolments, lease_owner)
        return
    outcome = _Halving(plan, lease_owner, at)
    try:
        outcome.step(enrolments)
    except (StepBroken, ConditionError) as error:  # the step is wrong, not the people: they keep their places
        pause_itself(journey_id=plan.journey_id, step=enrolments[0].step, error=outcome.first_error or str(error))
        _give_back(enrolments, lease_owner)
        return
    for enrolment, place in outcome.failed:
        _stop_with_error(plan, enrolment, place, lease_owner, at)


class StepBroken(Exception):
    """Whoever came to the step failed at it."""


class _Halving:
    """Steps a group; when it fails, its halves, until whoever fails is alone."""

    _ENOUGH = 20

    def __init__(self, plan: Plan, lease_owner: str, at: datetime) -> None:
        self.plan, self.lease_owner, self.at = plan, lease_owner, at
        self.done = 0
        self.failed: list[tuple[Due, str]] = []

    @property
    def first_error(self) -> str:
        return self.failed[0][1] if self.failed else ""

    def step(self, enrolments: Sequence[Due]) -> None:
        """Raises StepBroken when everybody failed, as soon as that is plain."""
        self._halve(enrolments)
        if len(self.failed) > 1 and not self.done:
            raise StepBroken

    def _halve(self, enrolments: Sequence[Due]) -> None:
        try:
            _step_group(self.plan, enrolments, self.lease_owner, self.at)
            self.done += len(enrolments)
        except (OperationalError, InterfaceError, ConditionError):
            raise
        except Exception as error:  # whatever a step or a person's data can do must not stop the others
            if len(enrolments) > 1:
                middle = len(enrolments) // 2
                self._halve(enrolments[:middle])
                self._halve(enrolments[middle:])
                return
            self.failed.append((enrolments[0], _place_of(error)))
            log.error("journey_step_failed", journey=self.plan.journey_id, error=self.failed[-1][1])
            if len(self.failed) >= self._ENOUGH and not self.done:
                raise StepBroken from error


def _step_group(plan: Plan, enrolments: Sequence[Due], lease_owner: str, at: datetime) -> None:
    """One walk, one transaction: first the guarded progress, then the effects of those it still held for."""
    with transaction.atomic():
        walkers = [_as_walker(enrolment, at) for enrolment in enrolments]
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


def _as_walker(enrolment: Due, at: datetime) -> Walker:
    is_in_time = enrolment.due_at is not None and at - enrolment.due_at <= IN_TIME
    return Walker(
        person_id=enrolment.person_id,
        row_id=enrolment.id,
        step=enrolment.step,
        pass_number=enrolment.pass_number,
        step_since=enrolment.step_since,
        due_at=None,
        waiting_for=enrolment.waiting_for,
        planned_at=enrolment.due_at if is_in_time else at,
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


def _stop_with_error(plan: Plan, enrolment: Due, place: str, lease_owner: str, at: datetime) -> None:
    """Stop one enrolment visibly. The error's kind is kept, not its text: that may hold the person's data."""
    walker = _as_walker(enrolment, at)
    walker.state, walker.end_reason, walker.due_at, walker.waiting_for = EnrolmentState.STOPPED, ERROR, None, None
    with transaction.atomic():
        held = write_progress([_as_progress(plan, walker, enrolment.pass_number, at)], lease_owner=lease_owner)
        done = Pass(walker.person_id, walker.row_id, walker.step, walker.pass_number, ERROR, {"error": place})
        _write_passes(plan, [done] if held else [], at)


def _place_of(error: BaseException) -> str:
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    where = f" in {trace.tb_frame.f_code.co_name}" if trace else ""
    return f"{type(error).__name__}{where}"


def _give_back(enrolments: Sequence[Due], lease_owner: str) -> None:
    keys = Q(person_id__in=[e.person_id for e in enrolments], id__in=[e.id for e in enrolments])
    release(Enrolment, keys=keys, owner=lease_owner)
