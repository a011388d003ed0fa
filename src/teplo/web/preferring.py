"""Which language and time zone a reader gets."""

from __future__ import annotations

import zoneinfo
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation.trans_real import get_supported_language_variant, parse_accept_lang_header

from teplo.accounts.models import Workspace
from teplo.accounts.workspace import get_workspace

LANGUAGE_COOKIE = "teplo_language"
UTC = zoneinfo.ZoneInfo("UTC")


def language_for(request: HttpRequest) -> str:
    """The user's own, else the one chosen at sign-in, else the browser's, else the default."""
    own = getattr(getattr(request, "user", None), "language", "")
    return (
        own or language_of(request.COOKIES.get(LANGUAGE_COOKIE, "")) or _of_browser(request) or settings.LANGUAGE_CODE
    )


def language_of(text: str) -> str:
    """The text when it is a language of ours, else empty."""
    return text if text in dict(settings.LANGUAGES) else ""


def _of_browser(request: HttpRequest) -> str:
    for wanted, _weight in parse_accept_lang_header(request.headers.get("Accept-Language", "")):
        try:
            return get_supported_language_variant(wanted)
        except LookupError:
            continue
    return ""


def zone_for(request: HttpRequest) -> zoneinfo.ZoneInfo:
    """The user's zone; who has chosen none reads in the company's."""
    user: Any = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return UTC
    return _zone(user.timezone) or _zone(workspace_of(request).timezone) or UTC


def _zone(name: str) -> zoneinfo.ZoneInfo | None:
    try:
        return zoneinfo.ZoneInfo(name) if name else None
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        return None


def workspace_of(request: HttpRequest) -> Workspace:
    """The company's settings, read once per request."""
    known: Workspace | None = getattr(request, "_workspace", None)
    if known is None:
        known = get_workspace()
        request._workspace = known  # type: ignore[attr-defined]
    return known
