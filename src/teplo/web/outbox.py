"""The outbox: what goes out, what waits and why, what a colleague must decide (R32)."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBadRequest
from django.urls import path
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_POST

from teplo.accounts.access import Right, requires
from teplo.accounts.workspace import get_workspace
from teplo.channels import reasons, resolving, senders
from teplo.channels.email.troubles import say_trouble
from teplo.channels.links import public_address
from teplo.channels.listing import Filter, count_deliveries, list_deliveries
from teplo.channels.models import Channel, Delivery, DeliveryState, Sender
from teplo.channels.viewing import look_at
from teplo.content.templates import template_names
from teplo.journeys.models import Journey, JourneyState
from teplo.people.models import Person
from teplo.web import headlines
from teplo.web.answers import page, place_to_return, redirect, saved
from teplo.web.letters import CHANNEL_NAMES, letter_response
from teplo.web.reading import whole, wholes
from teplo.web.telling import letter_name

STATES = {
    "waiting": gettext_lazy("Waiting"),
    DeliveryState.SENT.value: gettext_lazy("Sent"),
    DeliveryState.UNCERTAIN.value: gettext_lazy("Uncertain"),
    DeliveryState.FAILED.value: gettext_lazy("Failed"),
    DeliveryState.SKIPPED.value: gettext_lazy("Not sent"),
    "bounced": gettext_lazy("Came back"),
}
STATE_WORDS = {
    DeliveryState.QUEUED: (gettext_lazy("waits"), "wait"),
    DeliveryState.SENDING: (gettext_lazy("going out"), "wait"),
    DeliveryState.SENT: (gettext_lazy("sent"), "good"),
    DeliveryState.UNCERTAIN: (gettext_lazy("uncertain"), "bad"),
    DeliveryState.FAILED: (gettext_lazy("failed"), "bad"),
    DeliveryState.SKIPPED: (gettext_lazy("not sent"), "quiet"),
}
_FIGURES = ("waiting", "sent", "uncertain", "failed", "skipped")


@requires(Right.SEE)
def outbox(request: HttpRequest) -> HttpResponse:
    asked = _asked(request)
    found = list_deliveries(asked, after=request.GET.get("after", ""))
    counts = count_deliveries()
    numbers = {**counts.by_state, "waiting": counts.waiting}
    figures = [(state, STATES[state], numbers.get(state, 0)) for state in _FIGURES]
    active = list(Sender.objects.filter(is_active=True).order_by("name"))
    context = {
        "rows": _rows(found.deliveries),
        "further": found.further,
        "asked": asked,
        "figures": figures,
        "headline": headlines.of_outbox(
            counts=counts, ill=[s.name for s in active if s.health], has_sender=any(map(senders.is_configured, active))
        ),
        "waiting": counts.waiting,
        "uncertain": counts.by_state.get(DeliveryState.UNCERTAIN, 0),
        "reasons": _reason_chips(request, asked, counts.by_reason),
        "chips": _chips(request, asked),
        "senders": [(sender, say_trouble(sender.health)) for sender in active],
        "journeys": _journeys(request, asked),
        "has_sender": any(senders.is_configured(sender) for sender in active),
        "has_address": bool(public_address(get_workspace().public_url)),
    }
    return page(request, "outbox/outbox.html", context)


def _asked(request: HttpRequest) -> Filter:
    values = request.GET
    journey, person = values.get("journey", ""), values.get("person", "")
    return Filter(
        state=values.get("state", "") if values.get("state") in STATES else "",
        channel=values.get("channel", "") if values.get("channel") in Channel.values else "",
        reason=values.get("reason", "") if values.get("reason") in reasons.REASONS else "",
        journey_id=whole(journey),
        person_id=whole(person),
    )


def _rows(deliveries: Any) -> list[dict[str, Any]]:
    """Deliveries with their words; templates read in one statement."""
    names = template_names(delivery.template_id for delivery in deliveries)
    return [_row(delivery, letter_name(delivery, names)) for delivery in deliveries]


def _row(delivery: Delivery, template_name: str) -> dict[str, Any]:
    word, kind = STATE_WORDS[DeliveryState(delivery.state)]
    return {
        "delivery": delivery,
        "template": template_name,
        "channel": CHANNEL_NAMES[Channel(delivery.channel)],
        "word": word,
        "kind": kind,
        "why": say_reason(delivery),
        "zone": readers_zone(delivery),
        "may_decide": delivery.state in (DeliveryState.UNCERTAIN, DeliveryState.FAILED),
    }


def readers_zone(delivery: Delivery) -> str:
    """The reader's own zone by name, where the reason beside it speaks of another; else empty."""
    mine = timezone.get_current_timezone()
    theirs = reasons.zone_of(delivery.reason_params) if delivery.reason else None
    return reasons.zone_name(mine, delivery.due_at) if reasons.differ(theirs, mine, delivery.due_at) else ""


def say_reason(delivery: Delivery) -> str:
    """Why it stands where it stands, as a sentence; empty when there is nothing to explain."""
    if not delivery.reason:
        return ""
    zone = timezone.get_current_timezone()
    params = {**delivery.reason_params}
    if "until" not in params and delivery.state == DeliveryState.QUEUED:
        params["until"] = delivery.due_at.isoformat()
    return reasons.say(delivery.reason, params, name=delivery.person.name, zone=zone)


