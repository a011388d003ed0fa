"""The score table in a real browser: filled in by keyboard, pasted into, tried, put live."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from teplo.accounts.testing import make_session, make_user
from teplo.people.testing import make_person
from teplo.scoring.models import Criterion, ScoreTable, TableState
from teplo.scoring.tables import make_draft
from teplo.scoring.testing import behaviour, fit, make_table
from teplo.tracking.models import Activity
from tests.acceptance.browsing import AXE, browser, chromium, signed_in, violations

pytestmark = [
    pytest.mark.acceptance,
    pytest.mark.django_db(transaction=True, serialized_rollback=True),
    pytest.mark.skipif(chromium() is None, reason="no Chromium: see scripts/chromium.sh"),
]


@pytest.fixture
def draft() -> ScoreTable:
    deed, _is_new = Activity.objects.update_or_create(
        key="video-watched", defaults={"names": {"en": "Watched a video"}}
    )
    ScoreTable.objects.exclude(state=TableState.LIVE).delete()
    live = make_table(
        fit({"field": "city", "is": "Kyiv"}, 5, name="Kyiv", group="City"),
        fit({"field": "city", "is": "Lviv"}, 3, name="Lviv", group="City"),
        behaviour(deed.pk, 2, name="Video", is_per_time=True),
    )
    make_person(city="Kyiv")
    return make_draft(of=live, name="Draft", by=None, at=live.created_at)


@pytest.fixture
def page(live_server: Any, draft: ScoreTable, monkeypatch: pytest.MonkeyPatch) -> Iterator[Page]:
    monkeypatch.setitem(os.environ, "DJANGO_ALLOW_ASYNC_UNSAFE", "true")
    session = make_session(make_user(role="marketer", language="en"))
    with browser() as running, signed_in(running, live_server.url, session) as (opened, complaints):
        opened.goto(f"{live_server.url}/scoring/tables/{draft.pk}/")
        yield opened
        assert complaints == [] or opened.evaluate("'axe' in window")  # axe-core writes inline styles of its own


def names(page: Page) -> list[str]:
    return [cell.input_value() for cell in page.get_by_label("Criterion", exact=True).all()]


def kept(draft: ScoreTable) -> list[tuple[str, int]]:
    return list(Criterion.objects.filter(table=draft).values_list("name", "points"))


def test_lines_are_moved_doubled_and_deleted_by_keyboard(page: Page, draft: ScoreTable) -> None:
    page.get_by_label("Criterion", exact=True).first.focus()
    page.keyboard.press("Alt+ArrowDown")
    assert names(page)[:2] == ["Lviv", "Kyiv"]
    page.keyboard.press("Control+d")
    assert names(page)[:3] == ["Lviv", "Kyiv", "Kyiv"]
    page.keyboard.type("Kyiv again")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Control+Delete")
    page.keyboard.press("Control+s")
    expect(page.get_by_text("Kept as a draft.")).to_be_visible()
    assert kept(draft) == [("Kyiv", 5), ("Kyiv again", 5), ("Video", 2)]


def test_a_condition_is_chosen_for_a_line_and_the_table_put_live(page: Page, draft: ScoreTable) -> None:
    page.get_by_role("button", name="Line", exact=True).first.click()
    page.keyboard.type("Odesa")
    line = page.locator("[data-line]").nth(2)
    line.get_by_label("Points", exact=True).fill("−4")
    line.locator(".cell-condition").click()
    page.get_by_role("button", name="+ Condition").click()
    row = page.locator("#drawer .conditions-row").first
    row.locator("select").first.select_option("city")
    row.locator("input").fill("Odesa")
    expect(page.locator("#drawer [data-conditions-sentence]")).to_have_text("City is “Odesa”")
    page.get_by_role("button", name="Take it").click()
    expect(line.locator(".cell-condition")).to_have_text("City is “Odesa”")
    page.get_by_role("button", name="Put it live").click()
    page.locator("#confirm").get_by_role("button", name="Yes").click()
    expect(page.get_by_text("The table is live.")).to_be_visible()
    assert ScoreTable.objects.get(state=TableState.LIVE).pk == draft.pk
    added = Criterion.objects.get(table=draft, name="Odesa")
    assert (added.points, added.condition, added.group) == (-4, {"all": [{"field": "city", "is": "Odesa"}]}, "City")


def test_cells_copied_from_a_spreadsheet_fill_the_lines_below(page: Page, draft: ScoreTable) -> None:
    page.get_by_label("Criterion", exact=True).first.focus()
    page.evaluate(
        """() => {
            const data = new DataTransfer();
            data.setData("text/plain", "First\\t7\\nSecond\\t8\\n");
            const how = {clipboardData: data, bubbles: true, cancelable: true};
            document.activeElement.dispatchEvent(new ClipboardEvent("paste", how));
        }"""
    )
    page.keyboard.press("Control+s")
    expect(page.get_by_text("Kept as a draft.")).to_be_visible()
    assert kept(draft) == [("First", 7), ("Second", 8), ("Video", 2)]


@pytest.mark.skipif(not AXE.exists(), reason="front-end packages are not set up: scripts/assets.py")
def test_the_sheet_is_accessible(page: Page) -> None:
    expect(page.get_by_role("heading", name="What this draft would say")).to_be_visible()
    page.wait_for_selector("figure[data-chart] svg")
    assert violations(page) == []
