"""Error pages in the look of the rest; a fragment gets the sentence alone, which rises as a toast."""

from __future__ import annotations

import sys
from typing import Any

import structlog
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from teplo.accounts.access import RightLacking, public
from teplo.kit.troubles import note_trouble
from teplo.people.owning import NotYours
from teplo.web.answers import wants_fragment

log = structlog.get_logger(__name__)

RETRY_SECONDS = {"locked": 5}


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
    """Must not fail itself: the database may be what is broken, so nothing is asked of it.

    A database that is busy or away, and a full disk, are no fault of a page: 503, and when to try again.
    """
    error = sys.exc_info()[1]
    trouble = note_trouble(error) if error else ""
    status = 503 if trouble else 500
    heading, text = _of_trouble(trouble)
    if trouble:
        log.error("request_failed", trouble=trouble, path=request.path)
    if wants_fragment(request):
        response = HttpResponse(f"{heading} {text}", status=status, content_type="text/plain; charset=utf-8")
    else:
        response = render(None, "broken.html", {"heading": heading, "text": text}, status=status)
    if trouble:
        response.headers["Retry-After"] = str(RETRY_SECONDS.get(trouble, 30))
    return response


def _of_trouble(trouble: str) -> tuple[str, str]:
    """Heading and advice."""
    if trouble == "locked":
        return _("Somebody else is writing just now."), _("Nothing was saved. Try again in a few seconds.")
    if trouble == "full":
        return _("The disk is full."), _("Nothing was saved. Whoever runs this Teplo has to make room.")
    if trouble == "read-only":
        return _("Nothing can be written."), _("The disk of this Teplo is read-only. Whoever runs it has to look.")
    if trouble:
        return _("The database does not answer."), _("Nothing was saved. Try again in a minute.")
    return _("Something broke on our side."), _("It is written in the log. Try again in a moment.")
