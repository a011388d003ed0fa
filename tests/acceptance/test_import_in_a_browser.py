"""An import in a real browser: a file chosen, columns looked through, what would happen, the result."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from teplo.accounts.testing import make_session, make_user
from teplo.jobs.testing import run_all_jobs
from teplo.people.models import ImportRun, Person
from tests.acceptance.browsing import AXE, browser, chromium, signed_in, violations

pytestmark = [
    pytest.mark.acceptance,
    pytest.mark.django_db(transaction=True, serialized_rollback=True),
    pytest.mark.skipif(chromium() is None, reason="no Chromium: see scripts/chromium.sh"),
]

ROWS = "ФИО;Почта;Комментарий;Возраст\nОльга Иванова;olga@example.com;ждёт;31\nИван Петров;не почта;;40\n"


@pytest.fixture(params=["light", "dark"])
def page(live_server: Any, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Iterator[Page]:
    monkeypatch.setitem(os.environ, "DJANGO_ALLOW_ASYNC_UNSAFE", "true")
    session = make_session(make_user(role="marketer", language="en"))
    with (
        browser() as running,
        signed_in(running, live_server.url, session, color_scheme=request.param) as (opened, complaints),
    ):
        opened.goto(f"{live_server.url}/people/imports/")
        yield opened
        # axe breaks the style policy itself; the pages are looked at for that elsewhere.
        assert not [text for text in complaints if not (AXE.exists() and "inline style" in text)]


def test_a_file_goes_all_the_way_from_the_upload_to_its_result(page: Page, tmp_path: Path) -> None:
    file = tmp_path / "fair.csv"
    file.write_text(ROWS, encoding="cp1251")
    _check(page)
    page.set_input_files("#file", file)
    page.get_by_role("button", name="Look at the file").click()
    expect(page.locator("h1")).to_contain_text("fair.csv")
    expect(page.get_by_label("Почта")).to_have_value("email")
    _check(page)

    with page.expect_response("**/preview/"):
        page.get_by_label("Комментарий").select_option("skip")
    expect(page.locator("tr.left-out")).to_have_count(1)
    expect(page.locator("#preview")).to_contain_text("не почта")
    page.get_by_role("button", name="Import", exact=True).click()
    expect(page.locator("progress")).to_be_visible()
    run_all_jobs()
    expect(page.locator("h1")).to_contain_text("1 new person")
    expect(page.get_by_role("link", name="Refused rows as a file")).to_be_visible()
    _check(page)
    assert Person.objects.get().attributes == {"vozrast": 31}
    assert ImportRun.objects.get().refused == 1


def test_everything_can_be_done_on_a_phone(page: Page, tmp_path: Path) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    file = tmp_path / "fair.csv"
    file.write_text(ROWS)
    page.set_input_files("#file", file)
    page.get_by_role("button", name="Look at the file").click()
    expect(page.get_by_label("Почта")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth + 1")


def _check(page: Page) -> None:
    if AXE.exists():
        assert violations(page) == []
