"""A version's steps, read and checked: every mistake is named at its step.

Stored form: `[{"key": "hello", "kind": "send-email", "template": 7, "next": "pause"}, …]`. Settings stand beside the
ways out (`next`, or `yes` and `no`, or `next` and `timeout`); a way out that is absent or null ends the journey there.
The first step of the list is where people start. A circle must contain a step that waits.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from teplo.journeys.models import JourneyVersion
from teplo.journeys.problems import Problem
from teplo.journeys.steps.kind import SettingWrong, StepKind
from teplo.journeys.steps.known import KINDS

KEY_LENGTH = 40


@dataclass(frozen=True)
class Step:
    """One step: its kind, its settings as read, and where each of its ways out leads."""

    key: str
    kind: StepKind[Any]
    settings: Any
    ways: Mapping[str, str | None]


@dataclass(frozen=True)
class Graph:
    steps: Mapping[str, Step]
    first: str | None


class GraphBroken(Exception):
    """The steps of this journey have mistakes."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__(problems)
        self.problems = list(problems)


def read_graph(stored: Sequence[Mapping[str, Any]]) -> Graph:
    """The graph of stored steps; raises GraphBroken with every mistake."""
    graph, problems = read_with_problems(stored)
    if problems:
        raise GraphBroken(problems)
    return graph


def read_with_problems(stored: Sequence[Mapping[str, Any]]) -> tuple[Graph, list[Problem]]:
    """As much of the graph as can be understood, and all mistakes in it; for the editor, which shows both."""
    problems: list[Problem] = []
    steps: dict[str, Step] = {}
    keys = [raw.get("key") for raw in stored]
    for raw in stored:
        key = raw.get("key")
        if not isinstance(key, str) or not key or len(key) > KEY_LENGTH:
            problems.append(Problem(str(key or ""), "key", "bad-key", {}))
        elif key in steps:
            problems.append(Problem(key, "key", "double-key", {}))
        else:
            step = _read_step(key, raw, problems)
            if step is not None:
                steps[key] = step
    for step in steps.values():
        for way, target in step.ways.items():
            if target is not None and target not in keys:
                problems.append(Problem(step.key, way, "leads-nowhere", {"target": target}))
    first = str(keys[0]) if keys else None
    graph = Graph(steps, first)
    if not stored:
        problems.append(Problem("", "steps", "no-steps", {}))
    problems += _unreachable(graph) if not problems else []
    problems += _circles_without_wait(graph)
    return graph, problems


def _read_step(key: str, raw: Mapping[str, Any], problems: list[Problem]) -> Step | None:
    kind = KINDS.get(str(raw.get("kind")))
    if kind is None:
        problems.append(Problem(key, "kind", "unknown-kind", {"kind": str(raw.get("kind"))}))
        return None
    try:
        settings = kind.read(raw)
    except SettingWrong as wrong:
        problems.append(Problem(key, wrong.name, wrong.code, wrong.params))
        return Step(key, kind, None, {way: raw.get(way) or None for way in kind.exits})
    return Step(key, kind, settings, {way: raw.get(way) or None for way in kind.exits_of(settings)})


def _reachable(graph: Graph) -> set[str]:
    seen: set[str] = set()
    waiting = [graph.first] if graph.first else []
    while waiting:
        key = waiting.pop()
        if key in seen or key not in graph.steps:
            continue
        seen.add(key)
        waiting += [target for target in graph.steps[key].ways.values() if target]
    return seen


def _unreachable(graph: Graph) -> list[Problem]:
    reached = _reachable(graph)
    return [Problem(key, "key", "unreachable", {}) for key in graph.steps if key not in reached]


def _circles_without_wait(graph: Graph) -> list[Problem]:
    """A circle of steps that act at once would never rest. Every step from which only such steps lead back to it."""
    return [
        Problem(key, "next", "circle-without-wait", {})
        for key, step in graph.steps.items()
        if _may_be_instant(step) and key in set(_instant_steps_after(graph, key))
    ]


def _may_be_instant(step: Step) -> bool:
    """A step whose settings could not be read is taken as its kind usually is."""
    return step.kind.is_instant if step.settings is None else step.kind.may_be_instant(step.settings)


def _instant_steps_after(graph: Graph, start: str) -> Iterator[str]:
    seen: set[str] = set()
    waiting = [target for target in graph.steps[start].ways.values() if target]
    while waiting:
        key = waiting.pop()
        if key in seen or key not in graph.steps or not _may_be_instant(graph.steps[key]):
            continue
        seen.add(key)
        yield key
        waiting += [target for target in graph.steps[key].ways.values() if target]


@dataclass(frozen=True)
class Plan:
    """A version as the engine runs it: its graph, exits and goal. Published versions never change, so it is kept."""

    journey_id: int
    version_id: int
    graph: Graph
    trigger: Mapping[str, Any]
    exits: Sequence[Mapping[str, Any]]
    goal: Mapping[str, Any]


def plan_of(version_id: int) -> Plan:
    """The plan of a published version, read once per process; raises GraphBroken, JourneyVersion.DoesNotExist."""
    return _plan(version_id)


@lru_cache(maxsize=256)
def _plan(version_id: int) -> Plan:
    return read_plan(JourneyVersion.objects.get(pk=version_id))


def read_plan(version: JourneyVersion) -> Plan:
    """The plan of any version, a draft too; raises GraphBroken."""
    return Plan(
        journey_id=version.journey_id,
        version_id=version.pk,
        graph=read_graph(version.steps),
        trigger=version.trigger,
        exits=version.exits,
        goal=version.goal,
    )
