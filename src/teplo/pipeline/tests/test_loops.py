"""The loops of a worker: they outlive failures, and give memory back once when there is nothing to do."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from teplo.kit.testing import PATIENCE
from teplo.pipeline import worker
from teplo.pipeline.worker import Loop

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)


def run_loop(turn: Callable[[int], int], turns: int) -> None:
    """Take so many turns of a loop in a thread, as a worker does."""
    stop, taken = threading.Event(), 0

    def counted(owner: str, is_over: Callable[[], bool]) -> int:
        nonlocal taken
        taken += 1
        if taken == turns:
            stop.set()
        return turn(taken)

    thread = threading.Thread(target=worker._turn, args=(Loop("test", counted, rest=0.001), "test", stop))
    thread.start()
    thread.join(PATIENCE)
    assert taken == turns


def test_memory_goes_back_once_after_work_and_not_while_it_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[int] = []
    at = 0

    def turn(number: int) -> int:
        nonlocal at
        at = number
        return 1 if number <= 3 else 0

    monkeypatch.setattr(worker, "IDLE_SECONDS", -1.0)
    monkeypatch.setattr(worker, "give_memory_back", lambda: given.append(at))
    run_loop(turn, turns=8)
    assert given == [4]


def test_giving_memory_back_harms_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "IDLE_SECONDS", -1.0)
    run_loop(lambda number: 1 if number % 2 else 0, turns=6)


def test_a_loop_that_fails_goes_on() -> None:
    done: list[int] = []

    def turn(number: int) -> int:
        if number == 2:
            raise ZeroDivisionError
        done.append(number)
        return 0

    run_loop(turn, turns=4)
    assert done == [1, 3, 4]
