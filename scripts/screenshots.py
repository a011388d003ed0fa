"""The pictures of each README in its own language: the example company in a running Teplo, photographed in Chromium.

python scripts/screenshots.py [--language ru|uk|en] [--only NAME]
python scripts/screenshots.py --all --into FOLDER [--home FOLDER]     every page, also dark and on a phone, to look at
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
PICTURES = ROOT / "docs" / "images"
WIDE = {"width": 1360, "height": 860}
PHONE = {"width": 390, "height": 844}
PAGES = ("today", "people", "person", "journey", "scoring", "funnel", "hand-off", "stages", "review")
SHOWN = {
    "en": ("person", "people", "funnel", "scoring", "journey", "review", "hand-off"),
    "ru": ("person", "review"),
    "uk": ("person", "review"),
}
"""What the README of each language shows."""


class Look(NamedTuple):
    """How pages are looked at."""

    suffix: str
    size: dict[str, int]
    scheme: str
    pages: Sequence[str]


EVERYTHING = (
    Look("", WIDE, "light", PAGES),
    Look("-dark", WIDE, "dark", ("person", "funnel")),
    Look("-phone", PHONE, "light", ("today", "person")),
)

_SESSION = """
import django; django.setup()
from teplo.accounts.models import Role, User
from teplo.accounts.testing import make_session
user = User.objects.filter(email="olena@lad.example").first()
if user is None:
    user = User(email="olena@lad.example", name={name!r}, role=Role.ADMINISTRATOR, language={language!r})
    user.set_unusable_password()
    user.save(force_insert=True)
from teplo.accounts.models import Workspace
Workspace.objects.filter(pk=1).update(guide={{"dismissed": "2026-01-01"}})
print(make_session(user))
from teplo.journeys.models import Journey
from teplo.people.models import Segment
from teplo.scoring.models import Score
from teplo.sales.models import Deal, HandOff
hot = Score.objects.filter(temperature="hot", person__in=Deal.objects.values("person")).order_by("-total").first()
hand_off = HandOff.objects.order_by("-offered_at").first()
print(hot.person_id)
print(Journey.objects.order_by("created_at").first().pk)
print(f"{{hand_off.person_id}}/{{hand_off.id}}")
from teplo.scoring.models import Review
print(Review.objects.order_by("created_at").first().pk)
"""


def main() -> None:
    """Make the pictures of every README, or of the named language, or the named picture."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--home", help="a home that already holds the example company, for one language")
    parser.add_argument("--language", choices=tuple(SHOWN))
    parser.add_argument("--only")
    parser.add_argument("--all", action="store_true")
    parser.add_argument("--into", default=str(PICTURES))
    chosen = parser.parse_args()
    for language in [chosen.language] if chosen.language else SHOWN:
        home = Path(chosen.home) if chosen.home else Path(tempfile.mkdtemp(prefix="teplo-pictures-"))
        looks = EVERYTHING if chosen.all else (Look("", WIDE, "light", SHOWN[language]),)
        try:
            take_pictures(home, language=language, only=chosen.only, looks=looks, into=Path(chosen.into) / language)
        finally:
            if not chosen.home:
                shutil.rmtree(home, ignore_errors=True)


def take_pictures(home: Path, *, language: str, only: str | None, looks: Sequence[Look], into: Path) -> None:
    """Bring the company to life in `home` when it is empty, start Teplo and photograph it."""
    into.mkdir(parents=True, exist_ok=True)
    environment = {
        **os.environ,
        "TEPLO_HOME": str(home),
        "DATABASE_URL": "",
        "DJANGO_SETTINGS_MODULE": "teplo.config.settings",
    }
    teplo = str(Path(sys.executable).parent / "teplo")
    if not (home / "teplo.sqlite3").exists():
        subprocess.run([teplo, "demo", "--language", language], env=environment, check=True)
    name = "Олена Ткаченко" if language == "uk" else "Елена Ткаченко" if language == "ru" else "Olena Tkachenko"
    made = subprocess.run(
        [sys.executable, "-c", _SESSION.format(name=name, language=language)],
        env=environment, check=True, capture_output=True, text=True,
    )  # fmt: skip
    session, person, journey, hand_off, review = made.stdout.split()
    pages = {
        "today": "/",
        "people": "/people/?sort=-score",
        "person": f"/people/{person}/",
        "journey": f"/journeys/{journey}/",
        "scoring": "/scoring/",
        "funnel": "/insight/funnel/",
        "hand-off": f"/hand-offs/{hand_off}/",
        "stages": "/stages/",
        "review": f"/scoring/reviews/{review}/",
    }
    with serving(teplo, environment) as base, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=next(
                p for n in ("chromium", "chromium-browser", "google-chrome") if (p := shutil.which(n))
            ),
            args=["--no-sandbox", "--disable-gpu", "--hide-scrollbars"],
        )
        for look in looks:
            context = browser.new_context(
                viewport=look.size, color_scheme=look.scheme, device_scale_factor=1, locale=language
            )
            context.add_cookies([{"name": "sessionid", "value": session, "url": base}])
            page = context.new_page()
            for name in look.pages:
                if only is None or only == name:
                    photograph(page, base + pages[name], into / f"{name}{look.suffix}.png")
            context.close()
        browser.close()


def photograph(page: Page, url: str, path: Path) -> None:
    """One picture, when the page and its fragments are there."""
    answer = page.goto(url, wait_until="networkidle")
    if answer is None or not answer.ok:
        raise SystemExit(f"{url}: {answer.status if answer else 'no answer'}")
    page.wait_for_timeout(600)
    page.screenshot(path=str(path))
    print(path)


@contextmanager
def serving(teplo: str, environment: dict[str, str]) -> Iterator[str]:
    """All in one, so that nothing waits while the pictures are taken."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = subprocess.Popen([teplo, "up", "--port", str(port)], env=environment)
    base = f"http://127.0.0.1:{port}"
    try:
        for _ in range(200):
            try:
                urllib.request.urlopen(f"{base}/healthz", timeout=1).read()
                break
            except OSError:
                time.sleep(0.1)
        yield base
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(10)


if __name__ == "__main__":
    main()
