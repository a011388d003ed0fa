"""latency: from an acknowledged event to the new score, while the example's strangers send 500 events/s.

One all-in-one process on SQLite; the strangers browse, leave contacts and ask for offers as in `teplo demo`.
"""

from __future__ import annotations

import asyncio
import json
import random
import sqlite3
import threading
import time
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

from benchmarks.figures import Figure, at_most, percentile
from benchmarks.rescore_all import make_table
from benchmarks.serving import CONNECTIONS, free_port, process, teplo
from benchmarks.world import World, populate

RATE = 500
STRANGERS = 2_000
SECONDS = 12
PROBE_EVERY = 0.1
PRICES = "https://example.com/prices"
NOT_DUE = ("rescore-by-time", "move-by-time", "activity-figures", "segments", "sqlite-statistics")
"""Work of every hour and day. A world just made has never had it, and no score in it is what the table says: the first
rescoring would change everybody within the seconds that are measured."""


def measure(world: World) -> Iterator[Figure]:
    if world.engine != "sqlite":
        return
    from django.db import connection  # noqa: PLC0415

    from teplo.jobs.models import Periodic  # noqa: PLC0415
    from teplo.kit.clock import now  # noqa: PLC0415
    from teplo.tracking.models import Activity, Site  # noqa: PLC0415

    populate(world)
    make_table(world)
    Site.objects.create(name="Bench", key="bench", origins=[])
    first = Activity.objects.get(pk=world.activities[0])
    assert first.key == "page-viewed", first.key
    Periodic.objects.bulk_create(
        [Periodic(name=name, next_at=now() + timedelta(hours=1)) for name in NOT_DUE], ignore_conflicts=True
    )
    path = str(connection.settings_dict["NAME"])
    connection.close()
    port = free_port()
    with process(teplo(world, "up", "--port", str(port)), port, env=world.environment(TEPLO_COLLECT_RATE="0")):
        lags, sent = _probe(port, path)
    note = f"p50 {percentile(lags, 0.5) * 1000:.0f} ms, {len(lags)} probes, {sent / SECONDS:.0f} events/s"
    yield at_most("latency", world, percentile(lags, 0.95), "s", goal=0.25, note=note)


def _probe(port: int, path: str) -> tuple[list[float], int]:
    """Traffic in a thread; meanwhile newcomers appear whose first page view gives them their first score."""
    stop, counted = threading.Event(), [0]
    traffic = threading.Thread(target=lambda: asyncio.run(_traffic(port, stop, counted)))
    traffic.start()
    time.sleep(1.5)
    lags = []
    reader = sqlite3.connect(path, isolation_level=None)
    until = time.monotonic() + SECONDS
    number = 0
    while time.monotonic() < until:
        number += 1
        lags.append(asyncio.run(_one(port, f"probe-{number}", reader)))
        time.sleep(PROBE_EVERY)
    stop.set()
    traffic.join()
    return lags, counted[0]


async def _one(port: int, visitor: str, reader: sqlite3.Connection) -> float:
    connection = await asyncio.open_connection("127.0.0.1", port)
    await _post(connection, {"id": visitor, "name": "page-viewed", "visitor": visitor, "url": PRICES})
    began = time.perf_counter()
    query = (
        "SELECT s.total FROM people_identity i JOIN scoring_score s ON s.person_id = i.person_id "
        "WHERE i.kind = 'visitor' AND i.value = ?"
    )
    while time.perf_counter() - began < 10:
        row = reader.execute(query, [visitor]).fetchone()
        if row and row[0]:
            break
        await asyncio.sleep(0.002)
    connection[1].close()
    return time.perf_counter() - began


async def _traffic(port: int, stop: threading.Event, counted: list[int]) -> None:
    from teplo.demo.streaming import stream_events  # noqa: PLC0415

    events = stream_events(seed=7, strangers=STRANGERS, chance=random.Random(7))

    async def client(number: int) -> None:
        connection = await asyncio.open_connection("127.0.0.1", port)
        gap = CONNECTIONS / RATE
        due = time.perf_counter() + gap * number / CONNECTIONS
        while not stop.is_set():
            await asyncio.sleep(max(0, due - time.perf_counter()))
            due += gap
            counted[0] += 1
            await _post(connection, {"id": f"{number}-{counted[0]}", **next(events)})
        connection[1].close()

    await asyncio.gather(*(client(number) for number in range(CONNECTIONS)))


async def _post(connection: tuple[asyncio.StreamReader, asyncio.StreamWriter], event: Mapping[str, Any]) -> None:
    reader, writer = connection
    body = json.dumps(event)
    head = (
        "POST /collect?key=bench HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\n"
        f"User-Agent: Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0\r\nContent-Length: {len(body)}\r\n\r\n{body}"
    )
    writer.write(head.encode())
    answer = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
    assert answer.split()[1].startswith("2"), answer
    length = int(answer.split("content-length:")[1].split("\r\n")[0])
    await reader.readexactly(length)
