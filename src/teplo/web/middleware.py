"""Headers that keep browsers strict, and the language and time zone of whoever is signed in."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib.messages import get_messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBadRequest
from django.utils import timezone, translation

from teplo.conditions import registry
from teplo.web.preferring import language_for, zone_for
from teplo.web.reading import LIMIT

Answer = Callable[[HttpRequest], HttpResponse]

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; "
    "frame-src 'self'"
)
PERMISSIONS = "camera=(), geolocation=(), microphone=(), payment=(), usb=(), browsing-topics=()"
NONSENSE = (
    b'{"title": "This cannot be so", "status": 422, "code": "nul-in-address", '
    b'"detail": "This address makes no sense: it has a NUL character.", "errors": []}'
)


class SecurityHeadersMiddleware:
    """A strict Content-Security-Policy: nothing inline, nothing from elsewhere. Pages of the company are not stored."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self._answer(request)
        response.headers.setdefault("Content-Security-Policy", POLICY)
        response.headers.setdefault("Permissions-Policy", PERMISSIONS)
        response.headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
        response.headers.setdefault("X-Content-Type-Options", "nosniff")
        if request.path.startswith(settings.STATIC_URL):
            return response
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        user = getattr(request, "user", None)
        if user is not None and user.is_authenticated:
            response.headers.setdefault("Cache-Control", "private, no-store")
        return response

    def _answer(self, request: HttpRequest) -> HttpResponse:
        """A NUL in an address is nobody's wish, and PostgreSQL refuses it: it ends here."""
        if "%00" in request.META.get("QUERY_STRING", "") or "\0" in request.path:
            if request.path.startswith("/api/"):
                return HttpResponse(NONSENSE, status=422, content_type="application/problem+json")
            return HttpResponseBadRequest(b"This address makes no sense.", content_type="text/plain; charset=utf-8")
        return self.get_response(request)


class PlainTextMiddleware:
    """A NUL in a form's field, which no database of ours holds and nobody sees, is left out."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, *_how: Any) -> None:
        """After the form was read for its token, so nothing is read that would not have been."""
        is_form = request.method == "POST" and not getattr(view, "csrf_exempt", False)
        if not is_form or not any("\0" in text for _name, texts in request.POST.lists() for text in texts):
            return
        plain = request.POST.copy()
        for name, texts in request.POST.lists():
            plain.setlist(name, [text.replace("\0", "") for text in texts])
        request.POST = plain  # type: ignore[assignment]


class NumbersInAddressMiddleware:
    """A number in an address that no column holds is of nothing that is there."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, said: dict[str, Any]) -> None:
        if any(isinstance(number, int) and number >= LIMIT for number in said.values()):
            raise Http404


class UserPreferencesMiddleware:
    """Language and time zone: the user's own, else the browser's language and the company's zone."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        language = language_for(request)
        with translation.override(language), timezone.override(zone_for(request)):
            response = self.get_response(request)
            response.headers.setdefault("Content-Language", language)
            return response


class ToastsMiddleware:
    """Messages of an htmx answer ride along in a header; those of a page or before a redirect wait for the page."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        is_fragment = request.headers.get("HX-Request") == "true" and request.headers.get("HX-Boosted") != "true"
        is_leaving = bool({"HX-Redirect", "HX-Refresh"} & set(response.headers))
        if not is_fragment or is_leaving or response.status_code >= 300:
            return response
        toasts = [{"text": str(note.message), "kind": note.level_tag} for note in get_messages(request)]
        if toasts and "HX-Trigger" not in response.headers:
            response.headers["HX-Trigger"] = json.dumps({"toasts": toasts})
        return response


class OneVocabularyMiddleware:
    """A page that only shows asks once what conditions can speak of, however many conditions it says in words."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.method not in ("GET", "HEAD"):
            return self.get_response(request)
        with registry.sharing():
            return self.get_response(request)
