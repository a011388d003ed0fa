"""Dead letters: events the pipeline could not take, with the error; retried or dropped."""

from __future__ import annotations

import json

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from teplo.accounts.access import Right, requires
from teplo.tracking import dead_letters
from teplo.tracking.models import DeadLetter
from teplo.web.answers import page, redirect, saved
from teplo.web.reading import whole, wholes

PAGE = 50


@requires(Right.MANAGE)
def letter_list(request: HttpRequest) -> HttpResponse:
    """The newest first; `before` is the id the page goes on from."""
    before = whole(request.GET.get("before"))
    letters = DeadLetter.objects.order_by("-id")
    if before is not None:
        letters = letters.filter(id__lt=before)
    shown = list(letters[: PAGE + 1])
    rows = [(letter, dead_letters.shown(letter).get("name", "")) for letter in shown[:PAGE]]
    context = {
        "rows": rows,
        "total": DeadLetter.objects.count(),
        "older": f"?before={shown[PAGE - 1].pk}" if len(shown) > PAGE else "",
    }
    return page(request, "dead_letters/list.html", context)


@requires(Right.MANAGE)
def letter_one(request: HttpRequest, letter_id: int) -> HttpResponse:
    letter = get_object_or_404(DeadLetter, pk=letter_id)
    event = dead_letters.shown(letter)
    text = json.dumps(event, ensure_ascii=False, indent=2)
    context = {"letter": letter, "name": event.get("name", ""), "text": text}
    return page(request, "dead_letters/letter.html", context, fragment="dead_letters/_letter.html")


@requires(Right.MANAGE)
@require_POST
def letters_retry(request: HttpRequest) -> HttpResponse:
    """Those chosen, or all."""
    count = dead_letters.retry(ids=None if request.POST.get("all") else _chosen(request))
    text = ngettext("%(n)s event is tried again.", "%(n)s events are tried again.", count) % {"n": count}
    saved(request, text if count else _("Nothing was chosen."))
    return redirect(request, "dead-letters")


@requires(Right.MANAGE)
@require_POST
def letters_drop(request: HttpRequest) -> HttpResponse:
    count = dead_letters.drop(ids=_chosen(request))
    text = ngettext("%(n)s event is dropped.", "%(n)s events are dropped.", count) % {"n": count}
    saved(request, text if count else _("Nothing was chosen."))
    return redirect(request, "dead-letters")


def _chosen(request: HttpRequest) -> list[int]:
    return wholes(request.POST.getlist("ids")[:1000])


urlpatterns = [
    path("settings/dead-letters/", letter_list, name="dead-letters"),
    path("settings/dead-letters/retry/", letters_retry, name="dead-letters-retry"),
    path("settings/dead-letters/drop/", letters_drop, name="dead-letters-drop"),
    path("settings/dead-letters/<int:letter_id>/", letter_one, name="dead-letter"),
]
