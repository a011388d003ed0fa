"""Whatever a plain visit of any address answers is a whole page with a title and a language, never a part of one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import transaction
from django.http import HttpResponse
from django.test import Client

from teplo.kit.clock import at_moment
from tests.acceptance.furnished import AREAS, ENDS, Company, furnish, pages_in

pytestmark = [pytest.mark.django_db, pytest.mark.acceptance]

PLAIN: dict[str, str] = {}
FROM_HISTORY = {"HX-Request": "true", "HX-History-Restore-Request": "true"}
"""What htmx sends when the reader goes back to a page it does not keep any more."""
BEGINS = re.compile(r'\s*<!doctype html>\s*<html lang="(ru|uk|en)"', re.IGNORECASE)
TITLE = re.compile(r"<title>\s*[^<\s·][^<]*</title>")


@pytest.fixture(scope="module")
def company(django_db_setup: None, django_db_blocker: Any) -> Iterator[Company]:
    with django_db_blocker.unblock(), transaction.atomic(), at_moment(ENDS):
        yield furnish()
        transaction.set_rollback(True)


def is_html(answer: Any) -> bool:
    return answer.status_code == 200 and "text/html" in answer.get("Content-Type", "")


def is_whole(answer: HttpResponse) -> bool:
    text = answer.content.decode()
    return bool(BEGINS.match(text) and TITLE.search(text))


@pytest.mark.parametrize("area", [*AREAS, "others"])
@pytest.mark.parametrize("asked", [PLAIN, FROM_HISTORY], ids=["plain", "from-history"])
def test_every_address_answers_a_whole_page_or_leads_to_one(company: Company, asked: dict[str, str], area: str) -> None:
    known, anybody = Client(), Client()
    known.force_login(company.owner)
    parts, whole = [], 0
    for page in pages_in(company, area):
        answer = (anybody if page.is_public else known).get(page.path, headers=asked)
        assert answer.status_code in {200, 204, 302, 405, 410}, f"{page.name}: {answer.status_code} {page.path}"
        if is_html(answer):
            whole += 1
            if not is_whole(answer):
                parts.append(f"{page.name}: {page.path}")
    assert parts == []
    assert whole > 10


def test_a_part_is_still_answered_to_the_page_it_belongs_to(company: Company) -> None:
    client = Client()
    client.force_login(company.owner)
    story = f"/people/{company.person.pk}/story/"
    part = client.get(story, headers={"HX-Request": "true"})
    assert part.status_code == 200
    assert not is_whole(part)
    visit = client.get(story, {"part": "notes"})
    assert visit["Location"] == f"/people/{company.person.pk}/?part=notes"
    assert {"HX-Request", "HX-History-Restore-Request"} <= {name.strip() for name in visit["Vary"].split(",")}
    assert client.get("/people/12345/story/").status_code == 404
