"""Call a function in a confined child process: `answer_of` for one answer, `stream` for many.

Arguments and answers are plain values (texts, numbers, lists, dicts, bytes), carried as MessagePack: nothing that a
stranger's file might smuggle into the child is run here.
"""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any, BinaryIO

import msgspec
import structlog

from teplo.kit.confined.limits import Limits

log = structlog.get_logger(__name__)

MEMORY, TIME, CRASHED = "memory", "time", "crashed"
_PASSED_ON = ("PATH", "LANG", "LC_ALL", "TZ", "HOME", "SYSTEMROOT", "LD_LIBRARY_PATH")
"""Of the environment; secrets and the database's address are none of the child's business."""
_LONGEST_FRAME = 1 << 28


class Overran(Exception):
    """The child took more than it may, or fell over. `what`: memory, time or crashed."""

    def __init__(self, what: str, limits: Limits) -> None:
        super().__init__(what)
        self.what, self.limits = what, limits


class Refused(Exception):
    """The function itself refused, with a code and what it speaks of."""

    def __init__(self, code: str, params: dict[str, Any]) -> None:
        super().__init__(code)
        self.code, self.params = code, params


def answer_of(function: str, *args: Any, limits: Limits | None = None) -> Any:
    """What `function` (`package.module:name`) answers in a child. Raises Overran, Refused."""
    return next(reversed(list(stream(function, *args, limits=limits))), None)


def stream(function: str, *args: Any, limits: Limits | None = None) -> Iterator[Any]:
    """What the generator `function` yields in a child, one after another; a plain function's answer comes alone.

    The child ends with the iteration, also when that is given up halfway. Raises Overran, Refused.
    """
    allowed = limits or Limits()
    child = _start()
    try:
        request = msgspec.msgpack.encode([function, list(args), asdict(allowed)])
        yield from _heard(child, request, allowed)
    finally:
        child.kill()
        child.wait()
        for pipe in (child.stdin, child.stdout):
            if pipe is not None and not pipe.closed:
                pipe.close()


def _start() -> subprocess.Popen[bytes]:
    kept = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    return subprocess.Popen(  # noqa: S603 - our own module
        [sys.executable, "-P", "-m", "teplo.kit.confined"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,  # what a library says there may quote the file
        bufsize=0,
        env={**kept, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
    )


def _heard(child: subprocess.Popen[bytes], request: bytes, limits: Limits) -> Iterator[Any]:
    assert child.stdin is not None and child.stdout is not None
    try:
        child.stdin.write(len(request).to_bytes(4, "big") + request)
        child.stdin.close()
    except BrokenPipeError:
        raise Overran(CRASHED, limits) from None
    reader = _Reader(child.stdout, limits)
    while True:
        kind, value = _frame(reader, child, limits)
        if kind == "item":
            yield value
        elif kind == "end":
            return
        elif kind == "refused":
            raise Refused(value[0], value[1])
        else:
            what, _, place = value.partition(": ")
            if place:
                log.error("confined_reader_failed", place=place)
            raise Overran(what, limits)


def _frame(reader: _Reader, child: subprocess.Popen[bytes], limits: Limits) -> tuple[str, Any]:
    length = int.from_bytes(reader.take(4) or b"", "big")
    data = reader.take(length) if 0 < length <= _LONGEST_FRAME else None
    if data is None:
        raise Overran(_why_it_ended(child), limits)
    kind, value = msgspec.msgpack.decode(data)
    return kind, value


def _why_it_ended(child: subprocess.Popen[bytes]) -> str:
    """A child that says nothing more: killed for its time, out of memory (libraries abort), or fallen over."""
    try:
        code = child.wait(timeout=5)
    except subprocess.TimeoutExpired:
        return CRASHED
    if code == -signal.SIGXCPU:
        return TIME
    return MEMORY if code in (-signal.SIGABRT, -signal.SIGKILL) else CRASHED


class _Reader:
    """Takes pieces of a known length out of a pipe, and gives up on one that is silent for too long."""

    def __init__(self, pipe: BinaryIO | Any, limits: Limits) -> None:
        self.file = pipe.fileno()
        self.limits = limits
        self.kept = bytearray()
        self.poll = select.poll()
        self.poll.register(self.file, select.POLLIN | select.POLLHUP)

    def take(self, length: int) -> bytes | None:
        """The next `length` bytes; None if the pipe ends before."""
        while len(self.kept) < length:
            if not self.poll.poll(self.limits.patience * 1000):
                raise Overran(TIME, self.limits)
            piece = os.read(self.file, 1 << 20)
            if not piece:
                return None
            self.kept += piece
        taken = bytes(self.kept[:length])
        del self.kept[:length]
        return taken
