"""The description of the API is true: kept in docs/, and what schemathesis makes of it breaks nothing."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from django.test import Client
from django.utils import translation
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import CHECKS

from teplo.accounts.models import Role
from teplo.accounts.tokens import create_token
from teplo.api.describing import EVERYWHERE
from teplo.api.endpoints import api
from teplo.api.problems import ProblemDetails
from teplo.api.testing import Caller
from teplo.config.wsgi import application
from teplo.kit.testing import examples
from teplo.people.testing import make_attribute, make_person
from teplo.scoring.models import ScoreTable
from teplo.scoring.testing import fit, make_table

KEPT = Path(__file__).parents[4] / "docs" / "openapi.json"
LEFT_OUT = ("unsupported_method", "positive_data_acceptance", "missing_required_header", "ignored_auth")
"""What says more of taste than of truth: see docs/api.md on 422; gates have tests of their own."""


def _described() -> dict[str, Any]:
    with translation.override("en"):
        described: dict[str, Any] = json.loads(json.dumps(api.get_openapi_schema(), default=str))
    return described


@pytest.fixture
def schema() -> dict[str, Any]:
    return _described()


def test_the_kept_description_is_current(schema: dict[str, Any]) -> None:
    assert json.loads(KEPT.read_text(encoding="utf-8")) == schema, "run scripts/openapi.py"


@pytest.mark.django_db
def test_the_examples_of_the_documentation_are_taken() -> None:
    make_attribute(key="budget", type="number")
    make_person(email="olena@example.com")
    blocks = re.findall(r"```(json|csv)\n(.*?)```", (KEPT.parent / "api.md").read_text(encoding="utf-8"), re.DOTALL)
    table, sheet, outcomes, problem = (text for _kind, text in blocks)
    caller = Caller()
    assert len(caller.post("/score-tables", json.loads(table)).json()["lines"]) == 3
    made = caller.ask("post", "/score-tables/from-csv", sheet, name="x").json()
    assert (made["hot_from"], made["lines"][1]["cap"], made["lines"][1]["window_days"]) == (25, 9, 30)
    told = caller.post("/outcomes", json.loads(outcomes)).json()
    assert told["accepted"] == 1 and told["errors"][0]["place"] == "outcomes[1].person"
    assert json.loads(problem).keys() <= ProblemDetails.model_fields.keys()


def test_anybody_may_read_the_description(client: Client, schema: dict[str, Any]) -> None:
    answer = client.get("/api/v1/openapi.json")
    assert answer.status_code == 200
    assert set(answer.json()["paths"]) == set(schema["paths"])


def test_every_operation_names_its_problems_and_its_gate(schema: dict[str, Any]) -> None:
    for path, operations in schema["paths"].items():
        if path.endswith("/events"):  # the collector's
            continue
        for operation in operations.values():
            assert set(map(str, EVERYWHERE)) <= set(operation["responses"]), path
            assert operation["security"] == [{"token": []}]
            assert operation["summary"]


def _operations() -> list[Any]:
    described = _described()
    described["paths"].pop("/api/v1/events")  # the collector's
    loaded = schemathesis.openapi.from_dict(described)
    loaded.app = application
    return [found.ok() for found in loaded.get_all_operations()]


OPERATIONS = _operations()


@pytest.fixture
def _one_connection() -> Iterator[None]:
    """A request must not close the connection that holds the test's transaction (as Django's own test client does)."""
    signals = (request_started, request_finished)
    for signal in signals:
        signal.disconnect(close_old_connections)
    yield
    for signal in signals:
        signal.connect(close_old_connections)


@pytest.mark.django_db
@pytest.mark.usefixtures("_one_connection")
@pytest.mark.parametrize("operation", OPERATIONS, ids=[operation.label for operation in OPERATIONS])
def test_whatever_is_sent_the_answer_is_as_described(operation: Any) -> None:
    """With something to find behind id 1, and what is random made anew from the same seed."""
    make_table(fit({"field": "city", "is": "Kyiv"}, 1))
    ScoreTable.objects.create(name="Draft", id=1)
    make_person(id=1, email="a@example.com")
    text = create_token(name="schemathesis", role=Role.ADMINISTRATOR, by=None)[1]
    checks = [check for check in CHECKS.get_all() if check.__name__ in LEFT_OUT]

    @settings(
        max_examples=examples(12),
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy())
    def send(case: Any) -> None:
        case.call_and_validate(headers={"Authorization": f"Bearer {text}"}, excluded_checks=checks)

    send()
