"""Two workers that stand in each other's way lose nothing: the one the database chooses to end begins again."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.db import DatabaseError, OperationalError, connection

from teplo.accounts.workspace import get_workspace
from teplo.kit.testing import PATIENCE
from teplo.people.models import Identity, Merge, Person
from teplo.people.testing import make_person, make_stranger
from teplo.pipeline import steps, worker, working
from teplo.pipeline.batch import Batch
from teplo.tracking.inbox import put_events
from teplo.tracking.models import DeadLetter, Event, InboxRow, Presence
from teplo.tracking.testing import make_event

pytestmark = [
    pytest.mark.django_db(transaction=True, serialized_rollback=True),
    pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite has one writer: nobody stands in his way"),
]
WORKERS = 2


@pytest.fixture
def inject(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[Batch], None]], None]:
    """Put a step of the test's own after people are found and strangers have joined."""

    def put(step: Callable[[Batch], None]) -> None:
        place = [name for name, _ in steps.STEPS].index("people") + 1
        changed = (*steps.STEPS[:place], ("injected", step), *steps.STEPS[place:])
        monkeypatch.setattr(steps.run, "__defaults__", (changed,))

    return put


def work_until_empty() -> None:
    """Two workers, a parcel at a time, with the loop that every worker has."""
    stop = threading.Event()
    loop = worker.Loop("inbox", lambda owner, _stop: working.run_once(owner, limit=1), rest=0.02, can_be_held=False)
    threads = [threading.Thread(target=worker._turn, args=(loop, f"worker-{n}", stop)) for n in range(WORKERS)]
    for thread in threads:
        thread.start()
    until = time.monotonic() + PATIENCE
    while InboxRow.objects.exists() and time.monotonic() < until:
        time.sleep(0.05)
    stop.set()
    for thread in threads:
        thread.join(PATIENCE)


def test_a_deadlock_between_two_workers_joining_strangers_is_taken_again(inject: Any) -> None:
    """Each has joined a stranger to a person of his own and then wants the other's: nobody can go on."""
    get_workspace()  # made the first time it is asked for, and then both would wait for that
    known = [make_person(email=f"p{number}@example.com") for number in range(WORKERS)]
    for number in range(WORKERS):
        make_stranger(visitor=f"v{number}")
        event = make_event(visitor=f"v{number}", identities={"email": f"p{number}@example.com"}, id=f"e{number}")
        put_events([event, make_event(visitor=f"v{number}", id=f"f{number}")], origin="api")
    together = threading.Barrier(WORKERS, timeout=PATIENCE)
    crossed: set[str] = set()
    failures: list[str] = []

    def cross(batch: Batch) -> None:
        me = threading.current_thread().name
        if me in crossed:
            return
        crossed.add(me)
        mine = batch.events[0].person_id
        Person.objects.filter(pk=mine).update(position="mine")
        together.wait()
        try:
            Person.objects.exclude(pk=mine).filter(pk__in=[one.pk for one in known]).update(position="theirs")
        except DatabaseError as error:
            failures.append(str(getattr(error.__cause__, "sqlstate", "")))
            raise

    inject(cross)
    work_until_empty()
    assert failures == ["40P01"]
    assert not InboxRow.objects.exists() and not DeadLetter.objects.exists()
    assert Event.objects.count() == 2 * WORKERS
    assert dict(Presence.objects.values_list("person_id", "events")) == {one.pk: 2 for one in known}
    assert Merge.objects.count() == WORKERS
    assert set(Person.objects.values_list("pk", flat=True)) == {one.pk for one in known}
    assert dict(Identity.objects.filter(kind="visitor").values_list("value", "person_id")) == {
        f"v{number}": one.pk for number, one in enumerate(known)
    }


@pytest.mark.parametrize("state", ["40P01", "40001"])
def test_events_are_not_blamed_however_often_the_database_gives_up(inject: Any, state: str) -> None:
    """More often than a worker may die with a parcel before it is suspected."""
    put_events([make_event(visitor="v", id=str(number)) for number in range(3)], origin="api")
    left = iter(range(12))

    def give_up(_batch: Batch) -> None:
        if next(left, None) is not None:
            with connection.cursor() as cursor:
                cursor.execute(f"DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '{state}'; END $$")

    inject(give_up)
    for _ in range(12):
        with pytest.raises(OperationalError):
            working.run_once("worker")
        connection.close()
    assert InboxRow.objects.get().attempts == 0
    assert working.run_once("worker") == 3
    assert Event.objects.count() == Presence.objects.get().events == 3
    assert not DeadLetter.objects.exists() and not InboxRow.objects.exists()
