"""What a reader might do with a stranger's file; called in a confined child by `test_confined.py`."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path


class Strange(Exception):
    code = "strange"
    params = {"cell": "B7"}


def double(number: int) -> int:
    return number * 2


def count_for_ever() -> Iterator[list[int]]:
    number = 0
    while True:
        yield [number, os.getpid()]
        number += 1


def eat_memory() -> int:
    return len(bytearray(3_000_000_000))


def be_aborted() -> None:
    os.abort()


def burn() -> None:
    while True:
        pass


def sleep() -> None:
    time.sleep(60)


def refuse() -> None:
    raise Strange


def fall() -> None:
    raise RuntimeError("Иван Петров, +7 900 000-00-01")


def environment() -> list[str]:
    return sorted(os.environ)


def write(path: str) -> None:
    Path(path).write_bytes(b"x" * 10)


def talk() -> str:
    os.write(1, b"whatever a library says")
    print("and says", flush=True)  # noqa: T201
    return "answer"
