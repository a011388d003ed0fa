"""The condition builder in a real browser: building, the text form, mistakes, saving."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from teplo.accounts.testing import make_session, make_user
from teplo.people.models import Segment
from teplo.people.testing import make_person
from teplo.tracking.models import Activity
from tests.acceptance.browsing import AXE, browser, chromium, signed_in, violations

pytestmark = [
    pytest.mark.acceptance,
    pytest.mark.django_db(transaction=True, serialized_rollback=True),
    pytest.mark.skipif(chromium() is None, reason="no Chromium: see scripts/chromium.sh"),
]


@pytest.fixture
def page(live_server: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Page]:
    monkeypatch.setitem(os.environ, "DJANGO_ALLOW_ASYNC_UNSAFE", "true")
    Activity.objects.update_or_create(key="page-viewed", defaults={"names": {"en": "Viewed a page"}})
    for city in ("Kyiv", "Kyiv", "Lviv"):
        make_person(city=city)
    session = make_session(make_user(role="marketer", language="en"))
    with browser() as running, signed_in(running, live_server.url, session) as (opened, complaints):
        opened.goto(f"{live_server.url}/people/segments/new/")
        opened.locator(".conditions-row").first.wait_for()  # the builder has taken the page over
        yield opened
        assert complaints == [] or opened.evaluate("'axe' in window")  # axe-core writes inline styles of its own


def value(page: Page) -> Any:
    return json.loads(page.locator("[data-conditions-value]").input_value())


def test_a_segment_is_built_by_hand(page: Page) -> None:
    row = page.locator(".conditions-row").first
    row.locator("select").first.select_option("city")
    row.locator("input").fill("kyiv")
    expect(page.locator("[data-conditions-count]")).to_have_text("2 people")
    expect(page.locator("[data-conditions-sentence]")).to_have_text("City is “kyiv”")

    page.get_by_role("button", name="+ Group").click()
    deed = page.locator(".conditions-group .conditions-group .conditions-row").first
    deed.locator("select").nth(0).select_option("!did_not")
    deed.locator("select").nth(1).select_option("page-viewed")
    deed.locator("select").nth(2).select_option("within")
    expect(page.locator("[data-conditions-sentence]")).to_contain_text("did not do “Viewed a page” in the last 30 days")
    expected = {"any": [{"did_not": "page-viewed", "within": "30d"}]}
    assert value(page) == {"all": [{"field": "city", "is": "kyiv"}, expected]}

    page.get_by_label("Name").fill("From Kyiv")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("From Kyiv: 2 people")
    assert Segment.objects.get().condition["all"][0] == {"field": "city", "is": "kyiv"}


@pytest.mark.skipif(not AXE.exists(), reason="front-end packages are not set up: scripts/assets.py")
def test_the_builder_is_accessible_with_every_kind_of_row(page: Page, live_server: Any) -> None:
    parts = [
        {"field": "city", "in": ["Kyiv", "Lviv"]},
        {"score": {"between": [1, 5]}},
        {"field": "created", "within": "7d"},
        {"any": [{"did": "page-viewed", "at_least": 2, "within": "7d"}, {"field": "anonymous", "is": False}]},
    ]
    page.goto(f"{live_server.url}/people/segments/new/?condition={json.dumps({'all': parts})}")
    expect(page.locator(".conditions-row")).to_have_count(5)
    assert violations(page) == []


def test_a_field_is_put_into_the_text_by_a_click(page: Page) -> None:
    page.get_by_role("button", name="As text").click()
    page.get_by_text("What can be written here").click()
    page.locator(".conditions-words").get_by_role("button", name="page-viewed Viewed a page", exact=True).click()
    expect(page.locator(".conditions-textarea")).to_have_value('did "page-viewed" ')
    expect(page.locator("[data-conditions-sentence]")).to_have_text("Did “Viewed a page”")


def test_text_and_blocks_are_two_sides_of_one_condition(page: Page) -> None:
    page.get_by_role("button", name="As text").click()
    area = page.locator(".conditions-textarea")
    area.fill('city in ("Kyiv", "Lviv") and not (score at least 5)')
    page.get_by_role("button", name="As blocks").click()  # before the builder has asked by itself
    expect(page.locator("[data-conditions-count]")).to_have_text("3 people")
    expect(page.locator(".conditions-row")).to_have_count(2)
    expect(page.locator(".conditions-list .tag")).to_have_count(2)
    page.locator(".conditions-list .tag button").first.click()
    expect(page.locator("[data-conditions-count]")).to_have_text("1 person")
    page.get_by_role("button", name="As text").click()
    expect(area).to_have_value('city in ("Lviv") and not (score at least 5)')


def test_a_text_that_is_not_understood_is_not_saved(page: Page) -> None:
    page.get_by_label("Name").fill("x")
    page.get_by_role("button", name="As text").click()
    page.locator(".conditions-textarea").fill("cty is 5")
    page.get_by_role("button", name="Save").click()  # before the builder has asked by itself
    expect(page.locator("[data-conditions-error]")).to_have_text("line 1, column 1: there is no field “cty”")
    page.get_by_role("button", name="Save").click()
    assert not Segment.objects.exists()
    page.locator(".conditions-textarea").fill("city is Lviv")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("x: 1 person")


def test_a_row_with_a_mistake_is_marked(page: Page, live_server: Any) -> None:
    wrong = json.dumps({"all": [{"score": 1}, {"field": "created", "between": ["2026-02-01", "2026-01-01"]}]})
    page.goto(f"{live_server.url}/people/segments/new/?condition={wrong}")
    expect(page.locator(".conditions-row.is-wrong")).to_have_count(1)
    expect(page.locator("[data-conditions-error]")).to_have_text("the range ends before it begins")
