"""How many statements each page asks: below a ceiling, and no more for many people and things than for few."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from teplo.kit.clock import at_moment
from tests.acceptance.furnished import AREAS, ENDS, Page, area_of, every_page, furnish

pytestmark = [pytest.mark.django_db, pytest.mark.acceptance]

FEW, MANY = {"size": 1, "strangers": 40}, {"size": 14, "strangers": 110}
"""A question per thing would grow by a dozen and more."""
MAY_GROW = 8
"""What a page asks besides because something is there at all."""
CEILING = 60
HIGHER = {
    "journey-simulate": (250, "lives through sixty days: a question per day and step, whoever walks"),
}
PRINTED = {"review-pdf"}
"""The same page as `review`, and a printer that takes seconds."""
Counts = dict[str, int]
"""Name of an address → the most statements that one of its pages asked."""


def count(page: Page, known: Client, anybody: Client) -> int | None:
    """The statements of a page that shows something; None for what does not."""
    with CaptureQueriesContext(connection) as asked:
        answer = (anybody if page.is_public else known).get(page.path, headers={"HX-Request": "true"})
    return len(asked) if answer.status_code == 200 else None


def walk(size: dict[str, int], blocker: Any) -> dict[str, Counts]:
    """Area → what its pages asked in a company of this size."""
    found: dict[str, Counts] = {area: {} for area in (*AREAS, "others")}
    with blocker.unblock(), transaction.atomic(), at_moment(ENDS):
        company = furnish(**size)
        known, anybody = Client(), Client()
        known.force_login(company.owner)
        for page in [page for page in every_page(company) if page.name not in PRINTED]:
            asked = count(page, known, anybody)
            if asked is not None:
                counts = found[area_of(page)]
                counts[page.name] = max(asked, counts.get(page.name, 0))
        transaction.set_rollback(True)
    return found


@pytest.fixture(scope="module")
def counted(django_db_setup: None, django_db_blocker: Any) -> Iterator[tuple[dict[str, Counts], dict[str, Counts]]]:
    yield walk(FEW, django_db_blocker), walk(MANY, django_db_blocker)


@pytest.mark.parametrize("area", [*AREAS, "others"])
def test_no_page_asks_more_because_there_are_more(counted: Any, area: str) -> None:
    few, many = (counts[area] for counts in counted)
    assert len(few) > 8
    grown = {name: (few[name], many[name]) for name in few if many.get(name, 0) > few[name] + MAY_GROW}
    assert grown == {}


@pytest.mark.parametrize("area", [*AREAS, "others"])
def test_no_page_asks_more_than_the_ceiling(counted: Any, area: str) -> None:
    _few, many = (counts[area] for counts in counted)
    ceilings = {name: HIGHER.get(name, (CEILING, ""))[0] for name in many}
    assert {name: asked for name, asked in many.items() if asked > ceilings[name]} == {}