def _chips(request: HttpRequest, asked: Filter) -> list[dict[str, str]]:
    """What is being filtered by, each removable."""
    words: dict[str, Any] = {}
    if asked.channel:
        words["channel"] = CHANNEL_NAMES[Channel(asked.channel)]
    if asked.reason:
        words["reason"] = reasons.title(asked.reason)
    if asked.journey_id:
        journey = Journey.objects.filter(pk=asked.journey_id).only("name", "ready").first()
        words["journey"] = journey.name if journey else ""
    if asked.person_id:
        person = Person.objects.filter(pk=asked.person_id).first()
        words["person"] = (person.name or person.pk) if person else None
    return [{"label": str(word), "remove_url": f"?{_without(request, key)}"} for key, word in words.items() if word]


def _journeys(request: HttpRequest, asked: Filter) -> list[tuple[str, str]]:
    """Journeys that have been live, to see the messages of one."""
    if asked.journey_id:
        return []
    journeys = Journey.objects.exclude(state=JourneyState.DRAFT).order_by("name")[:50]
    return [(journey.name, f"?{_without(request, 'journey')}&journey={journey.pk}") for journey in journeys]


def _reason_chips(request: HttpRequest, asked: Filter, counted: list[tuple[str, str, int]]) -> list[dict[str, Any]]:
    """The reasons that occur, of the state asked for."""
    if asked.reason:
        return []
    states = {"waiting": ("queued", "sending")}.get(asked.state, (asked.state,)) if asked.state else None
    fitting = [(reason, number) for state, reason, number in counted if states is None or state in states]
    totals: dict[str, int] = {}
    for reason, number in fitting:
        totals[reason] = totals.get(reason, 0) + number
    return [
        {"label": f"{reasons.title(reason)}: {number}", "url": f"?{_without(request, 'reason')}&reason={reason}"}
        for reason, number in sorted(totals.items(), key=lambda row: -row[1])[:8]
    ]


def _without(request: HttpRequest, key: str) -> str:
    return urlencode({name: str(value) for name, value in request.GET.items() if name not in (key, "after")})


@requires(Right.SEE)
def delivery_one(request: HttpRequest, person_id: int, delivery_id: int) -> HttpResponse:
    delivery = _delivery(person_id, delivery_id)
    look = look_at(delivery, records=False)
    row = _rows([delivery])[0]
    context = {**row, "look": look, "journey": Journey.objects.filter(pk=delivery.journey_id or 0).first()}
    return page(request, "outbox/delivery.html", context)


@requires(Right.SEE)
@xframe_options_sameorigin
def delivery_look(request: HttpRequest, person_id: int, delivery_id: int) -> HttpResponse:
    """The letter alone, for the frame."""
    look = look_at(_delivery(person_id, delivery_id), records=False)
    if look.error:
        return letter_response(look.error, is_html=False)
    return letter_response(look.html or look.text, is_html=bool(look.html))


def _delivery(person_id: int, delivery_id: int) -> Delivery:
    rows = Delivery.objects.select_related("person", "sender").filter(person_id=person_id, id=delivery_id)
    delivery = rows.first()
    if delivery is None:
        raise Http404
    return delivery


_DECISIONS = {"again": resolving.send_again, "sent": resolving.consider_sent, "drop": resolving.do_not_send}


@requires(Right.EDIT_MARKETING)
@require_POST
def outbox_decide(request: HttpRequest) -> HttpResponse:
    """What shall become of the chosen deliveries: sent again, considered sent, or dropped."""
    decide = _DECISIONS.get(request.POST.get("decision", ""))
    keys = [_key(text) for text in request.POST.getlist("ids")]
    if decide is None or not keys or None in keys:
        return HttpResponseBadRequest()
    done = decide([key for key in keys if key], by=request.user.pk or 0)
    saved(request, ngettext("%(n)s message decided", "%(n)s messages decided", done) % {"n": done})
    return redirect(request, place_to_return(request, "outbox"))


def _key(text: str) -> tuple[int, int] | None:
    person, _, number = text.partition("-")
    key = wholes((person, number))
    return (key[0], key[1]) if len(key) == 2 else None


@requires(Right.EDIT_MARKETING)
@require_POST
def outbox_retry(request: HttpRequest) -> HttpResponse:
    """Everything that failed for one reason, anew."""
    done = resolving.retry_failed(reason=request.POST.get("reason", ""), by=request.user.pk or 0)
    saved(request, ngettext("%(n)s message goes out anew", "%(n)s messages go out anew", done) % {"n": done})
    return redirect(request, "outbox")


@requires(Right.EDIT_MARKETING)
@require_POST
def sender_pause(request: HttpRequest, sender_id: int) -> HttpResponse:
    if request.POST.get("resume") == "1":
        senders.resume(sender_id=sender_id)
        saved(request, _("Sending goes on"))
    else:
        senders.pause(sender_id=sender_id)
        saved(request, _("Sending is paused"))
    return redirect(request, "outbox")


urlpatterns = [
    path("outbox/", outbox, name="outbox"),
    path("outbox/decide/", outbox_decide, name="outbox-decide"),
    path("outbox/retry/", outbox_retry, name="outbox-retry"),
    path("outbox/senders/<int:sender_id>/pause/", sender_pause, name="sender-pause"),
    path("outbox/<int:person_id>/<int:delivery_id>/", delivery_one, name="delivery"),
    path("outbox/<int:person_id>/<int:delivery_id>/look/", delivery_look, name="delivery-look"),
]
