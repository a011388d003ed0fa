"""A journey made, changed and published in a real browser; a hot person answered; a task closed. Axe finds nothing."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from teplo.accounts.models import User
from teplo.accounts.testing import make_session, make_user
from teplo.journeys.models import Journey
from teplo.journeys.presets.installing import install
from teplo.journeys.publishing import draft_of
from teplo.people.testing import make_person
from teplo.sales.models import HandOff, Task
from teplo.sales.testing import make_deal, make_hand_off, make_task
from teplo.stages import presets as stages_presets
from teplo.tracking import presets as tracking_presets
from tests.acceptance.browsing import AXE, browser, chromium, signed_in, violations

pytestmark = [
    pytest.mark.acceptance,
    pytest.mark.django_db(transaction=True, serialized_rollback=True),
    pytest.mark.skipif(chromium() is None, reason="no Chromium: see scripts/chromium.sh"),
]


@pytest.fixture
def user(transactional_db: None) -> User:
    tracking_presets.install()
    stages_presets.install()
    return make_user(role="administrator", language="en", name="Olena")


@pytest.fixture
def page(live_server: Any, user: User, monkeypatch: pytest.MonkeyPatch) -> Iterator[Page]:
    monkeypatch.setitem(os.environ, "DJANGO_ALLOW_ASYNC_UNSAFE", "true")
    with browser() as running, signed_in(running, live_server.url, make_session(user)) as (opened, complaints):
        opened.base = live_server.url  # type: ignore[attr-defined]
        yield opened
        own = [text for text in complaints if "422" not in text]  # a refused form is told to the console as well
        assert own == [] or opened.evaluate("'axe' in window")  # axe-core writes inline styles of its own


def open_page(page: Page, path: str) -> None:
    page.goto(f"{page.base}{path}")  # type: ignore[attr-defined]


def test_a_journey_is_built_step_by_step_in_dialogs_undone_and_published(page: Page) -> None:
    open_page(page, "/journeys/new/")
    page.fill("input[name=name]", "Mine")
    page.get_by_role("button", name="Make it").click()
    expect(page.get_by_text("2 things are missing")).to_be_visible()

    page.get_by_role("link", name="Add a step here").click()
    page.get_by_role("link", name="Wait for a time").click()
    page.fill("dialog[open] input[name=length_0]", "3")
    page.locator("dialog[open]").get_by_role("button", name="Save").click()
    expect(page.get_by_role("link", name="Wait 3 days")).to_be_visible()

    page.get_by_role("link", name="Add a step here").last.click()
    page.get_by_role("link", name="Task for sales").click()
    page.fill("dialog[open] input[name=title]", "Call him")
    page.locator("dialog[open]").get_by_role("button", name="Save").click()
    expect(page.get_by_role("link", name="Task for sales: Call him")).to_be_visible()

    page.get_by_role("button", name="Undo").click()
    expect(page.locator("article.step")).to_have_count(1)

    page.get_by_role("link", name="Nothing starts it yet").click()
    expect(page.locator("dialog[open] select[name=activity]")).to_be_visible()
    page.select_option("dialog[open] select[name=kind]", "hand")
    expect(page.locator("dialog[open] select[name=activity]")).to_be_hidden()
    page.locator("dialog[open]").get_by_role("button", name="Save").click()
    expect(page.get_by_text("it can be published")).to_be_visible()

    page.get_by_role("link", name="Publish").click()
    page.locator("dialog[open]").get_by_role("button", name="Publish").click()
    expect(page.get_by_text("live", exact=True)).to_be_visible()
    assert Journey.objects.get().state == "live"


def test_a_mistake_stays_in_the_dialog_with_its_reason(page: Page) -> None:
    journey = install("welcome", language="en")
    open_page(page, f"/journeys/{journey.pk}/edit/")
    page.get_by_role("link", name="Add a step here").first.click()
    page.get_by_role("link", name="Wait for a time").click()
    page.locator("dialog[open]").get_by_role("button", name="Save").click()
    expect(page.locator("dialog[open]").get_by_text("This is needed.")).to_be_visible()
    assert len(draft_of(journey).steps) == 8


def test_a_hot_person_is_answered_and_a_task_closed(page: Page, user: User) -> None:
    row = make_hand_off(make_person(first_name="Ольга"), score=30, temperature="hot")
    task = make_task(row.person_id, title="Send the price list", assignee_id=user.pk)
    open_page(page, f"/hand-offs/{row.person_id}/{row.id}/")
    page.get_by_role("button", name="I take him").click()
    expect(page.get_by_text("accepted", exact=True)).to_be_visible()
    assert HandOff.objects.get().assignee_id == user.pk

    open_page(page, "/tasks/")
    page.get_by_role("row", name="Send the price list").get_by_role("link", name="Close").click()
    page.locator("dialog[open]").get_by_text("Agreed on the next step").click()
    page.fill("dialog[open] textarea[name=note]", "Wants it on Monday")
    page.locator("dialog[open]").get_by_role("button", name="Close the task").click()
    expect(page.get_by_role("row", name="Send the price list")).to_have_count(0)
    assert Task.objects.get(id=task.id).outcome_note == "Wants it on Monday"


@pytest.mark.skipif(not AXE.exists(), reason="axe-core is not installed: npm install")
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious(page: Page, scheme: Any) -> None:
    page.emulate_media(color_scheme=scheme)
    journey = install("trial-warm-up", language="en")
    person = make_person(first_name="Ольга")
    row = make_hand_off(person, score=30, temperature="hot")
    make_task(person.pk)
    make_deal(person.pk)
    found = {}
    for path in (
        "/journeys/", "/journeys/new/", f"/journeys/{journey.pk}/", f"/journeys/{journey.pk}/edit/",
        f"/journeys/{journey.pk}/simulate/", f"/journeys/{journey.pk}/edit/trigger/", "/tasks/?whose=all",
        "/hand-offs/", f"/hand-offs/{person.pk}/{row.id}/", "/deals/",
    ):  # fmt: skip
        open_page(page, path)
        page.wait_for_load_state("networkidle")
        if wrong := violations(page):
            found[path] = wrong
    assert found == {}
