"""A whole Teplo of its own for a test: database, processes, load, and what must hold afterwards."""

from __future__ import annotations

import http.client
import json
import os
import random
import secrets
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

import psycopg

from teplo.demo.streaming import stream_events
from teplo.kit.testing import PATIENCE
from teplo.tracking.incoming import event_id

KEY = "faults"
BROWSER = {
    "User-Agent": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36"
}
"""Page views that name no browser are a machine's and are not counted."""
SITE = 7
ORIGIN = f"site:{SITE}"


class Installation:
    """Processes and the database they share. Reads the tables directly, never through the code under test."""

    def __init__(self, home: Path, *, database_url: str = "", port: int) -> None:
        self.home = home
        self.url = database_url
        self.port = port
        home.mkdir(parents=True, exist_ok=True)
        self.log = home / "log"
        self.environment = {
            **{
                name: value
                for name, value in os.environ.items()
                if not name.startswith(("TEPLO_", "DJANGO_", "PYTEST_"))
            },
            "TEPLO_HOME": str(home),
            "DATABASE_URL": database_url,
            "TEPLO_SECRET": "faults",
            "DJANGO_SETTINGS_MODULE": "teplo.config.settings",
            "TEPLO_COLLECT_RATE": "0",
            "PYTHONWARNINGS": "ignore",
        }
        self.python("-c", _SET_UP)
        self._spawner: subprocess.Popen[str] | None = None

    def python(self, *arguments: str) -> str:
        """Run a short Python program of this installation; answers what it printed."""
        done = subprocess.run(
            [sys.executable, *arguments], env=self.environment, capture_output=True, text=True, timeout=PATIENCE
        )
        assert done.returncode == 0, done.stderr[-3000:]
        return done.stdout

    def start(self, kind: str) -> int:
        """A new process: up, collect or work; answers its id."""
        arguments = [kind] if kind == "work" else [kind, "--port", str(self.port)]
        spawner = self._spawner = self._spawner or self._start_spawner()
        assert spawner.stdin is not None and spawner.stdout is not None
        spawner.stdin.write("\t".join([str(self.log), *arguments]) + "\n")
        spawner.stdin.flush()
        return int(spawner.stdout.readline())

    def _start_spawner(self) -> subprocess.Popen[str]:
        spawner = subprocess.Popen(
            [sys.executable, str(Path(__file__).parent / "spawner.py")],
            env=self.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            stderr=self.log.open("a"),
            start_new_session=True,
        )
        assert spawner.stdout is not None and spawner.stdout.readline() == "ready\n", self.log.read_text()
        return spawner

    def stop(self) -> None:
        """Nothing that was started lives on: the spawner and its children are one group."""
        if self._spawner is not None:
            os.killpg(self._spawner.pid, signal.SIGKILL)
            self._spawner.communicate()

    def execute(self, statement: str) -> list[tuple[Any, ...]]:
        if self.url:
            for _ in range(5):  # a test that meddles with leases may deadlock with a worker; it is the one to wait
                with (
                    suppress(psycopg.errors.DeadlockDetected),
                    psycopg.connect(self.url, autocommit=True) as connection,
                ):
                    cursor = connection.execute(statement)  # type: ignore[call-overload]
                    return cursor.fetchall() if cursor.description else []
            raise AssertionError(f"deadlocked five times: {statement}")
        connection = sqlite3.connect(self.home / "teplo.sqlite3", timeout=30)
        try:
            rows = connection.execute(statement).fetchall()
            connection.commit()
            return rows
        finally:
            connection.close()

    def one(self, statement: str) -> Any:
        return self.execute(statement)[0][0]

    def wait_until_listening(self, *, timeout: float = PATIENCE) -> None:
        wait_for(lambda: _is_alive(self.port), timeout, "nobody listens", self)

    def wait_until_empty(self, *, timeout: float = PATIENCE) -> None:
        wait_for(lambda: self.one("SELECT COUNT(*) FROM tracking_inboxrow") == 0, timeout, "the inbox stays full", self)

    def check_counted_once(self, load: Load) -> None:
        """Every acknowledged event is there once, and everything derived from events agrees with them."""
        stored = {row[0] for row in self.execute("SELECT id FROM tracking_event")}
        count = self.one("SELECT COUNT(*) FROM tracking_event")
        assert count == len(stored)
        lost = [name for name in load.acknowledged if event_id(origin=ORIGIN, client_id=name) not in stored]
        letters = self.execute("SELECT step, error FROM tracking_deadletter LIMIT 3")
        assert not letters, letters
        assert not lost, f"{len(lost)} of {len(load.acknowledged)} acknowledged events are lost"
        sent = {event_id(origin=ORIGIN, client_id=name) for name in load.sent}
        assert stored <= sent
        tallied = (
            "SELECT COALESCE(SUM(t.count), 0) FROM tracking_tally t "
            "JOIN tracking_activity a ON a.id = t.activity_id WHERE a.key = 'page-viewed'"
        )
        assert self.one(tallied) == self.one("SELECT COUNT(*) FROM tracking_event WHERE name = 'page-viewed'")
        assert self.one("SELECT COALESCE(SUM(events), 0) FROM tracking_presence") == count
        per_person = (
            "SELECT COUNT(*) FROM (SELECT person_id, COUNT(*) AS n FROM tracking_event GROUP BY person_id) e "
            "LEFT JOIN tracking_presence p ON p.person_id = e.person_id WHERE p.events IS NULL OR p.events <> e.n"
        )
        assert self.one(per_person) == 0
        visitors = self.one("SELECT COUNT(DISTINCT value) FROM people_identity WHERE kind = 'visitor'")
        assert visitors == self.one("SELECT COUNT(*) FROM people_person")
        known = self.one("SELECT COUNT(DISTINCT person_id) FROM people_identity WHERE kind = 'email'")
        assert known == self.one("SELECT COUNT(*) FROM people_identity WHERE kind = 'email'")
        assert int(self.python("-c", _RESCORED)) == 0, "scores differ from what the table says"


