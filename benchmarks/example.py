"""example: the example company's six months of life through the whole pipeline, as `teplo demo` makes them.

Its partner is measured beside it: the seconds the pipeline's own benchmark takes for as many events.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator

from benchmarks.figures import Figure, at_most
from benchmarks.world import World

GROWS = False


def measure(world: World) -> Iterator[Figure]:
    from teplo.demo.living import bring_to_life  # noqa: PLC0415
    from teplo.tracking.models import Event  # noqa: PLC0415

    began, used = time.perf_counter(), time.process_time()
    bring_to_life()
    seconds, used = time.perf_counter() - began, time.process_time() - used
    events = Event.objects.count()
    yield at_most("example", world, seconds, "s", goal=60, note=f"{events} events, {used:.0f} s of one processor here")
    note = "limit: the pipeline's own benchmark, for as many events"
    yield at_most("example-processor", world, used, "s", limit=events / pipeline_rate(world), goal=3, note=note)


def pipeline_rate(world: World) -> float:
    """Events a second of `ONLY=pipeline`, in a process and a database of its own."""
    command = [sys.executable, "-m", "benchmarks", "--one", "pipeline", world.engine, str(world.size)]
    lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    figures = [json.loads(line) for line in lines]
    return float(next(figure["value"] for figure in figures if figure["benchmark"] == "pipeline"))
