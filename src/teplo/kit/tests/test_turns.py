"""Writers of one process take turns: in order, the urgent first, and nobody is left behind."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest
from django.db.utils import ConnectionHandler

from teplo.config.databases import database_from
from teplo.kit.testing import PATIENCE
from teplo.kit.turns import Turns, turns_over, urgently


def wait_until_waiting(turns: Turns, count: int) -> None:
    until = time.monotonic() + PATIENCE
    while turns.waiting < count:
        assert time.monotonic() < until
        time.sleep(0.001)


def queue_up(turns: Turns, name: str, order: list[str], *, urgent: bool = False) -> threading.Thread:
    def take() -> None:
        if urgent:
            with urgently():
                assert turns.take(timeout=PATIENCE)
        else:
            assert turns.take(timeout=PATIENCE)
        order.append(name)
        turns.give_back()

    before = turns.waiting
    thread = threading.Thread(target=take)
    thread.start()
    wait_until_waiting(turns, before + 1)
    return thread


def test_turns_come_in_the_order_asked_and_the_urgent_goes_first() -> None:
    turns, order = Turns(), []
    assert turns.take(timeout=PATIENCE)
    threads = [queue_up(turns, name, order) for name in ("first", "second")]
    threads.append(queue_up(turns, "urgent", order, urgent=True))
    turns.give_back()
    for thread in threads:
        thread.join(PATIENCE)
    assert order == ["urgent", "first", "second"]
    assert turns.take(timeout=0)


def test_who_waits_too_long_gives_up_and_blocks_nobody() -> None:
    turns = Turns()
    assert turns.take(timeout=PATIENCE)
    assert not turns.take(timeout=0.01)
    assert turns.waiting == 0
    turns.give_back()
    assert turns.take(timeout=0)


def test_a_file_has_one_queue() -> None:
    assert turns_over("/x/a.sqlite3") is turns_over("/x/a.sqlite3")
    assert turns_over("/x/a.sqlite3") is not turns_over("/x/b.sqlite3")


def test_many_writers_never_hold_the_turn_together() -> None:
    turns, inside, most = Turns(), 0, 0

    def work() -> None:
        nonlocal inside, most
        for _ in range(200):
            assert turns.take(timeout=PATIENCE)
            inside += 1
            most = max(most, inside)
            inside -= 1
            turns.give_back()

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    assert most == 1 and turns.waiting == 0


@pytest.mark.django_db
def test_a_transaction_holds_the_turn_and_gives_it_back(tmp_path: Path) -> None:
    path = f"{tmp_path}/x.sqlite3"
    connections = ConnectionHandler(
        {"default": {"ENGINE": "teplo.kit.sqlite", "NAME": path, "OPTIONS": {"timeout": 1}}}
    )
    connection = connections["default"]
    turns = turns_over(path)
    connection.set_autocommit(False, force_begin_transaction_with_broken_autocommit=True)
    assert not turns.take(timeout=0.01)
    connection.rollback()
    connection.set_autocommit(True)
    assert turns.take(timeout=0.01)
    turns.give_back()
    connection.close()


@pytest.mark.django_db
def test_a_file_is_written_durably_and_its_transactions_take_the_write_lock_at_once(tmp_path: Path) -> None:
    connections = ConnectionHandler({"default": database_from("", tmp_path)})
    connection = connections["default"]

    def pragma(name: str) -> object:
        with connection.cursor() as cursor:
            cursor.execute(f"PRAGMA {name}")
            return cursor.fetchone()[0]

    assert pragma("journal_mode") == "wal"
    assert pragma("synchronous") == 2  # FULL: what was answered survives a power cut
    assert pragma("busy_timeout") >= 5000
    statements: list[str] = []
    connection.connection.set_trace_callback(statements.append)
    connection.set_autocommit(False, force_begin_transaction_with_broken_autocommit=True)
    connection.rollback()
    assert any("BEGIN IMMEDIATE" in statement for statement in statements)
    connection.set_autocommit(True)
    connection.close()


def test_a_turn_somebody_had_to_wait_for_stays_wanted_for_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    turns, order = Turns(), []
    assert turns.take(timeout=PATIENCE) and not turns.is_wanted
    waiter = queue_up(turns, "second", order)
    assert turns.is_wanted
    turns.give_back()
    waiter.join()
    assert turns.waiting == 0 and turns.is_wanted
    later = time.monotonic() + 2
    monkeypatch.setattr(time, "monotonic", lambda: later)
    assert not turns.is_wanted
