"""A real Chromium for tests: the system's, never one downloaded by playwright."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, expect, sync_playwright

from teplo.kit.testing import PATIENCE

AXE = Path(__file__).resolve().parents[2] / "node_modules" / "axe-core" / "axe.min.js"
NAMES = ("chromium", "chromium-browser", "google-chrome")
expect.set_options(timeout=PATIENCE * 1000)


def chromium() -> str | None:
    """Path of the machine's browser."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)


@contextmanager
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(
            executable_path=chromium(), args=["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
        )
        try:
            yield running
        finally:
            running.close()


@contextmanager
def signed_in(running: Browser, address: str, session: str, **options: Any) -> Iterator[tuple[Page, list[str]]]:
    """A page of whoever owns the session, and the complaints of the browser's console as they come."""
    context = running.new_context(**options)
    context.add_cookies([{"name": "sessionid", "value": session, "url": address}])
    context.set_default_timeout(PATIENCE * 1000)
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    try:
        yield page, complaints
    finally:
        context.close()


STANDARDS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]


def violations(page: Page, *, rules: Sequence[str] = ()) -> list[str]:
    """What axe-core holds against the page: rule, element and advice, serious and critical ones; of all or `rules`.

    Frames are left out: they show letters, where no script may run, so that axe would wait for them in vain.
    """
    page.evaluate(AXE.read_text())
    only = {"type": "rule", "values": list(rules)} if rules else {"type": "tag", "values": STANDARDS}
    found = page.evaluate("async only => (await axe.run(document, {runOnly: only, iframes: false})).violations", only)
    return [
        f"{rule['id']}: {node['html'][:160]} — {_advice(node)}"
        for rule in found
        if rule["impact"] in {"serious", "critical"}
        for node in rule["nodes"]
    ]


def _advice(node: dict[str, Any]) -> str:
    checks = node["any"] or node["all"] or node["none"] or [{}]
    return str(checks[0].get("message", ""))
