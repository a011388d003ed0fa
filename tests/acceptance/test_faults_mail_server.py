"""The mail server is killed while letters go out, and comes back: letters wait, it is said why, none goes twice."""

from __future__ import annotations

import http.client
import json
import os
import signal
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from teplo.kit.testing import THOROUGH
from tests.acceptance.installation import Installation, free_port, kill, make_installation, wait_for
from tests.acceptance.letters import MailProcess, fill_outbox

pytestmark = [pytest.mark.acceptance, pytest.mark.faults]

LETTERS = 1_500
KILLS = 2 if THOROUGH else 1  # half a minute each: the first pause of a sender in trouble
CONNECTIONS = 4
_SIGN_IN = """
import json
import django; django.setup()
from teplo.accounts.testing import make_session, make_user
print(json.dumps(make_session(make_user(role="administrator", language="en"))))
"""


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Installation]:
    with make_installation(tmp_path) as installation:
        yield installation


def test_a_mail_server_killed_under_load_and_back_loses_and_doubles_no_letter(place: Installation) -> None:
    mail = MailProcess(place, port=free_port())
    fill_outbox(place, letters=LETTERS, port=mail.port)
    session = json.loads(place.python("-c", _SIGN_IN))
    mail.start()
    process = place.start("up")
    try:
        place.wait_until_listening()
        for number in range(1, KILLS + 1):
            gone = number * LETTERS // 4
            wait_for(lambda gone=gone: mail.received.total() > gone, 90, "letters do not go out", place)  # type: ignore[misc]
            mail.kill()
            wait_for(lambda: place.one("SELECT health FROM channels_sender") != "", 30, "nobody noticed", place)
            _check_said(place, session)
            mail.start()
        _wait_until_sent(place)
        assert place.one("SELECT health FROM channels_sender") == ""
        assert "cannot send now" not in read(place, "/outbox/", session)
        _check_once(place, mail)
        os.kill(process, signal.SIGTERM)
        wait_for(lambda: mail.farewells >= 1, 10, "the last sessions were not ended politely", place)
    finally:
        kill(process)
        mail.kill()


def read(place: Installation, path: str, session: str) -> str:
    line = http.client.HTTPConnection("127.0.0.1", place.port, timeout=10)
    try:
        line.request("GET", path, headers={"Cookie": f"sessionid={session}"})
        answer = line.getresponse()
        assert answer.status == 200, (path, answer.status)
        return answer.read().decode()
    finally:
        line.close()


def _check_said(place: Installation, session: str) -> None:
    """What a human being reads: that and why letters wait, and where to look; the rest of Teplo is well."""
    waiting = "SELECT COUNT(*) FROM channels_delivery WHERE state = 'queued' AND reason = 'sender-trouble'"
    wait_for(lambda: place.one(waiting) > 0, 30, "no letter says that it waits for the server", place)
    outbox = read(place, "/outbox/", session)
    assert "cannot send now" in outbox and "It tries again by itself" in outbox and "Mail server is away" in outbox
    assert "Letters are not going out from" in read(place, "/", session)
    assert json.loads(read(place, "/readyz", session))["ready"]


def _wait_until_sent(place: Installation) -> None:
    """By itself: nobody touches a row. The first pause is half a minute, after each kill."""
    left = "SELECT COUNT(*) FROM channels_delivery WHERE state IN ('queued', 'sending')"
    wait_for(lambda: place.one(left) == 0, 180, "letters stay in the outbox", place)
    place.wait_until_empty()


def _check_once(place: Installation, mail: MailProcess) -> None:
    states = dict(
        place.execute(
            "SELECT i.value, d.state FROM channels_delivery d JOIN people_identity i ON i.person_id = d.person_id"
        )
    )
    received, summary = mail.received, Counter(states.values())
    print(f"{dict(summary)}, received {received.total()}")
    assert len(states) == LETTERS and set(summary) <= {"sent", "uncertain"}
    assert [address for address, times in received.items() if times > 1] == []
    assert [address for address, state in states.items() if state == "sent" and received[address] != 1] == []
    assert summary["uncertain"] <= KILLS * CONNECTIONS
    assert place.one("SELECT COUNT(*) FROM tracking_event WHERE name = 'letter-sent'") == summary["sent"]
