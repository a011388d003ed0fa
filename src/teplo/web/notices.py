"""The bell: asked every ten seconds, answered with nothing while nothing is new."""

from __future__ import annotations

import json

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.views.decorators.http import require_POST

from teplo.accounts import notices
from teplo.accounts.access import Right, requires
from teplo.accounts.models import Notice
from teplo.web.answers import page, part_of, redirect
from teplo.web.reading import whole

SHOWN = 60


def _reader(request: HttpRequest) -> int:
    return int(request.user.pk or 0)


@requires(Right.SEE)
@part_of("notices")
def bell(request: HttpRequest) -> HttpResponse:
    """The count, and a toast for each hot notice since the last look. `version` is what the browser shows already."""
    unread = list(
        Notice.objects.filter(user_id=_reader(request), read_at=None)
        .order_by("-id")
        .only("id", "kind", "params", "url")[:99]
    )
    version = f"{unread[0].pk if unread else 0}-{len(unread)}"
    seen = request.GET.get("version", "")
    if seen == version:
        return HttpResponse(status=204)
    response = render(request, "notices/_bell.html", {"count": len(unread), "version": version})
    if seen:
        _raise_hot(response, unread, after=seen)
    return response


def _raise_hot(response: HttpResponse, unread: list[Notice], *, after: str) -> None:
    last = whole(after.split("-")[0]) or 0
    fresh = [notice for notice in unread if notice.pk > last and notices.kind_of(notice).is_hot]
    toasts = [{"text": notices.tell(notice), "kind": "hot", "url": notice.url} for notice in fresh[:3]]
    if toasts:
        response.headers["HX-Trigger"] = json.dumps({"toasts": toasts})


@requires(Right.SEE)
def notice_list(request: HttpRequest) -> HttpResponse:
    rows = Notice.objects.filter(user_id=_reader(request)).order_by("-id")[:SHOWN]
    told = [(notice, notices.tell(notice), notices.kind_of(notice).icon) for notice in rows]
    unread = sum(1 for notice, _text, _icon in told if notice.read_at is None)
    return page(request, "notices/list.html", {"notices": told, "unread": unread}, fragment="notices/_drawer.html")


@requires(Right.SEE)
def open_notice(request: HttpRequest, notice_id: int) -> HttpResponse:
    """Go where it leads; it counts as read from then on."""
    notice = Notice.objects.filter(pk=notice_id, user_id=_reader(request)).first()
    if notice:
        notices.mark_read(user_id=_reader(request), notice_ids=[notice.pk])
    return redirect(request, notice.url if notice and notice.url.startswith("/") else "notices")


@requires(Right.SEE)
@require_POST
def read_all(request: HttpRequest) -> HttpResponse:
    notices.mark_read(user_id=_reader(request))
    return redirect(request, "notices")


urlpatterns = [
    path("notices/", notice_list, name="notices"),
    path("notices/bell/", bell, name="bell"),
    path("notices/read/", read_all, name="notices-read"),
    path("notices/<int:notice_id>/", open_notice, name="notice"),
]
