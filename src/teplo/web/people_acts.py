"""Acts on many people from the list: asked in a dialog, done at once with few, as a job with many."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST

from teplo.accounts.access import Right, RightLacking, can, requires
from teplo.accounts.models import User
from teplo.conditions.reading import ConditionError
from teplo.insights.people_list import count_people
from teplo.journeys.models import Journey, JourneyState
from teplo.kit.wording import in_language
from teplo.people.acting import ActImpossible, act_of, start_acting
from teplo.people.attributes import definitions, why_unreadable
from teplo.people.choosing import Chosen
from teplo.people.models import AttributeDefinition
from teplo.people.tagging import read_names, suggest_tags
from teplo.stages.models import Stage
from teplo.web.answers import redirect, saved
from teplo.web.formatting import as_number
from teplo.web.people_query import ListQuery, QueryRefused, read_query
from teplo.web.reading import wholes

AT_ONCE = 200
"""Up to so many people are changed while the browser waits."""


@dataclass(frozen=True)
class Offer:
    """An act as the list offers it: its icon, the right it takes, and what is asked before."""

    key: str
    name: Any
    icon: str
    right: Right
    fields: Callable[[], list[Field]]
    warning: Any = ""


@dataclass(frozen=True)
class Field:
    """One question of the dialog: a choice, or a text, beside which `known` ones are suggested."""

    name: str
    label: str
    choices: Sequence[tuple[str, str]] = ()
    help: str = ""
    known: Sequence[str] = ()


def _nothing() -> list[Field]:
    return []


def _value_fields() -> list[Field]:
    return [
        Field("key", _("What"), _value_keys()),
        Field("value", _("New value"), help=_("Empty: take the value away.")),
    ]


def _value_keys() -> list[tuple[str, str]]:
    named = {
        "position": _("Position"),
        "city": _("City"),
        "country": _("Country"),
        "language": _("Language"),
        "timezone": _("Time zone"),
        "company": _("Company"),
    }
    return [*named.items(), *_own(definitions().values())]


def _list_fields() -> list[Field]:
    lists = [found for found in definitions().values() if found.type == "list"]
    return [Field("key", _("Which list"), _own(lists)), Field("value", _("What to add"))]


def _tag_fields() -> list[Field]:
    return [Field("tags", _("Tags"), help=_("Several: with commas between."), known=suggest_tags(limit=200))]


def _own(found: Any) -> list[tuple[str, str]]:
    rows: list[AttributeDefinition] = list(found)
    return [(definition.key, in_language(definition.names) or definition.key) for definition in rows]


def _owner_fields() -> list[Field]:
    users = User.objects.filter(is_active=True).order_by("name").values_list("pk", "name")
    return [Field("owner", _("Whose"), [("", _("nobody's")), *((str(pk), name) for pk, name in users)])]


def _stage_fields() -> list[Field]:
    stages = Stage.objects.filter(is_active=True).order_by("is_beside", "position")
    return [
        Field("stage", _("Stage"), [(stage.key, in_language(stage.names) or stage.key) for stage in stages]),
        Field("why", _("Why")),
    ]


def _journey_fields() -> list[Field]:
    live = Journey.objects.filter(state=JourneyState.LIVE).order_by("name").only("pk", "name", "ready")
    return [Field("journey", _("Journey"), [(str(row.pk), row.name) for row in live])]


OFFERS: Mapping[str, Offer] = {
    offer.key: offer
    for offer in (
        Offer("add-tags", gettext_lazy("Add tags"), "tag", Right.EDIT_MARKETING, _tag_fields),
        Offer("remove-tags", gettext_lazy("Take tags off"), "tag-off", Right.EDIT_MARKETING, _tag_fields),
        Offer("set-value", gettext_lazy("Set a value"), "pencil", Right.EDIT_MARKETING, _value_fields),
        Offer("add-to-list", gettext_lazy("Add to a list"), "list", Right.EDIT_MARKETING, _list_fields),
        Offer("set-owner", gettext_lazy("Give to a colleague"), "user-share", Right.EDIT_MARKETING, _owner_fields),
        Offer("set-stage", gettext_lazy("Move to a stage"), "stairs", Right.EDIT_MARKETING, _stage_fields),
        Offer("enrol", gettext_lazy("Into a journey"), "route", Right.EDIT_MARKETING, _journey_fields),
        Offer(
            "erase",
            gettext_lazy("Erase"),
            "trash",
            Right.ERASE_PEOPLE,
            _nothing,
            gettext_lazy("Names, contacts, letters and notes go for good; only numbers remain. This cannot be undone."),
        ),
    )
}


def offers_for(user: Any) -> list[tuple[str, Any, str, str]]:
    """What this user may do with many: (key, name, icon, address)."""
    return [
        (offer.key, offer.name, offer.icon, reverse("people-act", args=[offer.key]))
        for offer in OFFERS.values()
        if can(user, offer.right) and (offer.key != "add-to-list" or _list_fields()[0].choices)
    ]


@requires(Right.EDIT_MARKETING, Right.ERASE_PEOPLE)
@require_POST
def people_act(request: HttpRequest, key: str) -> HttpResponse:
    """First the dialog (nothing is done yet); with `do` the act itself."""
    offer = OFFERS.get(key)
    if offer is None:
        raise Http404
    if not can(request.user, offer.right):
        raise RightLacking
    answers = [field.name for field in offer.fields()] if "do" in request.POST else []
    query = read_query(request, also=("ids", "everybody", "do", *answers))
    try:
        chosen = _chosen(request, query)
        if chosen is None:
            return _dialog(request, offer, query, chosen, 0, error=_("Nobody is chosen."))
        people = count_people(chosen=chosen, at_most=None).people or 0
    except (QueryRefused, ConditionError) as error:
        return _dialog(request, offer, query, None, 0, error=str(error))
    if "do" not in request.POST:
        return _dialog(request, offer, query, chosen, people)
    args = {field.name: request.POST.get(field.name, "").strip() for field in offer.fields()}
    if refusal := _refusal(key, args):
        return _dialog(request, offer, query, chosen, people, error=refusal, args=args)
    try:
        return _do(request, offer, query, chosen, people, args)
    except ActImpossible as impossible:
        return _dialog(request, offer, query, chosen, people, error=str(impossible), args=args)


def _chosen(request: HttpRequest, query: ListQuery) -> Chosen | None:
    """Those ticked, or all whom the list finds; raises QueryRefused if the query or an id cannot be read."""
    everybody = query.chosen
    if request.POST.get("everybody"):
        return everybody
    return ticked(request)


def ticked(request: HttpRequest) -> Chosen | None:
    """Those ticked in the list; raises QueryRefused for an id that is none: others would be meant than was thought."""
    said = request.POST.getlist("ids")
    ids = tuple(wholes(said))
    if len(ids) < len(said):
        raise QueryRefused(_("One of the ids of people cannot be read."))
    return Chosen(ids=ids) if ids else None


def _refusal(key: str, args: Mapping[str, str]) -> str:
    """Why the value cannot be read; asked once here, not once per person."""
    if key in ("add-tags", "remove-tags") and not read_names(args["tags"]):
        return _("Name at least one tag.")
    if key == "add-to-list" and not args["value"]:
        return _("Say what to add.")
    if key == "set-owner" and args["owner"] not in dict(_owner_fields()[0].choices):
        return _("“%(value)s” is not a colleague.") % {"value": args["owner"][:100]}
    if key in ("set-value", "add-to-list"):
        return str(why_unreadable(args["key"], args["value"]) or "")
    return ""


def _do(
    request: HttpRequest, offer: Offer, query: ListQuery, chosen: Chosen, people: int, args: Mapping[str, str]
) -> HttpResponse:
    user_id: int = request.user.pk or 0
    if chosen.ids and people <= AT_ONCE:
        changed = act_of(offer.key).apply(sorted(chosen.ids), args, f"user:{user_id}")
        shown = as_number(changed)
        saved(
            request,
            ngettext("%(shown)s person changed.", "%(shown)s people changed.", changed) % {"shown": shown},
        )
        return redirect(request, query.url())
    job = start_acting(act=offer.key, chosen=chosen, args=args, by=user_id)
    return render(request, "people/_acting.html", {"job": job, "offer": offer, "back": query.url()})


def _dialog(
    request: HttpRequest,
    offer: Offer,
    query: ListQuery,
    chosen: Chosen | None,
    people: int,
    *,
    error: str = "",
    args: Mapping[str, str] | None = None,
) -> HttpResponse:
    context = {
        "offer": offer,
        "fields": [(field, (args or {}).get(field.name, "")) for field in offer.fields()],
        "query": query,
        "condition_json": json.dumps(query.condition, ensure_ascii=False),
        "ids": chosen.ids if chosen else (),
        "everybody": chosen is not None and not chosen.ids,
        "people": people,
        "error": error,
    }
    return render(request, "people/_act.html", context, status=422 if error else 200)


urlpatterns = [path("people/acts/<slug:key>/", people_act, name="people-act")]
