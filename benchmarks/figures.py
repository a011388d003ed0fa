"""A figure and how it is printed."""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured value beside its limit. `goal` is on the ratio when there is a limit, else on the value."""

    benchmark: str
    engine: str
    size: int
    value: float
    unit: str
    limit: float | None
    ratio: float | None
    goal: str
    ok: bool
    note: str = ""

    def line(self) -> str:
        data = {k: round(v, 4) if isinstance(v, float) else v for k, v in asdict(self).items() if v != ""}
        return json.dumps(data, ensure_ascii=False)


def at_least(
    benchmark: str, world: World, value: float, unit: str, *, limit: float | None, goal: float, note: str = ""
) -> Figure:
    """More is better: the ratio to the limit (or the value itself) must reach `goal`."""
    ratio = value / limit if limit else None
    reached = ratio if ratio is not None else value
    of = " of the limit" if limit else f" {unit}"
    return Figure(
        benchmark, world.engine, world.size, value, unit, limit, ratio, f"≥ {goal:g}{of}", reached >= goal, note
    )


def at_most(
    benchmark: str, world: World, value: float, unit: str, *, limit: float | None = None, goal: float, note: str = ""
) -> Figure:
    """Less is better: the ratio to the limit (or the value itself) must stay within `goal`."""
    ratio = value / limit if limit else None
    reached = ratio if ratio is not None else value
    of = " of the limit" if limit else f" {unit}"
    return Figure(
        benchmark, world.engine, world.size, value, unit, limit, ratio, f"≤ {goal:g}{of}", reached <= goal, note
    )


def percentile(values: Sequence[float], share: float) -> float:
    """The value under which `share` of the values lie."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def median_seconds(action: Callable[[], object], *, runs: int = 5) -> float:
    """The median time of `runs` calls, after none to warm up."""
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        action()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


from benchmarks.world import World  # noqa: E402 - figures name a world, a world knows no figures
