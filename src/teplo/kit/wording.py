"""Texts that live in data in several languages: {"ru": …, "uk": …, "en": …}."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.translation import get_language


def in_language(texts: Mapping[str, str], language: str | None = None) -> str:
    """The text in the active (or given) language, else Russian, else English, else any, else empty."""
    wanted = (language or get_language() or "ru").split("-")[0]
    for key in (wanted, "ru", "en"):
        if texts.get(key):
            return texts[key]
    return next((text for text in texts.values() if text), "")
