"""`teplo up` and its parts as real processes: they start, say what is wrong, work together and end cleanly."""

from __future__ import annotations

import http.client
import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from teplo.kit.testing import PATIENCE
from tests.acceptance.installation import KEY, Installation, make_installation, wait_for

pytestmark = pytest.mark.acceptance


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Installation]:
    with make_installation(tmp_path) as installation:
        yield installation


NOT_AT_ONCE = 30
"""Seconds: a process that is told to end waits for nobody's next request; keep-alive alone would be a minute."""


def launch(place: Installation, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "teplo.cli", *arguments], env=place.environment, text=True,
        stdout=subprocess.PIPE, stderr=place.log.open("a"),
    )  # fmt: skip


def get(place: Installation, path: str) -> tuple[int, str]:
    line = http.client.HTTPConnection("127.0.0.1", place.port, timeout=PATIENCE)
    line.request("GET", path)
    answer = line.getresponse()
    text = answer.read().decode()
    line.close()
    return answer.status, text


def send(place: Installation, **event: object) -> int:
    line = http.client.HTTPConnection("127.0.0.1", place.port, timeout=PATIENCE)
    body = {"key": KEY, "name": "page-viewed", "visitor": "v1", "url": "https://x.example/prices", **event}
    line.request("POST", "/collect", json.dumps(body), {"Content-Type": "text/plain"})
    status = line.getresponse().status
    line.close()
    return status


_RECORD = """
import django; django.setup()
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
MigrationRecorder(connection).record_{act}(*{migration})
"""


def wait_for_score(place: Installation) -> None:
    wait_for(lambda: place.one("SELECT COUNT(*) FROM scoring_score") == 1, 40, "no score", place)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_up_greets_serves_scores_and_ends_when_it_is_told_to(place: Installation, number: int) -> None:
    process = launch(place, "up", "--port", str(place.port))
    place.wait_until_listening()
    assert process.stdout is not None
    assert f"http://localhost:{place.port}" in process.stdout.readline()
    assert "/welcome/" in process.stdout.readline()
    assert get(place, "/readyz")[0] == 200
    assert "teplo_inbox_events 0" in get(place, "/metrics")[1]
    assert send(place) == 202
    wait_for_score(place)
    began = time.monotonic()
    process.send_signal(number)
    assert process.wait(PATIENCE) == 0
    assert time.monotonic() - began < NOT_AT_ONCE
    assert "has ended" in process.stdout.read()
    process.stdout.close()


def test_it_stays_small(place: Installation) -> None:
    process = launch(place, "up", "--port", str(place.port))
    place.wait_until_listening()
    get(place, "/sign-in/")
    size = psutil.Process(process.pid).memory_info().rss / 1024 / 1024
    process.terminate()
    process.communicate(timeout=PATIENCE)
    assert size < 150, f"{size:.0f} MB"


def test_a_busy_port_is_said_clearly(place: Installation) -> None:
    first = launch(place, "collect", "--port", str(place.port))
    place.wait_until_listening()
    second = subprocess.run(
        [sys.executable, "-m", "teplo.cli", "up", "--port", str(place.port)],
        env=place.environment, capture_output=True, text=True, timeout=PATIENCE,
    )  # fmt: skip
    first.terminate()
    first.communicate(timeout=PATIENCE)
    assert second.returncode == 1
    assert f"Port {place.port} is busy" in second.stderr
    assert "Traceback" not in second.stderr


def test_a_database_that_does_not_answer_is_said_clearly(place: Installation) -> None:
    wrong = {**place.environment, "DATABASE_URL": "postgres://teplo@127.0.0.1:1/nothing"}
    done = subprocess.run(
        [sys.executable, "-m", "teplo.cli", "up", "--port", str(place.port)],
        env=wrong, capture_output=True, text=True, timeout=PATIENCE,
    )  # fmt: skip
    assert done.returncode == 1
    assert "The database does not answer" in done.stderr
    assert "Traceback" not in done.stderr


def test_collector_and_worker_work_as_separate_processes(place: Installation) -> None:
    processes = [launch(place, "collect", "--port", str(place.port)), launch(place, "work")]
    place.wait_until_listening()
    assert get(place, "/people/")[0] == 404
    assert get(place, "/readyz")[0] == 200
    assert send(place) == 202
    wait_for_score(place)
    for process in processes:
        process.send_signal(signal.SIGTERM)
    for process in processes:
        began = time.monotonic()
        process.communicate(timeout=PATIENCE)
        assert process.returncode == 0
        assert time.monotonic() - began < NOT_AT_ONCE


def test_a_worker_waits_for_the_tables_it_needs_and_goes_on_by_itself(place: Installation) -> None:
    migration = ("scoring", "0001_initial")
    place.python("-c", _RECORD.format(act="unapplied", migration=migration))
    processes = [launch(place, "collect", "--port", str(place.port)), launch(place, "work")]
    place.wait_until_listening()
    status, text = get(place, "/readyz")
    assert status == 503 and "missing: scoring.0001_initial: teplo migrate" in text
    assert send(place) == 202
    wait_for(lambda: "waiting_for_tables" in place.log.read_text(), 20, "the worker said nothing", place)
    assert place.one("SELECT COUNT(*) FROM tracking_event") == 0
    place.python("-c", _RECORD.format(act="applied", migration=migration))
    wait_for_score(place)
    assert place.one("SELECT COUNT(*) FROM tracking_deadletter") == 0
    for process in processes:
        process.terminate()
        process.communicate(timeout=PATIENCE)


def test_logs_are_json_and_hold_no_personal_data(place: Installation) -> None:
    process = launch(place, "up", "--port", str(place.port))
    place.wait_until_listening()
    send(place, visitor=None, identities={"phone": "secret-phone-number"})
    wait_for(lambda: place.one("SELECT COUNT(*) FROM tracking_deadletter") == 1, 40, "no dead letter", place)
    process.terminate()
    process.communicate(timeout=PATIENCE)
    lines = [json.loads(line) for line in place.log.read_text().splitlines() if line.startswith("{")]
    assert any(line["event"] == "dead_letter" for line in lines)
    assert "secret-phone-number" not in place.log.read_text()
