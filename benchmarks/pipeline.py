"""pipeline: from inbox to event, tally, score, stage and journey; one worker, and two beside it on PostgreSQL."""

from __future__ import annotations

import multiprocessing
import random
import time
from collections.abc import Iterator
from datetime import timedelta

from benchmarks.figures import Figure, at_least
from benchmarks.limits import insert_rate
from benchmarks.rescore_all import make_table
from benchmarks.world import World, populate

EVENTS = 60_000
PARCEL = 100  # as the group commit of a busy collector makes them
SESSION = 10
TOGETHER = 200


def measure(world: World) -> Iterator[Figure]:
    from teplo.pipeline import working  # noqa: PLC0415
    from teplo.tracking.models import Event, InboxRow  # noqa: PLC0415

    populate(world, tallies=True)
    make_table(world)
    _make_journey()
    limit = insert_rate(world, EVENTS)
    fill_inbox(world, 5_000, seed=1)
    drain(working.run_once)
    fill_inbox(world, EVENTS, seed=2)
    began = time.perf_counter()
    drain(working.run_once)
    one = EVENTS / (time.perf_counter() - began)
    assert Event.objects.count() == EVENTS + 5_000 and not InboxRow.objects.exists()
    yield at_least(
        "pipeline", world, one, "events/s", limit=limit, goal=0.20, note="page views of known people and visitors"
    )
    if world.engine == "postgresql":
        two = _two_workers(world)
        assert Event.objects.count() == 2 * EVENTS + 15_000 and not InboxRow.objects.exists()
        yield at_least("pipeline-2-workers", world, two, "events/s", limit=one, goal=1.5, note="limit: one worker")


def fill_inbox(world: World, events: int, *, seed: int) -> None:
    """Page views, prices, videos and forms as sessions bring them, in parcels of 100.

    A session is ten events of one visitor; two hundred are under way at any moment. A third of the visitors are known
    by e-mail.
    """
    from teplo.kit.clock import now  # noqa: PLC0415
    from teplo.tracking.inbox import put_events  # noqa: PLC0415

    dice, at = random.Random(seed), now()
    sessions = [[visitor, SESSION] for visitor in range(TOGETHER)]
    newest = TOGETHER
    batch = []
    for number in range(events):
        session = dice.choice(sessions)
        who = session[0]
        event = {
            "id": f"p{seed}-{number}",
            "name": dice.choices(("page-viewed", "video-watched", "form-submitted"), (90, 7, 3))[0],
            "time": (at - timedelta(milliseconds=100 * (events - number))).isoformat(),
            "visitor": f"visitor-{seed}-{who}",
            "url": f"https://example.com/{dice.choice(('', 'prices', 'blog/a', 'features', 'contacts'))}",
            "properties": {"depth": dice.randrange(100)},
        }
        if who % 3 == 0:
            event["identities"] = {"email": f"person{1 + who % world.size}@example.com"}
        batch.append(event)
        session[1] -= 1
        if not session[1]:
            session[:] = [newest, SESSION]
            newest += 1
    for start in range(0, events, PARCEL):
        put_events(batch[start : start + PARCEL], origin="site:1")


def drain(run_once: object) -> None:
    """Take everything out of the inbox."""
    while run_once("bench"):  # type: ignore[operator]
        pass


def _make_journey() -> None:
    """A live journey that watches the whole stream, so that waking it is part of the figure."""
    from teplo.journeys.models import Journey, JourneyVersion  # noqa: PLC0415
    from teplo.journeys.publishing import publish  # noqa: PLC0415

    journey = Journey.objects.create(name="Bench")
    JourneyVersion.objects.create(
        journey=journey,
        number=1,
        trigger={"kind": "activity", "activity": "form-submitted"},
        steps=[{"key": "pause", "kind": "wait", "for": {"days": 2}, "next": "end"}, {"key": "end", "kind": "end"}],
    )
    publish(journey=journey)


def _two_workers(world: World) -> float:
    """Both warm up on events of their own first, as the one worker did: statements compiled, batches grown."""
    from django.db import connection  # noqa: PLC0415

    fill_inbox(world, 10_000, seed=4)
    connection.close()
    context = multiprocessing.get_context("spawn")
    gate, ready = context.Event(), context.Semaphore(0)
    workers = [context.Process(target=_work, args=(gate, ready)) for _ in range(2)]
    for worker in workers:
        worker.start()
    for _ in workers:
        ready.acquire()
    fill_inbox(world, EVENTS, seed=3)
    connection.close()
    began = time.perf_counter()
    gate.set()
    for worker in workers:
        worker.join()
    assert all(worker.exitcode == 0 for worker in workers)
    return EVENTS / (time.perf_counter() - began)


def _work(gate: object, ready: object) -> None:
    import os  # noqa: PLC0415

    import django  # noqa: PLC0415

    django.setup()
    from teplo.pipeline import working  # noqa: PLC0415
    from teplo.tracking.models import InboxRow  # noqa: PLC0415

    while working.run_once(f"bench-{os.getpid()}") or InboxRow.objects.exists():
        pass
    ready.release()  # type: ignore[attr-defined]
    gate.wait()  # type: ignore[attr-defined]
    while working.run_once(f"bench-{os.getpid()}") or InboxRow.objects.exists():
        pass
