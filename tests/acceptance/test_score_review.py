"""The meeting about the score in a real browser: proposed from a card, walked through by keys, decided, taken."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from teplo.accounts.testing import make_session, make_user
from teplo.insights.reviewing import count_agenda
from teplo.insights.tests.review_world import SINCE, UNTIL, buyer, live_table, loser
from teplo.scoring import reviews
from teplo.scoring.models import CriterionProposal, Decision, Review, ScoreTable, TableState
from tests.acceptance.browsing import AXE, browser, chromium, signed_in, violations

pytestmark = [
    pytest.mark.acceptance,
    pytest.mark.django_db(transaction=True, serialized_rollback=True),
    pytest.mark.skipif(chromium() is None, reason="no Chromium: see scripts/chromium.sh"),
]
CONDITION = {"field": "city", "is": "Lviv"}


@pytest.fixture
def review() -> Review:
    live_table()
    for number in range(3):
        buyer(first_name=f"Anna{number}", last_name="Bought")
        loser(first_name=f"Boris{number}", last_name="Lost")
    return Review.objects.create(since=SINCE, until=UNTIL, snapshot=count_agenda(since=SINCE, until=UNTIL))


@pytest.fixture
def page(live_server: Any, review: Review, monkeypatch: pytest.MonkeyPatch) -> Iterator[Page]:
    monkeypatch.setitem(os.environ, "DJANGO_ALLOW_ASYNC_UNSAFE", "true")
    session = make_session(make_user(role="marketer", language="en"))
    size = {"width": 1280, "height": 800}
    with (
        browser() as running,
        signed_in(running, live_server.url, session, viewport=size, reduced_motion="reduce") as (opened, complaints),
    ):
        opened.goto(f"{live_server.url}{reviews.address(review)}")
        yield opened
        heard = [text for text in complaints if "status of 422" not in text]  # a refused form is no trouble
        assert heard == [] or opened.evaluate("'axe' in window")  # axe-core writes inline styles of its own


def test_the_points_are_walked_through_by_keys(page: Page) -> None:
    here = page.locator(".points-nav a.here")
    expect(here).to_contain_text("What the last meeting decided")
    page.keyboard.press("ArrowRight")
    expect(here).to_contain_text("Sales and the points")
    page.keyboard.press("7")
    expect(here).to_contain_text("Portrait of the client")
    page.keyboard.press("ArrowLeft")
    expect(here).to_contain_text("Does the temperature hit")
    page.locator("[data-project]").click()
    expect(page.locator(".rail")).to_be_hidden()
    page.keyboard.press("Escape")
    expect(page.locator(".rail")).to_be_visible()
    page.locator("#decide-text").fill("3 more points")  # figures typed into a field are figures
    expect(page.locator("#decide-text")).to_have_value("3 more points")


def test_a_criterion_goes_from_the_card_into_the_draft_and_a_decision_is_noted(page: Page, review: Review) -> None:
    page.locator("#never a.person").first.click()
    page.locator(".page-actions details.menu > summary").click()
    page.get_by_role("link", name="Propose a criterion").click()
    page.locator("#propose-text").fill("Comes from Lviv")
    page.locator("#propose-points").fill("+4")
    page.locator("#dialog").get_by_role("button", name="Propose", exact=True).click()
    expect(page.locator(".toast-note")).to_contain_text("Thank you")
    CriterionProposal.objects.update(condition=CONDITION)
    page.goto(f"{page.url.split('/people/')[0]}{reviews.address(review)}")
    page.locator("#proposals").get_by_role("link", name="Take into the draft").click()
    expect(page.locator("#take-points")).to_have_value("4")
    page.locator("#drawer").get_by_role("button", name="Take into the draft").click()
    expect(page.locator("#proposals")).to_contain_text("taken into the draft")
    draft = ScoreTable.objects.get(state=TableState.DRAFT)
    assert [(line.name, line.points, line.condition) for line in draft.criteria.all()] == [
        ("Comes from Lviv", 4, CONDITION)
    ]
    page.locator("#decide-text").fill("Four points for Lviv")
    page.keyboard.press("Enter")
    expect(page.locator("#decisions")).to_contain_text("Four points for Lviv")
    assert Decision.objects.get().review_id == review.pk


def test_a_refused_line_stays_in_the_drawer_with_its_condition(page: Page, review: Review) -> None:
    reviews.propose(text="Comes from Lviv", condition=CONDITION, by=1)
    page.reload()
    page.locator("#proposals").get_by_role("link", name="Take into the draft").click()
    take = page.locator("#drawer").get_by_role("button", name="Take into the draft")
    for points in ("", "many"):
        page.locator("#take-points").evaluate("(field) => field.removeAttribute('required')")
        page.locator("#take-points").fill(points)
        page.locator("#drawer .notice-bad").evaluate_all("(found) => found.forEach((one) => one.remove())")
        take.click()
        expect(page.locator("#drawer .notice-bad")).to_contain_text("Say how many points it gives")
        expect(page.locator("#take-points")).to_have_value(points)
    page.locator("#take-points").fill("4")
    take.click()
    expect(page.locator(".toast-note")).to_contain_text("It stands in the draft")
    assert ScoreTable.objects.get(state=TableState.DRAFT).criteria.get().condition == CONDITION


def test_minutes_are_not_lost_when_a_decision_is_noted_after_them(page: Page, review: Review) -> None:
    page.locator("#minutes").fill("Sales wants fewer students")
    page.locator("#decide-text").fill("Students stay with marketing")
    page.keyboard.press("Enter")
    expect(page.locator("#decisions")).to_contain_text("Students stay with marketing")
    expect(page.locator("#minutes")).to_have_value("Sales wants fewer students")
    assert Review.objects.get().note == "Sales wants fewer students"


def test_on_a_phone_the_menu_of_a_card_lies_on_the_screen(page: Page) -> None:
    page.locator("#never a.person").first.click()
    page.set_viewport_size({"width": 390, "height": 844})
    page.locator(".page-actions details.menu > summary").click()
    box = page.get_by_role("link", name="Propose a criterion").bounding_box()
    assert box is not None and box["x"] >= 0 and box["x"] + box["width"] <= 390
    warmth, story = (page.locator(part).bounding_box() for part in ("#aside", "#story"))
    assert warmth and story and warmth["y"] < story["y"], "how warm he is stands above his story"


@pytest.mark.skipif(not AXE.exists(), reason="front-end packages are not set up: scripts/assets.py")
def test_the_agenda_is_readable_for_everybody_and_fits_a_phone(page: Page) -> None:
    assert violations(page) == []
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    assert violations(page) == []
