"""rescore-touched: 1,000 people just touched, and one person, get their new score."""

from __future__ import annotations

from collections.abc import Iterator

from django.db import transaction

from benchmarks.figures import Figure, at_most, median_seconds
from benchmarks.rescore_all import make_table
from benchmarks.world import World, populate


def measure(world: World) -> Iterator[Figure]:
    from teplo.kit.clock import now  # noqa: PLC0415
    from teplo.scoring.rescoring import rescore  # noqa: PLC0415

    populate(world)
    make_table(world)
    step = max(1, world.size // 1000)

    def touch(ids: list[int]) -> None:
        with transaction.atomic():
            rescore(person_ids=ids, cause="activity", at=now())

    thousand = list(range(1, world.size, step))[:1000]
    touch(thousand)
    goal = 0.060 if world.engine == "sqlite" else 0.150  # twice what LIMITS.md measured for the bare statement
    yield at_most("rescore-touched-1000", world, median_seconds(lambda: touch(thousand)), "s", goal=goal)
    numbers = iter(range(1, world.size))
    yield at_most("rescore-touched-1", world, median_seconds(lambda: touch([next(numbers)]), runs=30), "s", goal=0.02)
