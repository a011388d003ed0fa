"""Texts that live in data in several languages: {"ru": …, "uk": …, "en": …}."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.translation import get_language


def in_language(texts: Mapping[str, str], language: str | None = None) -> str:
    """The text in the active (or given) language, else English, else Russian, else any, else empty."""
    wanted = (language or get_language() or "en").split("-")[0]
    for key in (wanted, "en", "ru"):
        if texts.get(key):
            return texts[key]
    return next((text for text in texts.values() if text), "")
