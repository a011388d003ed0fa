"""The pages of the rail in a real browser: nothing blocked, nothing wider than a phone; keys, toasts and dialogs."""

from __future__ import annotations

import os
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import expect

from teplo.accounts.models import Role, User
from teplo.accounts.notices import NewNotice, notify
from teplo.accounts.testing import make_session, make_user
from teplo.kit.clock import now
from teplo.kit.testing import PATIENCE
from teplo.people.models import Company, Person, Segment
from teplo.sales.models import HandOff, Task
from teplo.scoring.models import Score
from teplo.web.rail import pages_for
from tests.acceptance.browsing import AXE, browser, chromium, signed_in, violations

pytestmark = [
    pytest.mark.acceptance,
    pytest.mark.once,
    pytest.mark.django_db(transaction=True, serialized_rollback=True),
    pytest.mark.skipif(chromium() is None, reason="no Chromium: see scripts/chromium.sh"),
    pytest.mark.skipif(not AXE.exists(), reason="front-end packages are not set up: scripts/assets.py"),
]
PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}
DESK = {"viewport": {"width": 1360, "height": 860}}


@pytest.fixture(autouse=True)
def _browser_beside_django(monkeypatch: pytest.MonkeyPatch) -> None:
    """Playwright keeps an event loop in this thread; Django must not take it for its own."""
    monkeypatch.setitem(os.environ, "DJANGO_ALLOW_ASYNC_UNSAFE", "true")


@pytest.fixture
def owner() -> User:
    user = make_user(name="Олена Ткаченко", role=Role.ADMINISTRATOR, language="ru", timezone="Europe/Kyiv")
    company = Company.objects.create(name="Ромашка", name_key="ромашка")
    for number, name in enumerate(["Анна", "Ігор", "Марина", "Сергій", "Олег"]):
        person = Person.objects.create(
            first_name=name, last_name="Коваль", first_key=name.lower(), last_key="коваль", company=company,
            position="Директор", city="Киев",
        )  # fmt: skip
        Score.objects.create(
            person=person, total=8 * number, temperature=["cold", "cold", "warm", "warm", "hot"][number]
        )
    HandOff.objects.create(person=person, cause="hot", answer_until=now() + timedelta(minutes=9))
    Task.objects.create(person=person, title="Перезвонить", assignee_id=user.pk, due_at=now())
    Segment.objects.create(name="Из Киева", condition={"field": "city", "is": "Киев"})
    notify([NewNotice(user.pk, "person-hot", {"name": "Олег", "minutes": 15}, "/")])
    return user


def pages(user: User) -> list[str]:
    """The pages of the rail, and the heart of it all: a person's card."""
    card = f"/people/{Person.objects.order_by('pk').values_list('pk', flat=True)[0]}/"
    return [*dict.fromkeys(link.url for link in pages_for(user)), card]


def test_pages_obey_the_policy(live_server: Any, owner: User) -> None:
    session, urls = make_session(owner), pages(owner)
    held: dict[str, list[str]] = {}
    with browser() as running, signed_in(running, live_server.url, session, **DESK) as (page, complaints):
        for url in urls:
            page.goto(live_server.url + url, wait_until="networkidle")
            if complaints:
                held[url] = [*complaints]
            complaints.clear()
    assert not held, "\n".join(f"{url}: {line}" for url, lines in held.items() for line in lines)


def test_no_page_is_wider_than_a_phone(live_server: Any, owner: User) -> None:
    session, urls = make_session(owner), pages(owner)
    wide: dict[str, int] = {}
    with browser() as running, signed_in(running, live_server.url, session, **PHONE) as (page, _complaints):
        for url in urls:
            page.goto(live_server.url + url, wait_until="load")
            width = page.evaluate("document.documentElement.scrollWidth")
            if width > 390:
                wide[url] = width
    assert not wide


