"""example: the example company's six months of life through the whole pipeline, as `teplo demo` makes them."""

from __future__ import annotations

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
    note = f"{Event.objects.count()} events, {used:.0f} s of one processor here"
    yield at_most("example", world, seconds, "s", goal=60, note=note)
