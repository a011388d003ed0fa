"""send: personalised letters with tracked links from the outbox to a raw SMTP sink, one process."""

from __future__ import annotations

import asyncio
import multiprocessing
import time
from collections.abc import Iterator
from typing import Any

from benchmarks.figures import Figure, at_least
from benchmarks.serving import free_port
from benchmarks.world import World, populate

GROWS = False
LETTERS = 4_000
BODY = (
    "<html><body><h1>Здравствуйте, {{ person.first_name | default: 'друг' }}</h1>"
    + "<p>Складской учёт без таблиц: {{ person.city }}, {{ person.position }}.</p>" * 12
    + "".join(f'<p><a href="https://example.com/page/{i}?a=1">Страница {i}</a></p>' for i in range(6))
    + '<p><a href="{{ unsubscribe_url }}">Отписаться</a></p></body></html>'
)


class RawSink(asyncio.Protocol):
    """The least SMTP server that can be written: answers by line, swallows DATA."""

    def connection_made(self, transport: Any) -> None:
        self.transport, self.buffer, self.in_data = transport, b"", False
        transport.write(b"220 sink\r\n")

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        while True:
            if self.in_data:
                end = self.buffer.find(b"\r\n.\r\n")
                if end < 0:
                    return
                self.buffer, self.in_data = self.buffer[end + 5 :], False
                self.transport.write(b"250 2.0.0 OK\r\n")
                continue
            end = self.buffer.find(b"\r\n")
            if end < 0:
                return
            word, self.buffer = self.buffer[:end].upper(), self.buffer[end + 2 :]
            if word.startswith(b"EHLO"):
                self.transport.write(b"250-sink\r\n250-PIPELINING\r\n250 8BITMIME\r\n")
            elif word == b"DATA":
                self.in_data = True
                self.transport.write(b"354 go\r\n")
            else:
                self.transport.write(b"250 2.0.0 OK\r\n")


def sink(port: int, ready: Any) -> None:
    async def main() -> None:
        server = await asyncio.get_running_loop().create_server(RawSink, "127.0.0.1", port)
        ready.set()
        await server.serve_forever()

    asyncio.run(main())


def measure(world: World) -> Iterator[Figure]:
    from teplo.channels.models import Delivery, DeliveryState  # noqa: PLC0415
    from teplo.channels.outbox import NewDelivery, enqueue  # noqa: PLC0415
    from teplo.channels.sending import send_due  # noqa: PLC0415

    populate(world, tallies=False)
    template, port = _prepare(), free_port()
    context = multiprocessing.get_context("spawn")
    ready = context.Event()
    server = context.Process(target=sink, args=(port, ready), daemon=True)
    server.start()
    ready.wait(20)
    _make_sender(port)
    try:
        for first, count in ((1, 300), (301, LETTERS)):  # the first lot warms up
            enqueue([NewDelivery(person_id=i, template_id=template, journey_id=1) for i in range(first, first + count)])
            began = time.perf_counter()
            while send_due(owner="bench"):
                pass
            seconds = time.perf_counter() - began
    finally:
        server.terminate()
    sent = Delivery.objects.filter(state=DeliveryState.SENT).count()
    assert sent == LETTERS + 300, f"{sent} of {LETTERS + 300} were sent"
    yield at_least("send", world, LETTERS / seconds, "letters/s", limit=None, goal=1000)


def _prepare() -> int:
    """No quiet hours, no consent asked, no cap: the figure is of sending, not of refusing."""
    from teplo.accounts.models import Workspace  # noqa: PLC0415
    from teplo.accounts.workspace import get_workspace  # noqa: PLC0415
    from teplo.content.models import Template  # noqa: PLC0415

    get_workspace()
    Workspace.objects.filter(pk=1).update(
        requires_consent=False,
        quiet_from="00:00",
        quiet_until="00:00",
        cap_touches=100,
        public_url="https://teplo.example.com",
    )
    return Template.objects.create(name="Bench", subject="Для вас, {{ person.first_name }}", body=BODY).pk


def _make_sender(port: int) -> None:
    from teplo.channels.models import Sender  # noqa: PLC0415

    Sender.objects.create(
        name="Bench", address="hello@example.com", is_default=True, per_minute=10_000_000,
        settings={"host": "127.0.0.1", "port": port, "security": "none"},
    )  # fmt: skip
