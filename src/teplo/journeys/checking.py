"""Everything that must hold before people are let into a version: its steps, and all that they refer to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from teplo.conditions import registry
from teplo.conditions.reading import ConditionError, read_json
from teplo.journeys.graph import Graph, read_with_problems
from teplo.journeys.models import JourneyVersion
from teplo.journeys.problems import Problem
from teplo.journeys.steps.branch import BranchSettings
from teplo.journeys.steps.kind import SettingWrong
from teplo.people.models import Segment
from teplo.stages.models import Stage
from teplo.tracking.models import Activity

TRIGGERS = ("segment", "activity", "stage", "form", "hand")


def check_version(version: JourneyVersion) -> tuple[Graph, list[Problem]]:
    """The graph as far as it can be read, and every mistake of the version."""
    graph, problems = read_with_problems(version.steps)
    problems += _references(graph)
    problems += _trigger(version.trigger)
    for number, condition in enumerate(version.exits):
        problems += _condition(condition, f"exit:{number}")
    problems += _condition(version.goal, "goal")
    return graph, problems


def _references(graph: Graph) -> Iterator[Problem]:
    for step in graph.steps.values():
        if step.settings is None:
            continue
        try:
            step.kind.check(step.settings)
        except SettingWrong as wrong:
            yield Problem(step.key, wrong.name, wrong.code, wrong.params)
        settings = step.settings
        if isinstance(settings, BranchSettings) and settings.letter:
            letter = graph.steps.get(settings.letter)
            if letter is None or letter.kind.key != "send-email":
                yield Problem(step.key, "letter", "not-a-letter", {})


def _trigger(trigger: Mapping[str, Any]) -> Iterator[Problem]:
    kind = trigger.get("kind")
    if kind not in TRIGGERS:
        yield Problem("", "trigger", "no-trigger", {})
    elif kind == "segment" and not _exists(Segment.objects.filter(pk=_number(trigger.get("segment")))):
        yield Problem("", "trigger", "no-such-segment", {})
    elif kind == "activity" and not _exists(Activity.objects.filter(key=trigger.get("activity"), is_active=True)):
        yield Problem("", "trigger", "no-such-activity", {})
    elif kind == "stage" and not _exists(Stage.objects.filter(key=trigger.get("stage"), is_active=True)):
        yield Problem("", "trigger", "no-such-stage", {})
    yield from _condition(trigger.get("condition") or {}, "trigger")


def _condition(condition: Mapping[str, Any], setting: str) -> Iterator[Problem]:
    if not condition:
        return
    try:
        read_json(condition, registry.people())
    except ConditionError as error:
        yield Problem("", setting, "condition-wrong", {"error": str(error)})


def _exists(rows: Any) -> bool:
    return bool(rows.exists())


def _number(text: Any) -> int:
    return int(text) if str(text or "").isdigit() else 0
