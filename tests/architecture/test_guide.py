"""The user guide names pages as the screens do, in each language."""

from __future__ import annotations

import re
from pathlib import Path

import polib
import pytest
from django.utils import translation

from teplo.web.rail import SECTIONS

ROOT = Path(__file__).resolve().parents[2]
GUIDES = {path.stem: path for path in (ROOT / "docs" / "guide").glob("*.md")}


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
