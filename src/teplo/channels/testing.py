"""Makers and a scripted mail server for tests of sending; the server is a raw sink, fast enough to measure a sender."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from teplo.channels.models import Delivery, Sender
from teplo.kit.ids import new_id

Script = Callable[[str, str], "str | None"]
"""(stage, line) → a reply to give instead of the usual one, "drop" to close the connection, or None."""


@dataclass(slots=True)
class Received:
    """A letter the server took, with its envelope."""

    sender: str
    recipients: list[str]
    letter: bytes


@dataclass
class MailServer:
    """`with MailServer() as server:` listens on `server.port` and keeps what it took in `server.letters`.

    Stages for the script: connect, ehlo, auth, mail, rcpt, data, half (in the middle of the letter), dot (before
    answering), quit. `is_narrow`: it takes little at once, so that a sender has to wait within a letter.
    """

    script: Script = lambda _stage, _line: None
    offers: tuple[str, ...] = ("PIPELINING", "8BITMIME", "ENHANCEDSTATUSCODES")
    ssl: Any = None
    delay: float = 0.0
    is_narrow: bool = False
    port: int = 0
    letters: list[Received] = field(default_factory=list)
    begun: list[str] = field(default_factory=list)
    connections: int = 0

    def __enter__(self) -> MailServer:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._ready = threading.Event()
        self._thread.start()
        self._ready.wait(10)
        return self

    def __exit__(self, *_of: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(10)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._serve())
        self._loop.close()

    async def _serve(self) -> None:
        self._stop = asyncio.Event()
        self._writers: set[asyncio.StreamWriter] = set()
        server = await asyncio.start_server(self._talk, "127.0.0.1", self.port, limit=2**22, ssl=self.ssl)
        if self.is_narrow:
            server.sockets[0].setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        await self._stop.wait()
        server.close()
        for writer in list(self._writers):
            writer.transport.abort()
        tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._writers.add(writer)
        try:
            await _Talk(self, reader, writer).run()
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            self._writers.discard(writer)
            writer.transport.abort()


class _Dropped(ConnectionError):
    """The script said so."""


class _Talk:
    def __init__(self, server: MailServer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.server, self.reader, self.writer = server, reader, writer
        self.sender, self.recipients = "", list[str]()

    async def run(self) -> None:
        self._say("connect", "", "220 sink ESMTP")
        while line := (await self.reader.readline()).decode("utf-8", "replace").strip():
            word = line[:4].upper()
            if word == "QUIT":
                self._say("quit", line, "221 bye")
                return
            await getattr(self, f"_{word.lower()}", self._other)(line)

    def _say(self, stage: str, line: str, usual: str) -> bool:
        reply = self.server.script(stage, line) or usual
        if reply == "drop":
            raise _Dropped
        self.writer.write(reply.encode() + b"\r\n")
        return reply == usual

    async def _ehlo(self, line: str) -> None:
        lines = ["sink", *self.server.offers]
        shown = [f"250-{one}" for one in lines[:-1]] + [f"250 {lines[-1]}"]
        self._say("ehlo", line, "\r\n".join(shown))

    async def _auth(self, line: str) -> None:
        self._say("auth", line, "235 2.7.0 in")

    async def _mail(self, line: str) -> None:
        if self._say("mail", line, "250 2.1.0 ok"):
            self.sender, self.recipients = _address(line), []

    async def _rcpt(self, line: str) -> None:
        if self._say("rcpt", line, "250 2.1.5 ok"):
            self.recipients.append(_address(line))

    async def _data(self, line: str) -> None:
        if not self.recipients:
            self._say("data", line, "503 5.5.1 no recipients")
            return
        breaks_off = self.server.script("half", self.recipients[0]) == "drop"
        if breaks_off:
            self.writer.transport.pause_reading()  # type: ignore[attr-defined]
        if not self._say("data", line, "354 go on"):
            return
        self.server.begun.append(self.recipients[0])
        if breaks_off:
            await asyncio.sleep(0.1)
            raise _Dropped
        letter = await self.reader.readline()
        if letter != b".\r\n":
            letter += await self.reader.readuntil(b"\r\n.\r\n")
        else:
            self._say("empty", line, "554 5.6.0 an empty letter")
            return
        if self.server.delay:
            await asyncio.sleep(self.server.delay)
        received = Received(self.sender, self.recipients, letter[:-3].replace(b"\r\n..", b"\r\n."))
        if self.server.script("dot", received.recipients[0]) is None:
            self.server.letters.append(received)
        self._say("dot", received.recipients[0], "250 2.0.0 taken")
        self.sender, self.recipients = "", []

    async def _rset(self, line: str) -> None:
        self.sender, self.recipients = "", []
        self._say("rset", line, "250 2.0.0 ok")

    async def _other(self, line: str) -> None:
        self._say("other", line, "502 5.5.2 what")


def _address(line: str) -> str:
    return line[line.index("<") + 1 : line.rindex(">")]


def make_sender(**changes: Any) -> Sender:
    """A sender without a server (nothing goes out); give `port` to point it to a local one."""
    port = changes.pop("port", None)
    settings = {"host": "127.0.0.1", "port": port, "security": "none"} if port else {}
    values: dict[str, Any] = {
        "name": "Тепло",
        "address": "hello@teplo.example",
        "per_minute": 600_000,
        "is_default": True,
        "settings": {**settings, **changes.pop("settings", {})},
    }
    return Sender.objects.create(**{**values, **changes})


def make_delivery(*, person_id: int, **changes: Any) -> Delivery:
    """A queued letter."""
    return Delivery.objects.create(person_id=person_id, id=new_id(), **{"channel": "email", **changes})
