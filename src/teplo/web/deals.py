"""Deals: open ones by step, won and lost with the reason; the deals of one person on his card (R36, R39)."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from typing import Any

from django import forms
from django.db.models import Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import path, reverse
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from teplo.accounts.access import Right, requires
from teplo.accounts.workspace import get_workspace
from teplo.people.models import Person
from teplo.sales.assigning import colleague_names
from teplo.sales.deals import (
    LOST_REASONS,
    STEPS,
    DealClosed,
    lose_deal,
    move_deal,
    open_deal,
    reopen_deal,
    say_reason,
    split_reason,
    win_deal,
)
from teplo.sales.models import Deal, DealState
from teplo.web.answers import page, place_to_return, redirect, refused, saved
from teplo.web.formatting import as_money
from teplo.web.owned import acts_on

SHOWN = 200


class DealForm(forms.Form):
    title = forms.CharField(label=_("What he may buy"), max_length=300)
    amount = forms.DecimalField(label=_("Amount"), min_value=0, max_digits=14, decimal_places=2, required=False)


class WonForm(forms.Form):
    amount = forms.DecimalField(label=_("Amount"), min_value=0, max_digits=14, decimal_places=2, required=False)
    is_paid = forms.BooleanField(
        label=_("Paid already"), required=False, help_text=_("The first payment makes a customer.")
    )


class LostForm(forms.Form):
    reason = forms.ChoiceField(label=_("Why"), choices=list(LOST_REASONS.items()), widget=forms.RadioSelect)
    words = forms.CharField(label=_("In his words"), required=False, max_length=150)


@requires(Right.SEE)
def deals(request: HttpRequest) -> HttpResponse:
    """Open deals by their step; the closed ones as a list with reasons."""
    state = request.GET.get("state", DealState.OPEN)
    rows = Deal.objects.filter(state=state).select_related("person", "person__score")
    found = list(rows.order_by("-opened_at" if state == DealState.OPEN else "-closed_at")[: SHOWN + 1])
    context = {
        "state": state,
        "columns": _columns(found[:SHOWN]) if state == DealState.OPEN else [],
        "rows": [(deal, say_reason(deal.lost_reason)) for deal in found[:SHOWN]],
        "is_cut": len(found) > SHOWN,
        "heading": _heading(str(state)),
        "tabs": _tabs(str(state)),
        "names": colleague_names(),
        "steps": STEPS,
        "why": _why_lost() if state == DealState.LOST else None,
    }
    return page(request, "deals/list.html", context, fragment="deals/_list.html")


def _columns(rows: list[Deal]) -> list[tuple[str, Any, list[Deal]]]:
    columns = [(key, name, [row for row in rows if row.step == key]) for key, name in STEPS.items()]
    others = [row for row in rows if row.step not in STEPS]
    return [*columns, ("", gettext("Other"), others)] if others else columns


def _heading(state: str) -> str:
    rows, currency = Deal.objects.filter(state=state), get_workspace().currency
    count = rows.count()
    total = rows.filter(currency=currency).aggregate(total=Sum("amount"))["total"]
    texts = {
        "open": ngettext("%(n)s open deal", "%(n)s open deals", count),
        "won": ngettext("%(n)s deal won", "%(n)s deals won", count),
        "lost": ngettext("%(n)s deal lost", "%(n)s deals lost", count),
    }
    said = texts.get(state, texts["open"]) % {"n": count}
    return (
        said
        if not total
        else gettext("%(deals)s, %(amount)s in all") % {"deals": said, "amount": as_money(total, currency)}
    )


def _tabs(state: str) -> list[tuple[str, str, bool, int | None]]:
    base = reverse("deals")
    return [
        (gettext("In progress"), base, state == "open", None),
        (gettext("Won deals"), f"{base}?state=won", state == "won", None),
        (gettext("Lost deals"), f"{base}?state=lost", state == "lost", None),
    ]


def _why_lost() -> dict[str, Any] | None:
    """Reasons of lost deals, the most frequent first."""
    lost = Deal.objects.filter(state=DealState.LOST).order_by("-closed_at").values_list("lost_reason", flat=True)
    reasons = Counter(split_reason(reason)[0] for reason in lost[:5000])
    if not reasons:
        return None
    rows = [[say_reason(reason) or "—", count] for reason, count in reasons.most_common(12)]
    return {"columns": [gettext("Why"), gettext("Deals")], "rows": rows, "label": gettext("Why deals were lost")}


@requires(Right.EDIT_PEOPLE)
@acts_on("person_id")
def deal_new(request: HttpRequest, person_id: int) -> HttpResponse:
    """A new deal of a person."""
    person = get_object_or_404(Person, pk=person_id)
    form = DealForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        open_deal(person_id=person.pk, owner_id=person.owner_id or request.user.pk, **form.cleaned_data)
        saved(request, gettext("The deal is open"))
        return redirect(request, f"/people/{person_id}/")
    return _dialog(request, "new", {"person": person, "form": form})


def _is_own_deal(user_id: int, person_id: int, deal_id: int) -> bool:
    return Deal.objects.filter(person_id=person_id, id=deal_id, owner_id=user_id).exists()


@requires(Right.EDIT_PEOPLE)
@acts_on("person_id", unless=_is_own_deal)
@require_POST
def deal_move(request: HttpRequest, person_id: int, deal_id: int) -> HttpResponse:
    """To another step of the pipeline."""
    step = request.POST.get("step", "")
    if step in STEPS:
        _try(request, lambda: move_deal(deal=_deal(person_id, deal_id), step=step), gettext("Moved"))
    return redirect(request, place_to_return(request, "deals"))


@requires(Right.EDIT_PEOPLE)
@acts_on("person_id", unless=_is_own_deal)
def deal_win(request: HttpRequest, person_id: int, deal_id: int) -> HttpResponse:
    """Won, perhaps paid."""
    deal = _deal(person_id, deal_id)
    form = WonForm(request.POST if request.method == "POST" else None, initial={"amount": deal.amount})
    if request.method == "POST" and form.is_valid():
        amount: Decimal | None = form.cleaned_data["amount"]
        _try(
            request,
            lambda: win_deal(deal=deal, amount=amount, is_paid=form.cleaned_data["is_paid"]),
            gettext("Won. The person's story knows it."),
        )
        return redirect(request, place_to_return(request, "deals"))
    return _dialog(request, "win", {"deal": deal, "form": form})


@requires(Right.EDIT_PEOPLE)
@acts_on("person_id", unless=_is_own_deal)
def deal_lose(request: HttpRequest, person_id: int, deal_id: int) -> HttpResponse:
    """Lost, for a reason."""
    deal = _deal(person_id, deal_id)
    form = LostForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        reason = f"{given['reason']}: {given['words']}" if given["words"] else given["reason"]
        _try(request, lambda: lose_deal(deal=deal, reason=reason), gettext("Lost, with the reason noted"))
        return redirect(request, place_to_return(request, "deals"))
    return _dialog(request, "lose", {"deal": deal, "form": form})


@requires(Right.EDIT_PEOPLE)
@acts_on("person_id", unless=_is_own_deal)
@require_POST
def deal_reopen(request: HttpRequest, person_id: int, deal_id: int) -> HttpResponse:
    """Undo winning or losing."""
    reopen_deal(deal=_deal(person_id, deal_id))
    saved(request, gettext("The deal is open again"))
    return redirect(request, place_to_return(request, "deals"))


@requires(Right.SEE)
def person_deals(request: HttpRequest, person_id: int) -> HttpResponse:
    """A section of the person's card."""
    found = Deal.objects.filter(person_id=person_id).order_by("-opened_at")[:20]
    rows = [(deal, say_reason(deal.lost_reason)) for deal in found]
    context = {"deals": rows, "person_id": person_id, "steps": STEPS}
    return page(request, "deals/person.html", context, fragment="deals/_person.html")


