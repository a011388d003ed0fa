"""Pages behind the links of letters, open to everybody who holds a signed address (R9, R32, RFC 8058)."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import path
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from teplo.accounts.access import public
from teplo.accounts.workspace import get_workspace
from teplo.channels import confirming, links, reactions
from teplo.channels.models import Channel
from teplo.channels.reactions import Copy, Visit
from teplo.channels.viewing import look_at
from teplo.kit.idn import ascii_url
from teplo.people.claiming import ClaimGone

_PIXEL = bytes.fromhex("47494638396101000100800000000000ffffff21f90401000000002c00000000010001000002024401003b")
_LANGUAGES = ("ru", "uk", "en")
CHANNEL_NAMES = {
    Channel.EMAIL: _("E-mail"),
    Channel.SMS: _("SMS"),
    Channel.TELEGRAM: _("Telegram"),
    Channel.WHATSAPP: _("WhatsApp"),
    Channel.VIBER: _("Viber"),
    Channel.VK: _("VK"),
    Channel.PHONE: _("Phone calls"),
}
LETTER_POLICY = (
    "default-src 'none'; img-src * data:; style-src 'unsafe-inline'; font-src https:; media-src https:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'self'; sandbox allow-popups allow-popups-to-escape-sandbox "
    "allow-top-navigation-by-user-activation"
)
"""A letter is somebody else's HTML: pictures and styles, but nothing that acts."""


def _visit(request: HttpRequest) -> Visit:
    return Visit(user_agent=request.headers.get("User-Agent", ""), method=request.method or "GET")


@public
@require_safe
def opened(request: HttpRequest, token: str) -> HttpResponse:
    """Always a picture, also for a token that is none of ours: nothing is to be learnt here."""
    reactions.note_open(token, _visit(request))
    headers = {"Cache-Control": "no-store, private, max-age=0", "Cross-Origin-Resource-Policy": "cross-origin"}
    return HttpResponse(_PIXEL, content_type="image/gif", headers=headers)


@public
@require_safe
def clicked(request: HttpRequest, token: str) -> HttpResponse:
    """Recorded durably first, then on to where the link leads; never to an address that we did not sign."""
    url = request.GET.get("u", "")
    if not url.startswith(("http://", "https://")) or not reactions.note_click(token, url, _visit(request)):
        return _page(request, None, "letters/no_such_link.html", status=404)
    headers = {"Cache-Control": "no-store, private", "Referrer-Policy": "no-referrer-when-downgrade"}
    return HttpResponseRedirect(_as_it_travels(url), headers=headers)


def _as_it_travels(url: str) -> str:
    """Letters of before may carry names of hosts that no browser would find as they were signed."""
    try:
        return ascii_url(url)
    except ValueError:
        return url


@public
@csrf_exempt  # a mail service posts here without a session; the signed token is the proof (RFC 8058)
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """GET only asks, because scanners follow links; POST does."""
    copy = reactions.find_copy(links.UNSUBSCRIBE, token)
    if copy is None:
        return _page(request, None, "letters/no_such_link.html", status=404)
    if request.method == "POST":
        one_click = request.POST.get("List-Unsubscribe") == "One-Click"
        source = "one-click" if one_click else "unsubscribe-page"
        reactions.unsubscribe(copy, source=source, proof={"user_agent": request.headers.get("User-Agent", "")[:200]})
        return _page(request, copy, "letters/unsubscribed.html", {"preferences": _preferences_url(copy)})
    return _page(request, copy, "letters/unsubscribe.html", {"address": _hidden(copy)})


@public
@csrf_exempt  # as above
@require_http_methods(["GET", "HEAD", "POST"])
def preferences(request: HttpRequest, token: str) -> HttpResponse:
    """What to get on which channel, said by the person himself."""
    copy = reactions.find_copy(links.PREFERENCES, token)
    if copy is None:
        return _page(request, None, "letters/no_such_link.html", status=404)
    channels = reactions.reachable_channels(copy.person_id) or [Channel.EMAIL]
    if request.method == "POST":
        allowed = {channel: channel in request.POST.getlist("channel") for channel in channels}
        reactions.choose_channels(copy, allowed=allowed, source="preference-page")
    said = reactions.current_choices(copy.person_id)
    implied = not get_workspace().requires_consent
    rows = [(channel, CHANNEL_NAMES[Channel(channel)], said.get(channel, implied)) for channel in channels]
    return _page(request, copy, "letters/preferences.html", {"rows": rows, "is_saved": request.method == "POST"})


