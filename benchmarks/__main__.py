"""`python -m benchmarks --size small|medium|full [--only NAME] [--engine ENGINE]`: the figures, a line each."""

from __future__ import annotations

import argparse
import importlib
import os
import subprocess
import sys
import time
import traceback

from benchmarks.world import close_world, forget_kept, open_world

NAMES = (
    "collect", "pipeline", "latency", "rescore_all", "rescore_touched", "backtest", "segment_count", "people_page",
    "importing", "tick", "send", "start", "learn", "example",
)  # fmt: skip
NOT_IN_SMALL = ("latency", "backtest", "learn", "example")
"""Small is a look that ends in two minutes; `--only` measures these at that size too."""
SIZES = {"small": (10_000,), "medium": (10_000, 100_000), "full": (10_000, 100_000, 1_000_000)}


def main() -> int:
    """Every benchmark in a process of its own; exit code 1 when one could not be measured."""
    parser = argparse.ArgumentParser(prog="benchmarks")
    parser.add_argument("--size", choices=SIZES, default="small")
    parser.add_argument("--only", choices=[n.replace("_", "-") for n in NAMES])
    parser.add_argument("--engine", choices=("sqlite", "postgresql"))
    parser.add_argument("--one", nargs=3, metavar=("NAME", "ENGINE", "PEOPLE"), help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.one:
        return measure_one(chosen.one[0], chosen.one[1], int(chosen.one[2]))
    os.environ["TEPLO_BENCH_RUN"] = str(os.getpid())
    try:
        return measure_all(chosen)
    finally:
        forget_kept(os.environ["TEPLO_BENCH_RUN"])


def measure_all(chosen: argparse.Namespace) -> int:
    """Each benchmark in a process of its own; people are made once for each engine and size."""
    failed = 0
    for name in NAMES:
        if chosen.only and name.replace("_", "-") != chosen.only:
            continue
        if chosen.size == "small" and name in NOT_IN_SMALL and not chosen.only:
            continue
        module = importlib.import_module(f"benchmarks.{name}")
        sizes = [s for s in SIZES[chosen.size] if getattr(module, "GROWS", True) or s == SIZES[chosen.size][0]]
        for engine in ("sqlite", "postgresql"):
            if chosen.engine and engine != chosen.engine:
                continue
            for people in sizes:
                command = [sys.executable, "-m", "benchmarks", "--one", name, engine, str(people)]
                failed |= subprocess.run(command, env={**os.environ}).returncode
    return failed


def measure_one(name: str, engine: str, people: int) -> int:
    """Measure one benchmark here and print its figures; the database is dropped whatever happens."""
    began = time.perf_counter()
    world = open_world(engine, people)
    try:
        module = importlib.import_module(f"benchmarks.{name}")
        for figure in module.measure(world):
            print(figure.line(), flush=True)
    except Exception:
        traceback.print_exc()
        print(f"benchmarks: {name} on {engine} with {people} people could not be measured", file=sys.stderr)
        return 1
    finally:
        close_world(world)
        print(f"# {name} {engine} {people}: {time.perf_counter() - began:.1f} s", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
