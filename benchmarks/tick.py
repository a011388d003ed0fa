"""tick: due enrolments through a step with its effects committed, beside the claim limit of the same database."""

from __future__ import annotations

import time
from collections.abc import Iterator

from benchmarks.figures import Figure, at_least
from benchmarks.limits import claim_rate
from benchmarks.world import World, analyze, populate

MOST = 100_000


def measure(world: World) -> Iterator[Figure]:
    from teplo.channels.models import Delivery  # noqa: PLC0415
    from teplo.journeys.enrolling import enrol_people  # noqa: PLC0415
    from teplo.journeys.models import Enrolment, Journey, JourneyVersion  # noqa: PLC0415
    from teplo.journeys.publishing import publish  # noqa: PLC0415
    from teplo.journeys.stepping import tick  # noqa: PLC0415
    from teplo.kit.clock import now  # noqa: PLC0415

    populate(world, tallies=False)
    count = min(world.size, MOST)
    limit = claim_rate(world, count)
    journey = Journey.objects.create(name="Bench")
    JourneyVersion.objects.create(
        journey=journey, number=1, trigger={"kind": "hand"},
        steps=[
            {"key": "letter", "kind": "send-email", "template": _template(), "next": "pause"},
            {"key": "pause", "kind": "wait", "for": {"days": 2}, "next": "end"},
            {"key": "end", "kind": "end"},
        ],
    )  # fmt: skip
    publish(journey=journey)
    enrol_people(journey=journey, person_ids=list(range(1, count + 1)), at=now())
    assert Enrolment.objects.count() == count
    analyze(world)
    began = time.perf_counter()
    while tick(owner="bench"):
        pass
    seconds = time.perf_counter() - began
    assert Delivery.objects.count() == count and not Enrolment.objects.filter(step="letter").exists()
    note = "each writes a delivery and its passes"
    yield at_least("tick", world, count / seconds, "enrolments/s", limit=limit, goal=0.25, note=note)


def _template() -> int:
    from teplo.content.models import Template  # noqa: PLC0415

    return Template.objects.create(name="Bench", subject="Hello", body="<p>Hello</p>").pk
