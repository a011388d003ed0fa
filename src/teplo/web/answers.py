"""How a view answers: whole page or fragment, redirect, toast."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, TypeVar

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render, resolve_url
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.utils.http import url_has_allowed_host_and_scheme

View = TypeVar("View", bound=Callable[..., HttpResponse])
ASKED_HOW = ("HX-Request", "HX-Boosted", "HX-History-Restore-Request")
"""Headers by which the whole of a page and a part of it are told apart."""


def wants_fragment(request: HttpRequest) -> bool:
    """Whether htmx asks for a part of a page; history and boosted links want the whole."""
    headers = request.headers
    return headers.get("HX-Request") == "true" and not (
        headers.get("HX-Boosted") == "true" or headers.get("HX-History-Restore-Request") == "true"
    )


def page(
    request: HttpRequest,
    template: str,
    context: Mapping[str, Any] | None = None,
    *,
    fragment: str | None = None,
    status: int = 200,
) -> HttpResponse:
    """The page, or only `fragment` of it where htmx asks for it."""
    is_fragment = fragment is not None and wants_fragment(request)
    chosen = fragment if fragment and is_fragment else template
    response = render(request, chosen, dict(context or {}), status=status)
    patch_vary_headers(response, (*ASKED_HOW, "Cookie", "Accept-Language"))
    return response


def part_of(name: str, *ids: str) -> Callable[[View], View]:
    """Let a view answer a part of the page `name`, whose address takes the same `ids`.

    Whoever opens the part by itself (a link in a new tab, the history) is sent to that page, with what was asked.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def part(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            response = view(request, *args, **kwargs)
            is_visit = request.method in ("GET", "HEAD") and not wants_fragment(request)
            if is_visit and response.status_code < 300:
                whole = reverse(name, kwargs={key: kwargs[key] for key in ids})
                asked = request.GET.urlencode()
                response = HttpResponseRedirect(f"{whole}?{asked}" if asked else whole)
            patch_vary_headers(response, ASKED_HOW)
            return response

        return part  # type: ignore[return-value]

    return decorate


def redirect(request: HttpRequest, to: Any, *args: Any, **kwargs: Any) -> HttpResponse:
    """Send the browser to a url name or path, also out of a fragment."""
    target = resolve_url(to, *args, **kwargs)
    if request.headers.get("HX-Request") == "true":
        return HttpResponse(status=204, headers={"HX-Redirect": target})
    return HttpResponseRedirect(target)


def back(request: HttpRequest, otherwise: str) -> HttpResponse:
    """To the page of ours the request came from, else to a named one."""
    came_from = request.headers.get("Referer", "")
    is_ours = url_has_allowed_host_and_scheme(came_from, {request.get_host()}, require_https=request.is_secure())
    return redirect(request, came_from if is_ours else otherwise)


def place_to_return(request: HttpRequest, otherwise: str) -> str:
    """The path of ours that the form says one came from (`back`), else that of a named page."""
    said = request.POST.get("back") or request.GET.get("back") or ""
    is_ours = said.startswith("/") and url_has_allowed_host_and_scheme(said, None)
    return said if is_ours else reverse(otherwise)


def saved(request: HttpRequest, text: str) -> None:
    """A quiet toast on the page that comes next, or on this one when htmx asked."""
    messages.success(request, text)


def refused(request: HttpRequest, text: str) -> None:
    """A toast that stays until it is closed."""
    messages.error(request, text)