@public
@csrf_exempt  # as above
@require_http_methods(["GET", "HEAD", "POST"])
def confirm(request: HttpRequest, token: str) -> HttpResponse:
    """GET only asks, because scanners follow links; the button confirms who one is and what one allows."""
    question = confirming.find_question(token)
    if question is None:
        return _page(request, None, "letters/no_such_link.html", status=404)
    preferences = {"preferences": _preferences_url(question.copy)}
    if question.is_done:
        return _page(request, question.copy, "letters/confirmed.html", preferences)
    if question.is_expired:
        return _page(request, question.copy, "letters/confirm_late.html", status=410)
    if request.method == "POST":
        agent = request.headers.get("User-Agent", "")
        proof = {"confirmed_agent": sha256(agent.encode()).hexdigest()[:16] if agent else ""}
        try:
            confirming.answer(question, proof=proof)
        except ClaimGone:
            return _page(request, None, "letters/no_such_link.html", status=404)
        return _page(request, question.copy, "letters/confirmed.html", preferences)
    shown = {
        "address": _hidden(question.copy),
        "channels": ", ".join(str(CHANNEL_NAMES[Channel(channel)]) for channel in question.channels),
        "words": question.words,
    }
    return _page(request, question.copy, "letters/confirm.html", shown)


@public
@require_safe
def in_browser(request: HttpRequest, token: str) -> HttpResponse:
    """The letter as it looks, for the person it went to."""
    copy = reactions.find_copy(links.VIEW, token)
    if copy is None or copy.delivery is None:
        return _page(request, None, "letters/no_such_link.html", status=404)
    look = look_at(copy.delivery, records=True)
    if look.error:
        raise Http404
    return letter_response(look.html or look.text, is_html=bool(look.html))


def letter_response(content: str, *, is_html: bool) -> HttpResponse:
    """A letter as a page that can do nothing."""
    kind = "text/html" if is_html else "text/plain"
    response = HttpResponse(content, content_type=f"{kind}; charset=utf-8")
    response.headers["Content-Security-Policy"] = LETTER_POLICY
    response.headers["X-Frame-Options"] = "SAMEORIGIN"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Robots-Tag"] = "noindex"
    return response


def _page(
    request: HttpRequest, copy: Copy | None, template: str, context: dict[str, Any] | None = None, *, status: int = 200
) -> HttpResponse:
    """In the person's language when we know it, else in the browser's."""
    spoken = reactions.language_of(copy) if copy else ""
    shown = {"company": get_workspace().name, **(context or {})}
    if spoken in _LANGUAGES:
        with override(spoken):
            response = render(request, template, shown, status=status)
            response.headers["Content-Language"] = spoken
    else:
        response = render(request, template, shown, status=status)
    response.headers["X-Robots-Tag"] = "noindex"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


def _preferences_url(copy: Copy) -> str:
    delivery_id = copy.delivery.id if copy.delivery else 0
    return links.Links("", copy.person_id, delivery_id).preferences_url


def _hidden(copy: Copy) -> str:
    """o•••@example.com: enough to know it is one's own, too little for whom the letter was forwarded to."""
    address = copy.delivery.address if copy.delivery else ""
    local, at, domain = address.partition("@")
    return f"{local[:1]}•••{at}{domain}" if at else ""


urlpatterns = [
    path("l/o/<str:token>.gif", opened, name="letter-opened"),
    path("l/c/<str:token>", clicked, name="letter-clicked"),
    path("l/u/<str:token>", unsubscribe, name="unsubscribe"),
    path("l/p/<str:token>", preferences, name="preferences"),
    path("l/k/<str:token>", confirm, name="confirm"),
    path("l/v/<str:token>", in_browser, name="letter-in-browser"),
]
