"""A database that is busy or away and a full disk are answered as what they are, and who may read the figures."""

from __future__ import annotations

import sqlite3

import pytest
from django.db import OperationalError
from django.test import Client

from teplo.accounts import passwords
from teplo.accounts.models import Role
from teplo.accounts.testing import make_user
from teplo.accounts.tokens import create_token
from teplo.kit import troubles
from teplo.tracking import health

pytestmark = pytest.mark.django_db


def failing(code: str, text: str = "it failed"):
    def fail(*_arguments, **_named):
        cause = sqlite3.OperationalError(text)
        cause.sqlite_errorname = code
        raise OperationalError(text) from cause

    return fail


@pytest.fixture(autouse=True)
def _forgotten():
    yield
    troubles.note_written()


@pytest.fixture
def visitor() -> Client:
    return Client(raise_request_exception=False, headers={"accept-language": "en"})


@pytest.mark.parametrize(
    ("code", "says", "after"),
    [
        ("SQLITE_BUSY", "Somebody else is writing", "5"),
        ("SQLITE_BUSY_SNAPSHOT", "Somebody else is writing", "5"),
        ("SQLITE_FULL", "The disk is full", "30"),
        ("SQLITE_IOERR_WRITE", "The disk is full", "30"),
        ("SQLITE_READONLY", "Nothing can be written", "30"),
        ("SQLITE_CANTOPEN", "The database does not answer", "30"),
    ],
)
def test_signing_in_says_what_is_wrong_and_when_to_come_again(visitor, monkeypatch, code, says, after):
    make_user(email="a@example.com")
    monkeypatch.setattr(passwords, "authenticate", failing(code))
    answer = visitor.post("/sign-in/", {"email": "a@example.com", "password": "x"})
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, after)
    assert says in answer.content.decode()


def test_a_fault_of_ours_stays_a_500(visitor, monkeypatch):
    monkeypatch.setattr(passwords, "authenticate", failing("SQLITE_ERROR", "near x: syntax error"))
    answer = visitor.post("/sign-in/", {"email": "a@example.com", "password": "x"})
    assert answer.status_code == 500 and "Retry-After" not in answer.headers


def test_the_api_answers_503_with_when_to_come_again(visitor, monkeypatch):
    _token, text = create_token(name="t", role=Role.ADMINISTRATOR, by=None)
    monkeypatch.setattr("teplo.api.tables.new_draft", failing("SQLITE_BUSY"))
    answer = visitor.post(
        "/api/v1/score-tables", {"name": "x", "lines": []}, content_type="application/json",
        headers={"authorization": f"Bearer {text}"},
    )  # fmt: skip
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert answer.json()["code"] == "database-locked"


def test_a_full_disk_is_not_ready(visitor, monkeypatch):
    assert visitor.get("/readyz").status_code == 200
    monkeypatch.setattr(health, "ROOM_NEEDED", 10**18)
    answer = visitor.get("/readyz")
    assert answer.status_code == 503 and answer.json()["disk"].startswith("full")


def test_a_write_that_failed_counts_until_one_succeeds(visitor, monkeypatch):
    monkeypatch.setattr(health, "_takes_a_write", lambda _seconds: False)
    cause = OSError(28, "No space left on device")
    assert troubles.note_trouble(cause) == "full"
    assert visitor.get("/readyz").status_code == 503
    monkeypatch.undo()
    troubles.note_written()
    assert visitor.get("/readyz").status_code == 200


@pytest.mark.parametrize(
    ("address", "headers", "status"),
    [
        ("127.0.0.1", {}, 200),
        ("::1", {}, 200),
        ("203.0.113.5", {}, 401),
        ("", {}, 401),
        ("127.0.0.1", {"x-forwarded-for": "127.0.0.1"}, 401),
        ("127.0.0.1", {"forwarded": "for=127.0.0.1"}, 401),
        ("127.0.0.1", {"x-real-ip": "127.0.0.1"}, 401),
        ("127.0.0.1", {"via": "1.1 proxy"}, 401),
        ("203.0.113.5", {"x-forwarded-for": "127.0.0.1"}, 401),
        ("203.0.113.5", {"authorization": "Bearer nonsense"}, 401),
        ("203.0.113.5", {"authorization": "Basic nonsense"}, 401),
    ],
)
def test_figures_are_for_this_machine_or_a_token(visitor, address, headers, status):
    answer = visitor.get("/metrics", headers=headers, REMOTE_ADDR=address)
    assert answer.status_code == status
    assert ("teplo_inbox_events" in answer.content.decode()) == (status == 200)


def test_a_token_reads_the_figures_from_anywhere_until_it_is_revoked(visitor):
    token, text = create_token(name="prometheus", role=Role.ANALYST, by=None)
    headers = {"authorization": f"Bearer {text}"}
    assert visitor.get("/metrics", headers=headers, REMOTE_ADDR="203.0.113.5").status_code == 200
    type(token).objects.filter(pk=token.pk).update(revoked_at=token.created_at)
    assert visitor.get("/metrics", headers=headers, REMOTE_ADDR="203.0.113.5").status_code == 401
