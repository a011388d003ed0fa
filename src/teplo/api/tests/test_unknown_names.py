"""No operation ignores a name in its query that it does not know, or one that is said twice."""

from __future__ import annotations

import re

import pytest

from teplo.accounts.tokens import create_token
from teplo.api.endpoints import api
from teplo.api.strictness import known_names

pytestmark = pytest.mark.django_db
SMALLEST = {
    ("POST", "/score-tables/from-csv"): ("name=x", "name;points\n"),
    ("GET", "/people/find"): ("kind=email&value=a@example.com", ""),
}
"""What an operation wants before it looks at anything else."""


def operations():
    for prefix, router in api._routers:
        for path, view in router.path_operations.items():
            for operation in view.operations:
                address = "/" + "/".join(part.strip("/") for part in (prefix, path) if part.strip("/"))
                yield from ((method, address, operation) for method in operation.methods)


OPERATIONS = sorted((method, address) for method, address, _operation in operations())


@pytest.fixture
def call(client):
    _token, text = create_token(name="x", role="administrator", by=None)
    headers = {"Authorization": f"Bearer {text}"}

    def ask(method, address, query):
        path = "/api/v1" + re.sub(r"\{[^}]*\}", "1", address)
        return client.generic(method, f"{path}?{query}", "{}", content_type="application/json", headers=headers)

    return ask


@pytest.mark.parametrize("address", [address for method, address in OPERATIONS if method == "GET"])
def test_a_name_that_is_not_known_is_refused_by_name(call, address):
    query, _body = SMALLEST.get(("GET", address), ("", ""))
    answer = call("GET", address, f"{query}&temperatur=hot")
    assert answer.status_code == 422
    assert {"query.temperatur"} == {flaw["place"] for flaw in answer.json()["errors"]}


@pytest.mark.parametrize(("method", "address"), [pair for pair in OPERATIONS if pair[0] != "GET"])
def test_what_changes_something_knows_no_such_name_either(call, method, address):
    query, _body = SMALLEST.get((method, address), ("", ""))
    answer = call(method, address, f"{query}&temperatur=hot")
    assert answer.status_code == 422


@pytest.mark.parametrize("query", ["temperature=hot&temperature=warm", "Temperature=hot", "limit=5&limit=6"])
def test_a_name_said_twice_or_in_another_case_is_refused(call, query):
    assert call("GET", "/people/scores", query).status_code == 422


def test_what_is_known_is_taken(call):
    assert call("GET", "/people/scores", "temperature=hot&grade=ideal&limit=5").status_code == 200


def test_every_operation_is_strict():
    for _method, address, operation in operations():
        assert hasattr(operation.view_func, "__wrapped__"), address
        assert isinstance(known_names(operation), frozenset)
