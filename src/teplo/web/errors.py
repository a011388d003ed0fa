"""Error pages in the look of the rest; a fragment gets the sentence alone, which rises as a toast."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from teplo.accounts.access import RightLacking, public
from teplo.people.owning import NotYours
from teplo.web.answers import wants_fragment


def _answer(request: HttpRequest, status: int, heading: str, text: str) -> HttpResponse:
    if wants_fragment(request):
        return HttpResponse(f"{heading} {text}", status=status, content_type="text/plain; charset=utf-8")
    context = {"status": status, "heading": heading, "text": text}
    return render(request, "error.html", context, status=status)


@public
def bad_request(request: HttpRequest, exception: Any = None) -> HttpResponse:
    return _answer(request, 400, _("This request makes no sense here."), _("Go back and try again."))


@public
def forbidden(request: HttpRequest, exception: Any = None) -> HttpResponse:
    if isinstance(exception, NotYours):
        text = str(exception)
    elif isinstance(exception, RightLacking):
        text = _("Your role does not include this. An administrator can change it under Settings, Colleagues.")
    else:
        text = str(exception or "")
    return _answer(request, 403, _("This is not yours to see."), text)


@public
def csrf_failed(request: HttpRequest, reason: str = "") -> HttpResponse:
    text = _("The page stood open for too long or cookies are off. Load it anew and repeat what you did.")
    return _answer(request, 403, _("The page has grown old."), text)


@public
def not_found(request: HttpRequest, exception: Any = None) -> HttpResponse:
    text = _("The address may be mistyped, or what stood here was deleted or merged.")
    return _answer(request, 404, _("There is nothing here."), text)


@public
def broken(request: HttpRequest) -> HttpResponse:
    """Must not fail itself: the database may be what is broken, so nothing is asked of it."""
    heading, text = _("Something broke on our side."), _("It is written in the log. Try again in a moment.")
    if wants_fragment(request):
        return HttpResponse(f"{heading} {text}", status=500, content_type="text/plain; charset=utf-8")
    return render(None, "broken.html", {"heading": heading, "text": text}, status=500)
