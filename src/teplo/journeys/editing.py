"""Changing the steps of a draft: pure functions from stored steps to stored steps.

A place is where a new step stands: `("", "")` before everything, else after a step, on one of its ways out.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from teplo.journeys.graph import KEY_LENGTH
from teplo.journeys.steps.known import KINDS

Steps = list[dict[str, Any]]
WAYS = ("next", "yes", "no", "timeout")


class Place(NamedTuple):
    """On the way `way` out of the step `after`; both empty: at the very beginning."""

    after: str = ""
    way: str = ""


class StepGone(Exception):
    """This step is not there any more; somebody has changed the journey meanwhile."""


def insert_step(steps: Sequence[Mapping[str, Any]], *, place: Place, step: Mapping[str, Any]) -> tuple[Steps, str]:
    """A new step at a place; what followed there follows its first way out. Answers the steps and the new key."""
    fresh = _copied(steps)
    key = free_key(fresh, str(step.get("kind")))
    follows = _target(fresh, place)
    main = _first_way(step)
    added = {"key": key, **step, **({main: follows} if main else {})}
    if not place.after:
        return [added, *fresh], key
    parent = _find(fresh, place.after)
    parent[place.way] = key
    return [*fresh, added], key


def change_step(steps: Sequence[Mapping[str, Any]], *, key: str, settings: Mapping[str, Any]) -> Steps:
    """The step with other settings; its key, kind and ways stay (ways it has no more are dropped)."""
    fresh = _copied(steps)
    step = _find(fresh, key)
    ways = {way: step[way] for way in WAYS if way in step}
    changed = {"key": key, "kind": step["kind"], **settings}
    kept = ways_of(changed)
    changed |= {way: target for way, target in ways.items() if way in kept}
    return [changed if row["key"] == key else row for row in fresh]


def connect(steps: Sequence[Mapping[str, Any]], *, key: str, way: str, target: str | None) -> Steps:
    """Let a way out of a step lead to another step, or (None) end the journey."""
    fresh = _copied(steps)
    step = _find(fresh, key)
    if target is not None:
        _find(fresh, target)
    step[way] = target
    return fresh


def remove_step(steps: Sequence[Mapping[str, Any]], *, key: str) -> Steps:
    """Without the step: whoever came to it goes on where its first way led. Steps nobody reaches then go as well."""
    fresh = _copied(steps)
    gone = _find(fresh, key)
    main = _first_way(gone)
    follows = gone.get(main) if main else None
    follows = None if follows == key else follows
    left = [row for row in fresh if row["key"] != key]
    for row in left:
        for way in WAYS:
            if row.get(way) == key:
                row[way] = follows
    if steps and steps[0].get("key") == key:
        left = _first(left, follows)
    return _reachable(left)


def move_step(steps: Sequence[Mapping[str, Any]], *, key: str, place: Place) -> Steps:
    """The step at another place. What follows on its first way stays where it was; its other ways move with it."""
    if place.after == key:
        return _copied(steps)
    step = dict(_find(_copied(steps), key))
    main = _first_way(step)
    fresh = _copied(steps)
    follows = step.get(main) if main else None
    for row in fresh:
        for way in WAYS:
            if row.get(way) == key:
                row[way] = follows
    left = [row for row in fresh if row["key"] != key]
    if steps[0].get("key") == key:
        left = _first(left, follows)
    if place.after:
        parent = _find(left, place.after)
        if main:
            step[main] = parent.get(place.way)
        parent[place.way] = key
        return [*left, step]
    if main:
        step[main] = left[0]["key"] if left else None
    return [step, *left]


def ways_of(step: Mapping[str, Any]) -> tuple[str, ...]:
    """The ways out of a stored step, as its settings have them."""
    kind = KINDS.get(str(step.get("kind")))
    if kind is None:
        return ()
    if kind.key == "wait":
        return ("next", "timeout") if step.get("activity") else ("next",)
    return kind.exits


def free_key(steps: Sequence[Mapping[str, Any]], kind: str) -> str:
    """A key for a new step: its kind and the next number."""
    base = re.sub(r"[^a-z-]", "", kind)[: KEY_LENGTH - 6] or "step"
    numbers = [
        int(found[1])
        for row in steps
        if (found := re.fullmatch(rf"{re.escape(base)}-(\d{{1,5}})", str(row.get("key"))))
    ]
    return f"{base}-{max(numbers, default=0) + 1}"


def _copied(steps: Sequence[Mapping[str, Any]]) -> Steps:
    return [dict(step) for step in steps]


def _find(steps: Steps, key: str) -> dict[str, Any]:
    for step in steps:
        if step.get("key") == key:
            return step
    raise StepGone


def _target(steps: Steps, place: Place) -> str | None:
    if not place.after:
        return str(steps[0]["key"]) if steps else None
    return _find(steps, place.after).get(place.way)


def _first_way(step: Mapping[str, Any]) -> str:
    ways = ways_of(step)
    return ways[0] if ways else ""


def _first(steps: Steps, key: str | None) -> Steps:
    """The steps with `key` in front: people start at the first."""
    front = [step for step in steps if step["key"] == key]
    return front + [step for step in steps if step["key"] != key]


def _reachable(steps: Steps) -> Steps:
    by_key = {step["key"]: step for step in steps}
    seen: set[str] = set()
    waiting = [steps[0]["key"]] if steps else []
    while waiting:
        key = waiting.pop()
        if key in seen or key not in by_key:
            continue
        seen.add(key)
        waiting += [target for way in ways_of(by_key[key]) if (target := by_key[key].get(way))]
    return [step for step in steps if step["key"] in seen]
