"""start and idle memory of the all-in-one process: the second start of an installation that has run before."""

from __future__ import annotations

import time
import urllib.request
from collections.abc import Iterator

from benchmarks.figures import Figure, at_most
from benchmarks.memory import megabytes_of
from benchmarks.serving import free_port, process, teplo
from benchmarks.world import World

GROWS = False


def measure(world: World) -> Iterator[Figure]:
    port = free_port()
    command = teplo(world, "up", "--port", str(port))
    with process(command, port, env=world.environment(), path="/readyz"):
        pass
    began = time.perf_counter()
    with process(command, port, env=world.environment(), path="/readyz") as running:
        seconds = time.perf_counter() - began
        urllib.request.urlopen(f"http://127.0.0.1:{port}/sign-in/").read()
        time.sleep(5)
        memory = megabytes_of(running.pid)
    yield at_most("start", world, seconds, "s", goal=3.0)
    yield at_most("idle-memory", world, memory, "MB", goal=150)
