"""segment-count: three conditions, one of them a windowed activity."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from benchmarks.figures import Figure, at_most, median_seconds
from benchmarks.world import World, populate


def measure(world: World) -> Iterator[Figure]:
    from teplo.conditions import registry  # noqa: PLC0415
    from teplo.conditions.reading import read_json  # noqa: PLC0415
    from teplo.people.counting import count_people  # noqa: PLC0415
    from teplo.tracking.models import Activity  # noqa: PLC0415

    populate(world)
    key = Activity.objects.get(pk=world.activities[3]).key
    vocabulary = registry.people()
    condition = read_json(
        {
            "all": [
                {"field": "city", "is": "Київ"},
                {"temperature": ["warm", "hot"]},
                {"did": key, "at_least": 2, "within": "30d"},
            ]
        },
        vocabulary,
    )

    def count() -> int:
        """As the screens count: with a limit of time, which is not to be reached here."""
        counted = count_people(condition, vocabulary, limit=timedelta(seconds=60))
        assert counted is not None and not counted.is_estimate
        return counted.people

    found = count()
    assert 0 < found < world.size / 5
    goal = 1.0 * max(0.05, world.size / 1_000_000)
    yield at_most("segment-count", world, median_seconds(count), "s", goal=goal, note=f"{found} people found")
