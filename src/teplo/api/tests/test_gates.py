"""Every operation as nobody, with a wrong token, and as each role: found by its description, so none is forgotten."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client

from teplo.accounts.access import RIGHTS
from teplo.accounts.models import ApiToken, Role
from teplo.accounts.testing import make_user
from teplo.accounts.tokens import revoke_token
from teplo.api import access
from teplo.api.access import Token
from teplo.api.endpoints import api
from teplo.api.testing import Caller
from teplo.kit.ids import new_id

pytestmark = pytest.mark.django_db

_IDS = ("table_id", "person_id", "job_id", "backtest_id", "learning_id", "review_id", "decision_id")


def operations() -> list[tuple[str, str, Any]]:
    """Method, path with an id that nobody has, and the operation."""
    found = []
    for bound in api._get_bound_routers():
        for path, view in bound.path_operations.items():
            address = f"{bound.prefix}{path}".replace("//", "/").rstrip("/")
            for parameter in _IDS:
                address = address.replace(f"{{{parameter}}}", str(new_id()))
            found += [(method, address, operation) for operation in view.operations for method in operation.methods]
    return found


OPERATIONS = operations()
NAMES = [f"{method} {operation.view_func.__name__}" for method, _path, operation in OPERATIONS]


def test_there_is_something_to_walk() -> None:
    assert len(OPERATIONS) >= 12
    assert all("{" not in path for _method, path, _operation in OPERATIONS)


@pytest.mark.parametrize(("method", "path", "operation"), OPERATIONS, ids=NAMES)
def test_nobody_gets_in_without_a_token(method: str, path: str, operation: Any) -> None:
    answer = Caller(None).ask(method, path)
    assert answer.status_code == 401
    assert answer["WWW-Authenticate"] == "Bearer"
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["code"] == "token-unknown"


@pytest.mark.parametrize(("method", "path", "operation"), OPERATIONS, ids=NAMES)
def test_each_role_gets_in_exactly_where_it_may(method: str, path: str, operation: Any) -> None:
    gate = operation.auth_callbacks[0]
    assert isinstance(gate, Token) and gate.rights, "auth=Token(Right.…) is missing"
    for role in (*Role.values, "nobody"):
        status = Caller(role).ask(method, path).status_code
        may = any(right in RIGHTS.get(role, ()) for right in gate.rights)
        assert (status != 403) is may, (role, status)
        assert status < 500


def test_a_wrong_or_revoked_token_is_nobody() -> None:
    caller = Caller()
    assert caller.get("/jobs").status_code == 200
    revoke_token(token_id=ApiToken.objects.get().pk)
    assert caller.get("/jobs").status_code == 401
    for header in ("Bearer nonsense", "Basic Og==", "", "Bearer " + "x" * 10_000, "Bearer \u00e9"):
        assert Client().get("/api/v1/jobs", headers={"Authorization": header}).status_code == 401


def test_a_signed_in_browser_is_nobody_here(client: Client) -> None:
    client.force_login(make_user(role=Role.ADMINISTRATOR))
    assert client.get("/api/v1/jobs").status_code == 401


def test_whoever_is_too_fast_is_asked_to_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(access.pace, "rate", 1.0)
    monkeypatch.setattr(access.pace, "burst", 3.0)
    caller, other = Caller(), Caller()
    answers = [caller.get("/jobs") for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert answers[-1]["Retry-After"] == "1" or int(answers[-1]["Retry-After"]) > 0
    assert other.get("/jobs").status_code == 200


def test_guessing_tokens_is_slowed_down(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(access._guesses, "rate", 0.5)
    monkeypatch.setattr(access._guesses, "burst", 2.0)
    nobody = Caller(None)
    assert [nobody.get("/jobs").status_code for _ in range(3)] == [401, 401, 429]
    assert Caller().get("/jobs").status_code == 200


@pytest.mark.parametrize(
    ("language", "said"),
    [("ru", "Такого адреса нет"), ("uk-UA,ru;q=0.5", "Такої адреси немає"), ("en", "There is no such address")],
)
def test_an_unknown_address_is_a_problem_in_the_callers_language(language: str, said: str) -> None:
    answer = Caller(language=language).get("/nothing/of/the/sort")
    assert answer.status_code == 404
    assert said in json.loads(answer.content)["detail"]
