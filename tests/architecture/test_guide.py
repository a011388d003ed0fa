"""The user guide names pages as the screens do, in each language."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polib
import pytest
from django.urls import URLResolver, get_resolver
from django.utils import translation

from teplo.web.helping import HELP, read_guide, section_of
from teplo.web.keys import GROUPS
from teplo.web.rail import SECTIONS

ROOT = Path(__file__).resolve().parents[2]
GUIDES = {path.stem: path for path in (ROOT / "src" / "teplo" / "web" / "guide").glob("*.md")}


def said(language: str) -> set[str]:
    """Every text of the screens in this language, in small letters."""
    file = ROOT / "src" / "teplo" / "locale" / ("ru" if language == "en" else language) / "LC_MESSAGES" / "django.po"
    entries = polib.pofile(str(file))
    return {(entry.msgid if language == "en" else entry.msgstr).lower() for entry in entries}


@pytest.mark.parametrize("language", sorted(GUIDES))
def test_every_way_through_the_screens_is_there(language: str) -> None:
    ways = re.findall(r"\*\*([^*]+ → [^*]+)\*\*", GUIDES[language].read_text())
    assert len(ways) > 8
    with translation.override(language):
        rail = {str(name) for section in SECTIONS for name in (section.label, *(e.label for e in section.entries))}
    known = said(language)
    for way in ways:
        first, *rest = way.split(" → ")
        assert first in rail, f"{way}: no “{first}” in the rail"
        for name in rest:
            assert name.lower() in known, f"{way}: no screen says “{name}”"


def test_there_is_a_guide_in_each_language_of_the_screens() -> None:
    assert set(GUIDES) == {"en", "ru", "uk"}
    heads = {language: len(re.findall(r"^##+ ", path.read_text(), re.M)) for language, path in GUIDES.items()}
    assert len(set(heads.values())) == 1, heads


def addresses(patterns: list[Any], before: str = "") -> Iterator[tuple[str, Any]]:
    for pattern in patterns:
        route = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from addresses(pattern.url_patterns, route)
        elif not route.startswith("api/"):
            yield route, pattern.callback


def test_every_page_has_its_help_and_its_section_is_there_in_each_language() -> None:
    pages = [route for route, view in addresses(get_resolver().url_patterns) if not getattr(view, "is_public", False)]
    assert len(pages) > 150
    meant = {route: section_of(route) for route in pages}
    assert [route for route, anchor in meant.items() if not anchor] == []
    for language in GUIDES:
        guide = read_guide(language)
        there = {section.anchor for section in guide.sections}
        assert set(HELP.values()) <= there, language
        assert all(f'id="{anchor}"' in guide.html for anchor in there), language


def test_the_nearest_section_is_meant() -> None:
    assert section_of("") == "begin"
    assert section_of("people/<int:person_id>/score/why/") == "understand-one-score"
    assert section_of("people/imports/<int:run_id>/") == "bring-people-in"
    assert section_of("no-such-place/") == ""


@pytest.mark.parametrize("language", sorted(GUIDES))
def test_the_guide_served_names_no_file_as_a_link(language: str) -> None:
    guide = read_guide(language)
    assert not re.findall(r'href="(?!https?://)[^"#]', guide.html)
    assert "(docs/api.md)" in guide.html
    assert "../" not in guide.html


MODULES = ROOT / "src" / "teplo" / "web" / "static" / "js"
LISTENS = re.compile(r'(?:event\.key|latinKey\(event\)|\bkey) === "([^"]+)"')


@pytest.mark.parametrize("module", sorted({group.module for group in GROUPS}))
def test_the_keys_listed_are_those_listened_to(module: str) -> None:
    text = (MODULES / module).read_text()
    heard = set(LISTENS.findall(text))
    if "/^[0-9]$/.test(event.key)" in text:
        heard = (heard - {"0"}) | {"0-9"}
    listed = {name for group in GROUPS if group.module == module for key in group.keys for name in key.names}
    assert listed == heard
