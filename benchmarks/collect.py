"""collect: durable single events over 32 connections, beside the same server's hello."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.figures import Figure, at_least
from benchmarks.serving import free_port, hello_rate, load, process, teplo
from benchmarks.world import World

GROWS = False  # the inbox does not know how many people there are
SECONDS = 4.0
BODY = '{"id":"b-%d-%d","name":"page-viewed","visitor":"visitor-%d","url":"https://example.com/page/%d"}'


def measure(world: World) -> Iterator[Figure]:
    from teplo.tracking.models import InboxRow, Site  # noqa: PLC0415

    Site.objects.create(name="Bench", key="bench", origins=[])
    port = free_port()
    url = f"http://127.0.0.1:{port}/collect?key=bench"
    limit = hello_rate(seconds=SECONDS, body=BODY)
    with process(teplo(world, "collect", "--port", str(port)), port, env=world.environment(TEPLO_COLLECT_RATE="0")):
        load(url, body=BODY, seconds=1)
        result = load(url, body=BODY, seconds=SECONDS)
    stored = sum(InboxRow.objects.values_list("events", flat=True))
    assert stored >= result["requests"] - result["bad"], "an acknowledged event is not in the inbox"
    assert result["bad"] == 0, f"{result['bad']:.0f} requests were refused"
    value = result["requests"] / result["seconds"]
    yield at_least("collect", world, value, "events/s", limit=limit, goal=0.25, note=f"p95 {result['p95_ms']:.1f} ms")
