"""Templates obey the Content-Security-Policy and name icons that exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

WEB = Path(__file__).resolve().parent.parent
TEMPLATES = sorted((WEB / "templates").rglob("*.html"))
OUTLINES = WEB.parents[2] / "node_modules" / "@tabler" / "icons" / "icons" / "outline"
FORBIDDEN = {
    "inline style": re.compile(r"<[^>]*\sstyle\s*=", re.IGNORECASE),
    "style element": re.compile(r"<style\b", re.IGNORECASE),
    "inline script": re.compile(r"<script\b(?![^>]*\bsrc=)(?![^>]*application/json)", re.IGNORECASE),
    "event handler": re.compile(r"<[^>]*\son[a-z]+\s*=", re.IGNORECASE),
    "hx-on": re.compile(r"\bhx-on\b|\bhx-on:"),
    "script address": re.compile(r"javascript:", re.IGNORECASE),
    "evaluated values": re.compile(r"""hx-(?:vals|headers|vars)\s*=\s*["'](?:js|javascript):"""),
    "trigger filter": re.compile(r"""hx-trigger\s*=\s*"[^"]*\["""),
    "other host": re.compile(r"""(?:\bsrc|<link\b[^>]*\bhref|\bhx-\w+)\s*=\s*["'](?:https?:)?//"""),
}
ICON = re.compile(r"""\{%\s*icon\s+["']([a-z0-9-]+)["']""")
# What is written for letters stands in letters, where styles must be inline; a printed sheet is no page of a browser.
PAGES = [
    path
    for path in TEMPLATES
    if not {"letters", "mail"} & {*path.parts} and path.relative_to(WEB / "templates") != Path("reviews/print.html")
]


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(WEB / "templates")))
def test_nothing_in_a_template_needs_a_looser_policy(path):
    text = path.read_text()
    assert not [name for name, pattern in FORBIDDEN.items() if pattern.search(text)]


@pytest.mark.skipif(not OUTLINES.exists(), reason="front-end packages are not set up: scripts/assets.py")
def test_every_icon_of_a_template_exists():
    named = {(name, path.name) for path in TEMPLATES for name in ICON.findall(path.read_text())}
    assert not {(name, file) for name, file in named if not (OUTLINES / f"{name}.svg").exists()}