_SET_UP = f"""
import django; django.setup()
from django.core.management import call_command
from teplo.scoring import presets
from teplo.scoring.models import ScoreTable, TableState
from teplo.tracking.models import Site
call_command("migrate", verbosity=0)
Site.objects.create(id={SITE}, name="x", key="{KEY}")
if not ScoreTable.objects.filter(state=TableState.LIVE).exists():
    presets.install(state=TableState.LIVE)
"""
_RESCORED = """
import django; django.setup()
from teplo.scoring.models import ScoreChange
from teplo.scoring.rescoring import rescore
from teplo.kit.clock import now
before = ScoreChange.objects.count()
rescore(person_ids=None, cause="table", at=now())
print(ScoreChange.objects.count() - before)
"""


@contextmanager
def make_installation(folder: Path) -> Iterator[Installation]:
    """On SQLite, or in a database of its own on the server that TEST_DATABASE_URL names."""
    server, url, name = os.environ.get("TEST_DATABASE_URL", ""), "", f"faults_{secrets.token_hex(4)}"
    if server:
        _ask(server, f"CREATE DATABASE {name}")
        url = f"{server.rpartition('/')[0]}/{name}"
    try:
        installation = Installation(folder / "home", database_url=url, port=free_port())
        try:
            yield installation
        finally:
            installation.stop()
    finally:
        if url:
            _ask(server, f"DROP DATABASE {name} WITH (FORCE)")


def _ask(server: str, statement: str) -> None:
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(statement)  # type: ignore[call-overload]


def free_port() -> int:
    """A port nobody listens on just now, below those that outgoing connections get, and in a range of this test
    worker's own: a process killed again and again must find it free each time."""
    lowest = 20_000 + 1_000 * (int(os.environ.get("PYTEST_XDIST_WORKER", "gw0")[2:]) % 12)
    while True:
        port = random.SystemRandom().randrange(lowest, lowest + 1_000)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


@dataclass
class Load:
    """Senders that post what the example company's strangers do, some events alone, some in batches, and send again
    whatever was not acknowledged. All senders post of the same strangers."""

    port: int
    seed: int
    senders: int = 4
    strangers: int = 60
    acknowledged: set[str] = field(default_factory=set)
    sent: set[str] = field(default_factory=set)
    statuses: dict[int, int] = field(default_factory=dict)
    broken: int = 0
    _stop: threading.Event = field(default_factory=threading.Event)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @contextmanager
    def running(self) -> Iterator[Load]:
        threads = [threading.Thread(target=self._send, args=(number,), daemon=True) for number in range(self.senders)]
        for thread in threads:
            thread.start()
        try:
            yield self
        finally:
            self._stop.set()
            for thread in threads:
                thread.join(20)

    def _send(self, number: int) -> None:
        chance = random.Random(self.seed * 100 + number)
        deeds = stream_events(seed=self.seed, strangers=self.strangers, chance=chance)
        line: http.client.HTTPConnection | None = None
        pending: dict[str, dict[str, Any]] = {}
        while not (self._stop.is_set() and not pending):
            if not pending:
                for deed in islice(deeds, chance.choice((1, 1, 1, 5, 20))):
                    name = uuid.UUID(int=chance.getrandbits(128)).hex
                    pending[name] = {"id": name, **deed}
                with self._lock:
                    self.sent.update(pending)
            line = line or http.client.HTTPConnection("127.0.0.1", self.port, timeout=12)
            try:
                status = self._post(line, list(pending.values()))
            except (OSError, http.client.HTTPException):
                line.close()
                line = None
                self.broken += 1
                if self._stop.is_set() and chance.random() < 0.2:
                    return
                time.sleep(0.03)
                continue
            with self._lock:
                self.statuses[status] = self.statuses.get(status, 0) + 1
                if status == 202:
                    self.acknowledged.update(pending)
            if status == 202:
                # Now and then an impatient sender repeats what was acknowledged long ago.
                pending = {} if chance.random() > 0.03 else pending
            else:
                time.sleep(0.05)

    def _post(self, line: http.client.HTTPConnection, events: list[dict[str, Any]]) -> int:
        body = {"key": KEY, "events": events} if len(events) > 1 else {"key": KEY, **events[0]}
        line.request("POST", "/collect", json.dumps(body), {"Content-Type": "text/plain", **BROWSER})
        answer = line.getresponse()
        answer.read()
        return answer.status


def kill(process: int) -> None:
    """Kill -9, and wait until it is really gone, as whoever starts it anew does: a dying one still holds its port."""
    until = time.monotonic() + 30
    with suppress(ProcessLookupError):
        os.kill(process, signal.SIGKILL)
        while time.monotonic() < until:
            os.kill(process, 0)
            time.sleep(0.002)
        raise AssertionError(f"process {process} outlives kill -9")


def wait_for(what: Callable[[], bool], timeout: float, why: str, installation: Installation) -> None:
    until = time.monotonic() + max(timeout, PATIENCE)
    while time.monotonic() < until:
        with suppress(sqlite3.Error, psycopg.Error):
            if what():
                return
        time.sleep(0.05)
    log = installation.log.read_text()[-3000:]
    raise AssertionError(f"{why} after {max(timeout, PATIENCE)} s\n{log}")


def _is_alive(port: int) -> bool:
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        line.request("GET", "/healthz")
        return line.getresponse().status == 200
    except OSError:
        return False
    finally:
        line.close()
