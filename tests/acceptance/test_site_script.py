"""What a site owner puts on his pages works in a real browser, on plain http too."""

from __future__ import annotations

import json

import pytest
from django.test import Client
from django.urls import reverse
from playwright.sync_api import Page, Route

from teplo.accounts.testing import make_user
from teplo.tracking.models import Site
from tests.acceptance.browsing import browser

pytestmark = [pytest.mark.django_db, pytest.mark.acceptance]


def test_a_visitor_is_known_again_on_a_page_without_https(client: Client) -> None:
    site = Site.objects.create(name="Shop", key="shop")
    client.force_login(make_user())
    script = client.get(reverse("site", args=[site.pk])).context["beacon"]
    sent: list[dict[str, str]] = []

    def hear(route: Route) -> None:
        sent.append(json.loads(route.request.post_data or ""))
        route.fulfill(status=202)

    with browser() as running:
        page = running.new_page()
        page.route("http://shop.example/**", lambda route: route.fulfill(body=script, content_type="text/html"))
        page.route("**/collect", hear)
        for count, path in enumerate(("prices", "contacts"), start=1):
            page.goto(f"http://shop.example/{path}")
            _wait_for(page, sent, count)
        assert not page.evaluate("isSecureContext")
    first, second = sent
    assert first["visitor"] == second["visitor"] and len(first["visitor"]) == 32
    assert first["id"] != second["id"] and len(second["id"]) == 32
    assert (second["key"], second["url"]) == ("shop", "http://shop.example/contacts")


def _wait_for(page: Page, sent: list[dict[str, str]], count: int) -> None:
    for _ in range(100):
        if len(sent) == count:
            return
        page.wait_for_timeout(20)
