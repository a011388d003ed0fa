"""A full disk, a locked database and a proxy in front, with a real server: what is answered, stored and logged."""

from __future__ import annotations

import http.client
import json
import resource
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from teplo.tracking.incoming import event_id
from tests.acceptance.installation import KEY, ORIGIN, Installation, make_installation, wait_for

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(900)]
_TOKEN = """
import django; django.setup()
from teplo.accounts.tokens import create_token
print(create_token(name="t", role="analyst", by=None)[1])
"""


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Installation]:
    with make_installation(tmp_path) as installation:
        if installation.url:
            pytest.skip("the disk and the lock of an SQLite file")
        yield installation


def launch(place: Installation, *, log: Any = None, **more: str) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-m", "teplo.cli", "up", "--port", str(place.port)], env=place.environment | more, text=True,
        stdout=subprocess.DEVNULL, stderr=log or place.log.open("a"),
    )  # fmt: skip
    place.wait_until_listening()
    return process


def end(process: subprocess.Popen[str]) -> None:
    process.send_signal(signal.SIGKILL)
    process.communicate()


def ask(place: Installation, method: str, path: str, body: str | None = None, **headers: str) -> tuple[int, Any, str]:
    line = http.client.HTTPConnection("127.0.0.1", place.port, timeout=90)
    line.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
    answer = line.getresponse()
    text = answer.read().decode()
    line.close()
    return answer.status, answer.headers, text


def send(place: Installation, name: str, size: int = 0, **headers: str) -> int:
    event = {"key": KEY, "id": name, "name": "page-viewed", "visitor": name, "properties": {"x": "y" * size}}
    return ask(place, "POST", "/collect", json.dumps(event), Content_Type="text/plain", **headers)[0]


def stored(place: Installation) -> set[int]:
    place.wait_until_empty()
    return {row[0] for row in place.execute("SELECT id FROM tracking_event")}


def test_a_full_disk_is_said_and_nothing_is_stored_that_was_refused(place: Installation) -> None:
    process = launch(place, log=subprocess.PIPE)  # a file of the log would be full too
    try:
        taken, refused = [], []
        for number in range(20):
            if number == 10:  # no file may grow or be written behind this place any more
                resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (2_000, resource.RLIM_INFINITY))
            status = send(place, f"e{number}", 20_000)
            (taken if status == 202 else refused).append(f"e{number}")
            assert status in (202, 503)
        assert len(taken) >= 10 and len(refused) >= 5
        status, _headers, text = ask(place, "GET", "/readyz")
        assert status == 503 and json.loads(text)["disk"].startswith("full"), text
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        assert send(place, "after") == 202
        wait_for(lambda: ask(place, "GET", "/readyz")[0] == 200, 30, "it does not recover", place)
        there = stored(place)
        assert {event_id(origin=ORIGIN, client_id=name) for name in [*taken, "after"]} <= there
        assert not {event_id(origin=ORIGIN, client_id=name) for name in refused} & there
    finally:
        process.kill()
        _out, log = process.communicate()
    assert '"event": "disk_trouble"' in log and '"trouble": "full"' in log


def test_a_locked_database_is_waited_for_or_said_and_never_a_fault(place: Installation) -> None:
    process = launch(place)
    try:
        answers: dict[str, tuple[int, Any]] = {}

        def sign_in() -> None:
            status, headers, _text = ask(place, "GET", "/sign-in/")
            token = str(headers["Set-Cookie"]).partition("=")[2].partition(";")[0]
            body = f"email=a%40example.com&password=x&csrfmiddlewaretoken={token}"
            locked.wait()
            status, headers, _text = ask(
                place, "POST", "/sign-in/", body, Cookie=f"csrftoken={token}",
                Content_Type="application/x-www-form-urlencoded",
            )  # fmt: skip
            answers["sign-in"] = (status, headers["Retry-After"])

        locked = threading.Event()
        thread = threading.Thread(target=sign_in)
        thread.start()
        writer = sqlite3.connect(place.home / "teplo.sqlite3", timeout=30, isolation_level=None)
        time.sleep(2)
        writer.execute("BEGIN IMMEDIATE")
        locked.set()
        names = ("l0", "l1")
        with ThreadPoolExecutor(len(names)) as senders:
            statuses = dict(zip(names, senders.map(lambda name: send(place, name), names), strict=True))
        thread.join(80)
        writer.execute("ROLLBACK")
        writer.close()
        status, retry_after = answers["sign-in"]
        assert status == 503 and int(retry_after) > 0
        assert set(statuses.values()) <= {202, 503}
        assert send(place, "after") == 202
        there = stored(place)
        for name, said in statuses.items():
            assert (event_id(origin=ORIGIN, client_id=name) in there) == (said == 202)
    finally:
        end(process)


def test_only_a_trusted_proxy_says_whose_request_it_is(place: Installation) -> None:
    """With one trusted proxy (here: this machine) each visitor has a pace of their own; without, all share one."""
    lie = {"X_Forwarded_For": "127.0.0.1"}
    process = launch(place, TEPLO_COLLECT_RATE="0.01", TEPLO_TRUSTED_PROXIES="127.0.0.0/8")
    try:
        token = place.python("-c", _TOKEN).strip()
        many = json.dumps({"key": KEY, "events": [{"name": "page-viewed", "visitor": "v"}] * 500})
        kind = {"Content_Type": "text/plain"}
        assert [ask(place, "POST", "/collect", many, X_Forwarded_For="203.0.113.5", **kind)[0] for _ in "123"] == [
            202, 202, 429,
        ]  # fmt: skip
        spoofed = {"X_Forwarded_For": "198.51.100.9, 203.0.113.5"}
        assert ask(place, "POST", "/collect", many, **spoofed, **kind)[0] == 429
        assert ask(place, "POST", "/collect", many, X_Forwarded_For="203.0.113.6", **kind)[0] == 202
        assert ask(place, "GET", "/metrics")[0] == 200
        assert ask(place, "GET", "/metrics", **lie)[0] == 401
        assert ask(place, "GET", "/metrics", **lie, Authorization=f"Bearer {token}")[0] == 200
    finally:
        end(process)
    process = launch(place, TEPLO_COLLECT_RATE="0.01")
    try:
        for number, expected in enumerate((202, 202, 429)):
            named = {"X_Forwarded_For": f"203.0.113.{number}"}
            assert ask(place, "POST", "/collect", many, **named, **kind)[0] == expected
        assert ask(place, "GET", "/metrics", **lie)[0] == 401
        assert "proxy_not_trusted" in place.log.read_text()
    finally:
        end(process)