def test_the_palette_opens_by_keyboard_and_leads_to_a_page(live_server: Any, owner: User) -> None:
    session = make_session(owner)
    with browser() as running, signed_in(running, live_server.url, session, **DESK) as (page, complaints):
        page.goto(live_server.url, wait_until="networkidle")
        page.keyboard.press("Control+k")
        page.locator("#palette input").fill("мой проф")
        page.locator("#found a.cursor", has_text="профил").wait_for()
        page.keyboard.press("Enter")
        page.wait_for_url("**/profile/")
        assert not complaints


def test_the_keys_are_shown_by_a_key_or_the_menu_and_not_while_one_types(live_server: Any, owner: User) -> None:
    session = make_session(owner)
    with browser() as running, signed_in(running, live_server.url, session, **DESK) as (page, complaints):
        page.goto(live_server.url + "/people/", wait_until="networkidle")
        page.locator("input.search").press("?")
        expect(page.locator("#keys")).to_be_hidden()
        page.locator("h1").click()
        page.keyboard.press("?")
        expect(page.get_by_role("dialog", name="Клавиши")).to_be_visible()
        assert violations(page) == []
        page.keyboard.press("Escape")
        expect(page.locator("#keys")).to_be_hidden()
        page.locator("[data-show-keys]").click()
        expect(page.get_by_role("dialog", name="Клавиши")).to_be_visible()
        assert not complaints or page.evaluate("'axe' in window")


def test_the_palette_opens_in_a_cyrillic_layout_too(live_server: Any, owner: User) -> None:
    session = make_session(owner)
    with browser() as running, signed_in(running, live_server.url, session, **DESK) as (page, _complaints):
        page.goto(live_server.url, wait_until="networkidle")
        page.evaluate(
            "document.body.dispatchEvent(new KeyboardEvent('keydown',"
            " {key: 'л', code: 'KeyK', ctrlKey: true, bubbles: true}))"
        )
        expect(page.locator("#palette")).to_be_visible()


def test_the_help_of_a_page_opens_at_its_section(live_server: Any, owner: User) -> None:
    session = make_session(owner)
    with browser() as running, signed_in(running, live_server.url, session, **DESK) as (page, complaints):
        page.goto(live_server.url + "/journeys/", wait_until="networkidle")
        page.locator("[data-help]").click()
        page.wait_for_url("**/help/#journeys")
        expect(page.locator("h2:target")).to_have_text("Цепочки")
        assert not complaints


def test_a_hot_person_rises_as_a_toast_without_loading_the_page_anew(live_server: Any, owner: User) -> None:
    session = make_session(owner)
    with browser() as running, signed_in(running, live_server.url, session, **DESK) as (page, _complaints):
        page.goto(live_server.url, wait_until="networkidle")
        page.evaluate("window.isSamePage = true")
        notify([NewNotice(owner.pk, "person-hot", {"name": "Зоряна Мельник", "minutes": 15}, "/people/")])
        page.locator(".toast-note.hot", has_text="Зоряна").wait_for(timeout=PATIENCE * 1000)
        assert page.evaluate("window.isSamePage")
        assert page.locator("#bell .bell-count").text_content() == "2"


def test_a_dialog_asks_before_access_is_taken_away(live_server: Any, owner: User) -> None:
    other = make_user(name="Ігор", role=Role.ANALYST)
    session = make_session(owner)
    with browser() as running, signed_in(running, live_server.url, session, **DESK) as (page, complaints):
        page.goto(live_server.url + "/settings/users/", wait_until="networkidle")
        row = page.locator("tr", has_text="Ігор")
        row.locator("summary").click()
        row.locator("button.danger").click()
        page.locator("#confirm [data-close]").click()
        other.refresh_from_db()
        assert other.is_active
        row.locator("summary").click()
        row.locator("button.danger").click()
        page.locator("#confirm [data-yes]").click()
        page.locator(".toast-note").wait_for()
        other.refresh_from_db()
        assert not other.is_active
        assert not complaints
