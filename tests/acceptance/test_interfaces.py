"""The REST API beside the collector behind one port, and the command line with a real Ctrl-C."""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from teplo.kit.testing import PATIENCE
from tests.acceptance.installation import Installation, kill, make_installation, wait_for

pytestmark = pytest.mark.acceptance
_TOKEN = """
import django; django.setup()
from teplo.accounts.tokens import create_token
print(create_token(name="t", role="administrator", by=None)[1])
"""
_PEOPLE = """
import django; django.setup()
from datetime import timedelta
from teplo.kit.clock import now
from teplo.people.models import Person
met = now() - timedelta(days=200)
Person.objects.bulk_create([Person(first_name=str(n), city="Kyiv", created_at=met) for n in range(60_000)])
"""


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Installation]:
    with make_installation(tmp_path) as installation:
        yield installation


class Api:
    def __init__(self, place: Installation) -> None:
        self.port, self.token = place.port, place.python("-c", _TOKEN).strip()

    def ask(self, method: str, path: str, body: Any = None, kind: str = "application/json") -> tuple[int, Any]:
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": kind, "Accept-Language": "uk"}
        text = body if isinstance(body, str) else None if body is None else json.dumps(body)
        try:
            line.request(method, f"/api/v1{path}", text.encode() if text else None, headers)
            answer = line.getresponse()
            read = answer.read()
            is_json = "json" in (answer.headers["Content-Type"] or "")
            return answer.status, json.loads(read) if is_json else read.decode()
        finally:
            line.close()


def test_events_come_in_and_scores_go_out_by_the_same_token(place: Installation) -> None:
    api, process = Api(place), place.start("up")
    try:
        place.wait_until_listening()
        event = {"name": "video-watched", "identities": {"email": "olena@example.com"}, "id": "1"}
        assert api.ask("POST", "/events", event) == (202, {"accepted": 1})
        place.wait_until_empty()
        status, found = api.ask("GET", "/people/find?kind=email&value=olena@example.com")
        assert status == 200
        sheet = "criterion;condition;points\nВідео;did «video-watched»;30\n"
        status, table = api.ask("POST", "/score-tables/from-csv?name=Autumn", sheet, "text/csv")
        assert status == 201, table
        status, begun = api.ask("POST", f"/score-tables/{table['id']}/live")
        assert status == 202
        done = f"/jobs/{begun['job']}"
        wait_for(lambda: api.ask("GET", done)[1]["state"] == "done", 60, "nobody is scored", place)
        assert api.ask("GET", f"/people/{found['id']}/score")[1]["total"] == 30
        why = api.ask("GET", f"/people/{found['id']}/explanation")[1]
        assert [(part["name"], part["points"]) for part in why["parts"]] == [("Відео", 30)]
        told = {"outcomes": [{"person": found["id"], "state": "won", "at": "2026-01-01T00:00:00Z", "key": "1"}]}
        assert api.ask("POST", "/outcomes", told) == (200, {"accepted": 1, "errors": []})
        status, problem = api.ask("GET", "/nothing")
        assert (status, problem["title"]) == (404, "Тут нічого немає")
        assert api.ask("GET", "/openapi.json")[0] == 200
    finally:
        kill(process)


def test_ctrl_c_stops_a_back_test_cleanly(place: Installation) -> None:
    place.python("-c", _PEOPLE)
    table = place.one("SELECT id FROM scoring_scoretable WHERE state = 'live'")
    command = [sys.executable, "-m", "teplo.cli", "score", "backtest", str(table), "--moment", "date", "--json"]
    process = subprocess.Popen(
        command, env=place.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    until = time.monotonic() + PATIENCE
    while not place.execute("SELECT id FROM jobs_job WHERE state = 'running' AND kind = 'back-test'"):
        assert time.monotonic() < until and process.poll() is None, process.communicate()
        time.sleep(0.005)
    os.kill(process.pid, signal.SIGINT)
    out, complaints = process.communicate(timeout=PATIENCE)
    assert process.returncode == 130, complaints
    assert json.loads(out)["state"] == "stopped"
    assert place.execute("SELECT state, lease_owner FROM jobs_job WHERE kind = 'back-test'") == [("cancelled", "")]
    assert place.one("SELECT finished_at FROM scoring_backtest") is None
