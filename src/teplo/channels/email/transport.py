"""Several open connections to one mail server, used by one worker thread and kept between its batches."""

from __future__ import annotations

import asyncio
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from teplo.channels.email.answers import Fate, Outcome, not_handed
from teplo.channels.email.connection import Connection, Server, ServerAway
from teplo.channels.email.streak import Streak
from teplo.kit.clock import now

_IDLE_SECONDS = 20.0
_LETTERS_PER_CONNECTION = 500  # many servers end a session after some number
_own = threading.local()


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One letter with its envelope; `letter` is dot-stuffed."""

    sender: str
    recipient: str
    letter: bytes


class Transport:
    """Hands letters over, up to `connections` at once. For one thread: it has an event loop of its own."""

    def __init__(self, server: Server, *, connections: int = 4) -> None:
        self.server = server
        self.connections = max(1, connections)
        self.free: deque[Connection] = deque()
        self.used_at = time.monotonic()
        self.runner = asyncio.Runner()

    def deliver(
        self,
        letters: Sequence[Outgoing],
        *,
        until: datetime,
        stop: Callable[[], bool] = lambda: False,
        streak: Streak | None = None,
    ) -> list[Outcome]:
        """The fate of each letter, in order. None is begun after `until`, when another worker may take over.

        `streak` learns what they say of the sender; once it has a trouble, none is begun either.
        """
        if time.monotonic() - self.used_at > _IDLE_SECONDS:
            self._drop_free()
        outcomes = self.runner.run(self._deliver(letters, lambda: stop() or now() >= until, streak or Streak()))
        self.used_at = time.monotonic()
        return outcomes

    def close(self) -> None:
        """Say good-bye on all connections."""
        self.runner.run(self._quit())
        self.runner.close()

    def _drop_free(self) -> None:
        self.runner.run(self._quit())

    async def _quit(self) -> None:
        await asyncio.gather(*(connection.quit() for connection in self.free))
        self.free.clear()

    async def _deliver(self, letters: Sequence[Outgoing], is_over: Callable[[], bool], streak: Streak) -> list[Outcome]:
        outcomes: list[Outcome] = [not_handed()] * len(letters)
        waiting = deque(enumerate(letters))
        hands = min(self.connections, max(1, (len(letters) + 3) // 4))
        await asyncio.gather(*(self._work(waiting, outcomes, is_over, streak) for _ in range(hands)))
        if streak.trouble:
            outcomes = [_explained(outcome, streak.trouble) for outcome in outcomes]
        return outcomes

    async def _work(
        self,
        waiting: deque[tuple[int, Outgoing]],
        outcomes: list[Outcome],
        is_over: Callable[[], bool],
        streak: Streak,
    ) -> None:
        """One hand: takes letters until none waits, the time is up, or the server had enough."""
        connection: Connection | None = None
        while waiting and not streak.trouble:
            if is_over():
                break
            if connection is None:
                connection = await self._connection(streak)
                if connection is None:
                    return
                if not waiting:  # other hands took the rest while this one was connecting
                    break
            number, letter = waiting.popleft()
            outcome = await connection.hand_over(sender=letter.sender, recipient=letter.recipient, letter=letter.letter)
            if outcome.fate is Fate.NOT_HANDED and not connection.is_open and connection.handed:
                waiting.appendleft((number, letter))  # the server ended a used session: once more on a new one
            else:
                outcomes[number] = outcome
                streak.note(letter.recipient, outcome)
            if not connection.is_open:
                connection = None
            elif connection.handed >= _LETTERS_PER_CONNECTION:
                await connection.quit()
                connection = None
        if connection is not None and connection.is_open:
            self.free.append(connection)

    async def _connection(self, streak: Streak) -> Connection | None:
        while self.free:
            connection = self.free.popleft()
            if connection.is_open and not connection.reader.at_eof():
                return connection
            connection.abort()
        connection = Connection(self.server)
        try:
            await connection.open()
        except ServerAway as error:
            streak.trouble = str(error)
            return None
        return connection


def _explained(outcome: Outcome, trouble: str) -> Outcome:
    """Letters that were not begun are told why."""
    if outcome.fate is Fate.NOT_HANDED and not outcome.trouble:
        return not_handed(trouble)
    return outcome


def transport_for(server: Server, *, connections: int) -> Transport:
    """This thread's transport to `server`; changed settings make a new one."""
    kept: dict[Server, Transport] = _own.__dict__.setdefault("transports", {})
    if server not in kept:
        kept[server] = Transport(server, connections=connections)
    kept[server].connections = max(1, connections)
    return kept[server]


def close_transports() -> None:
    """Close this thread's connections, at the end of a worker."""
    for transport in _own.__dict__.pop("transports", {}).values():
        transport.close()
