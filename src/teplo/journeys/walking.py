"""The walk of a group through its journey, as a plan in memory: who goes where, and what shall be written for whom.

Nothing is written here; `stepping` writes a walk in one transaction, `simulating` only looks at it. So the simulation
cannot disagree with the engine.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from teplo.journeys.asking import who_match
from teplo.journeys.graph import Plan, Step
from teplo.journeys.models import EnrolmentState
from teplo.journeys.steps.kind import Group, Outcome, Walker, Write

ROUNDS = 100


class Pass(NamedTuple):
    """One step done by one walker, and the way it led."""

    person_id: int
    row_id: int
    step: str
    pass_number: int
    exit: str
    note: Mapping[str, Any]


class Effect(NamedTuple):
    """A row to be written for one enrolment."""

    row_id: int
    row: Any


@dataclass
class Walk:
    """What came of walking a group: the walkers as they stand now, their passes, and effects by who writes them."""

    walkers: list[Walker]
    passes: list[Pass] = field(default_factory=list)
    effects: dict[Write, list[Effect]] = field(default_factory=dict)


def walk(*, plan: Plan, walkers: Sequence[Walker], at: datetime, response: float | None = None) -> Walk:
    """Let walkers act at their steps and go on until each rests or has ended.

    Whoever meets an exit or the goal leaves before his step acts. A step that asks about people stops those about whom
    something will change in this very walk: they go on with the next one, when that is written. `response` is given in
    a simulation: the share of people believed to react.
    """
    result = Walk(list(walkers))
    moving = _leave(plan, walkers, at)
    for _ in range(ROUNDS):
        if not moving:
            break
        arrived: list[Walker] = []
        for step, group in _by_step(plan, moving):
            ready = _hold_back(step, group, at)
            if ready:
                arrived += _act(plan, step, ready, at, result, response)
        moving = settle(plan=plan, walkers=arrived, at=at, response=response)
    for walker in moving:
        walker.due_at = walker.planned_at or at
    return result


def settle(*, plan: Plan, walkers: Iterable[Walker], at: datetime, response: float | None = None) -> list[Walker]:
    """Let walkers that came to a step rest there when it waits; answers those who act at once."""
    at_once: list[Walker] = []
    for step, group in _by_step(plan, walkers):
        rests = step.kind.arrive(_group(plan, step, group, at, response))
        for walker in group:
            rest = rests.get(walker.row_id)
            walker.due_at, walker.waiting_for = (rest.due_at, rest.waiting_for) if rest else (at, None)
            if rest is None:
                at_once.append(walker)
    return at_once


def _leave(plan: Plan, walkers: Sequence[Walker], at: datetime) -> list[Walker]:
    """Those who go on: neither the goal is reached nor an exit met."""
    ways = [(EnrolmentState.GOAL, "goal", plan.goal)] if plan.goal else []
    ways += [(EnrolmentState.EXITED, f"exit:{number}", condition) for number, condition in enumerate(plan.exits)]
    left = list(walkers)
    for state, reason, condition in ways:
        if left and condition:
            met = who_match(condition, person_ids=[walker.person_id for walker in left])
            for walker in left:
                if walker.person_id in met:
                    walker.state, walker.end_reason, walker.due_at, walker.waiting_for = state, reason, None, None
            left = [walker for walker in left if walker.person_id not in met]
    return left


def _by_step(plan: Plan, walkers: Iterable[Walker]) -> list[tuple[Step, list[Walker]]]:
    groups: defaultdict[str, list[Walker]] = defaultdict(list)
    for walker in walkers:
        groups[walker.step].append(walker)
    return [(plan.graph.steps[key], group) for key, group in groups.items()]


def _hold_back(step: Step, group: list[Walker], at: datetime) -> list[Walker]:
    if not step.kind.reads_people:
        return group
    for walker in group:
        if walker.is_changed:
            walker.due_at = walker.planned_at or at
    return [walker for walker in group if not walker.is_changed]


def _act(
    plan: Plan, step: Step, group: list[Walker], at: datetime, result: Walk, response: float | None
) -> list[Walker]:
    """Run the step for the group; answers those who went on to another step."""
    outcome = step.kind.act(_group(plan, step, group, at, response))
    if outcome.write is not None:
        effects = result.effects.setdefault(outcome.write, [])
        effects += [Effect(row_id, row) for row_id, row in outcome.rows.items()]
    gone_on = []
    for walker in group:
        way = outcome.exits.get(walker.row_id, outcome.default)
        note = outcome.notes.get(walker.row_id, {})
        result.passes.append(Pass(walker.person_id, walker.row_id, step.key, walker.pass_number, way, note))
        walker.is_changed = walker.is_changed or step.kind.changes_people
        walker.pass_number += 1
        if _go_on(walker, step, way, outcome, at):
            gone_on.append(walker)
    return gone_on


def _go_on(walker: Walker, step: Step, way: str, outcome: Outcome, at: datetime) -> bool:
    target = None if outcome.ends_with else step.ways.get(way)
    if target is None:
        walker.state, walker.end_reason = EnrolmentState.DONE, outcome.ends_with or "end"
        walker.due_at = walker.waiting_for = None
        return False
    walker.step, walker.step_since = target, at
    return True


def _group(plan: Plan, step: Step, walkers: Sequence[Walker], at: datetime, response: float | None) -> Group[Any]:
    return Group(
        journey_id=plan.journey_id,
        version_id=plan.version_id,
        step=step.key,
        settings=step.settings,
        walkers=walkers,
        at=at,
        response=response,
    )