def _dialog(request: HttpRequest, name: str, context: dict[str, Any]) -> HttpResponse:
    status = 422 if context["form"].is_bound else 200
    context["back"] = place_to_return(request, "deals")
    return page(request, f"deals/{name}.html", context, fragment=f"deals/_{name}.html", status=status)


def _deal(person_id: int, deal_id: int) -> Deal:
    return get_object_or_404(Deal.objects.select_related("person"), person_id=person_id, id=deal_id)


def _try(request: HttpRequest, act: Any, done: str) -> None:
    try:
        act()
        saved(request, done)
    except DealClosed:
        refused(request, gettext("The deal is closed already."))


urlpatterns = [
    path("deals/", deals, name="deals"),
    path("deals/<int:person_id>/<int:deal_id>/move/", deal_move, name="deal-move"),
    path("deals/<int:person_id>/<int:deal_id>/win/", deal_win, name="deal-win"),
    path("deals/<int:person_id>/<int:deal_id>/lose/", deal_lose, name="deal-lose"),
    path("deals/<int:person_id>/<int:deal_id>/reopen/", deal_reopen, name="deal-reopen"),
    path("people/<int:person_id>/deals/", person_deals, name="person-deals"),
    path("people/<int:person_id>/deals/new/", deal_new, name="deal-new"),
]
