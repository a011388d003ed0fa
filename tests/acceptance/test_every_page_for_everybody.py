"""Every address of the screens in a real browser, with things behind it: axe-core finds nothing, in light and dark.

The browser's requests are answered by Django's test client, within the test's own transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from queue import Empty, Queue
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.db import transaction
from django.test import Client
from playwright.sync_api import Browser, Request, Route
from playwright.sync_api import Page as Tab

from teplo.kit.clock import at_moment
from tests.acceptance.browsing import AXE, browser, chromium, violations
from tests.acceptance.furnished import AREAS, ENDS, Company, Page, furnish, pages_in

pytestmark = [
    pytest.mark.acceptance,
    pytest.mark.once,
    pytest.mark.django_db,
    pytest.mark.skipif(chromium() is None, reason="no Chromium: see scripts/chromium.sh"),
    pytest.mark.skipif(not AXE.exists(), reason="front-end packages are not set up: scripts/assets.py"),
]
ORIGIN = "http://testserver"
PARTS = 3
"""The pages of an area are shared among so many tests."""
ALL_IS_THERE = "() => !document.querySelector('.htmx-request, .part-wait')"
"""Nothing that a page asks for by itself is still on its way."""
NOT_OURS = {"letter-in-browser", "delivery-look"}
"""The company's own letter, shown where no script may run, axe neither; nothing of ours is on it."""
OF_A_REQUEST = ("hx-request", "hx-current-url", "hx-target", "hx-trigger", "accept", "accept-language", "x-csrftoken")


@dataclass(frozen=True)
class Asked:
    """A request of the browser, and where its answer is awaited."""

    request: Request
    is_public: bool
    answer: Future[dict[str, Any]] = field(default_factory=Future)


class BesideDjango:
    """A browser in a thread of its own (playwright keeps an event loop), while this one answers its requests."""

    def __init__(self, company: Company) -> None:
        self._thread = ThreadPoolExecutor(1)
        self._questions: Queue[Asked] = Queue()
        self._life = browser()
        self._running: Browser = self._thread.submit(self._life.__enter__).result()
        self._known, self._anybody = Client(), Client()
        self._known.force_login(company.owner)

    def close(self) -> None:
        self._thread.submit(self._life.__exit__, None, None, None).result()
        self._thread.shutdown()

    def get(self, page: Page) -> Any:
        return (self._anybody if page.is_public else self._known).get(page.path)

    def run(self, work: Callable[..., list[str]], *args: Any) -> list[str]:
        """Do the work in the browser's thread; what it asks of the server is answered here meanwhile."""
        doing = self._thread.submit(work, *args)
        while not doing.done():
            try:
                asked = self._questions.get(timeout=0.05)
            except Empty:
                continue
            asked.answer.set_result(self._answer(asked))
        return doing.result()

    def open_tab(self, *, is_public: bool) -> Tab:
        """A tab of the administrator, or of somebody who is not signed in. In the browser's thread."""
        tab = self._running.new_context(reduced_motion="reduce", viewport={"width": 1360, "height": 860}).new_page()
        tab.route("**/*", lambda route: self._ask(route, is_public))
        return tab

    def _ask(self, route: Route, is_public: bool) -> None:
        asked = Asked(route.request, is_public)
        self._questions.put(asked)
        route.fulfill(**asked.answer.result())

    def _answer(self, asked: Asked) -> dict[str, Any]:
        request, client = asked.request, self._anybody if asked.is_public else self._known
        address = urlsplit(request.url)
        answer = client.generic(
            request.method,
            f"{address.path}?{address.query}" if address.query else address.path,
            request.post_data_buffer or b"",
            content_type=request.headers.get("content-type", "application/octet-stream"),
            headers={name: value for name, value in request.headers.items() if name in OF_A_REQUEST},
        )
        return {"status": answer.status_code, "headers": dict(answer.items()), "body": b"".join(answer)}


@pytest.fixture(scope="module")
def company(django_db_setup: None, django_db_blocker: Any) -> Iterator[Company]:
    with django_db_blocker.unblock(), transaction.atomic(), at_moment(ENDS):
        yield furnish()
        transaction.set_rollback(True)


@pytest.fixture(scope="module")
def beside(company: Company) -> Iterator[BesideDjango]:
    found = BesideDjango(company)
    yield found
    found.close()


def complaints_of(beside: BesideDjango, pages: list[Page]) -> list[str]:
    """What axe holds against pages in light, and against their colours in dark."""
    tabs = {is_public: beside.open_tab(is_public=is_public) for is_public in {page.is_public for page in pages}}
    held = []
    for page in pages:
        tab = tabs[page.is_public]
        tab.emulate_media(color_scheme="light")
        tab.goto(ORIGIN + page.path)
        tab.wait_for_function(ALL_IS_THERE)
        found = violations(tab)
        tab.emulate_media(color_scheme="dark")
        found += [f"dark: {line}" for line in violations(tab, rules=["color-contrast"])]
        held += [f"{page.name} {page.path} {line}" for line in found]
    return held


def is_page(answer: Any) -> bool:
    return answer.status_code == 200 and "text/html" in answer.get("Content-Type", "")


@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("area", [*AREAS, "others"])
def test_no_page_holds_anything_against_anybody(company: Company, beside: BesideDjango, area: str, part: int) -> None:
    pages = [page for page in pages_in(company, area) if page.name not in NOT_OURS][part::PARTS]
    pages = [page for page in pages if is_page(beside.get(page))]
    assert len(pages) > 3
    held = beside.run(complaints_of, beside, pages)
    assert held == []
