"""A definition that is in use is not taken away: the page that says where it is used."""

from __future__ import annotations

from collections.abc import Sequence

from django.http import HttpRequest, HttpResponse
from django.urls import NoReverseMatch, reverse

from teplo.kit.uses import KINDS, InUse, Use
from teplo.web.answers import page, wants_fragment

Place = tuple[str, str, str]


def places(uses: Sequence[Use]) -> list[Place]:
    """(what it is, its name, the address of its page) of each place."""
    return [(str(KINDS.get(use.kind, use.kind)), use.name, _address(use)) for use in uses]


def still_used(request: HttpRequest, refusal: InUse, *, back: str) -> HttpResponse:
    """Where it is used, with the way there and back; nothing was taken away."""
    if wants_fragment(request):
        return HttpResponse(str(refusal), status=409, content_type="text/plain; charset=utf-8")
    return page(request, "used.html", {"places": places(refusal.uses), "back": back}, status=409)


def _address(use: Use) -> str:
    try:
        return reverse(use.page, args=[use.id] if use.id else [])
    except NoReverseMatch:
        return ""
