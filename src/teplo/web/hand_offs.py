"""The hand-off: who waits for sales, everything known of a person on one page, accept or return (R37, R38)."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import path, reverse
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from teplo.accounts.access import Right, requires
from teplo.journeys.snapshots import take_snapshots
from teplo.kit.clock import now
from teplo.people.models import Identity, IdentityKind, Person, SharedContact
from teplo.sales import answering
from teplo.sales.assigning import colleague_names
from teplo.sales.cooling import REASONS as ENDED
from teplo.sales.handing_off import HandOffAnswered, accept, give_back, offer
from teplo.sales.models import Deal, HandOff, HandOffState
from teplo.sales.returning import REASONS
from teplo.stages.models import Stage
from teplo.web.answers import page, redirect, refused, saved
from teplo.web.formatting import as_number
from teplo.web.owned import acts_on

SHOWN = 100
CAUSES = {"hot": _("turned hot"), "hand": _("handed over by a colleague"), "journey": _("handed over by a journey")}


class ReturnForm(forms.Form):
    """Why sales gives a person back."""

    reason = forms.ChoiceField(label=_("Why"), choices=list(REASONS.items()), widget=forms.RadioSelect)
    note = forms.CharField(
        label=_("What should marketing know?"), required=False, widget=forms.Textarea(attrs={"rows": 3})
    )


@requires(Right.SEE)
def hand_offs(request: HttpRequest) -> HttpResponse:
    """Who waits for an answer, who was answered how fast, who came back and why."""
    state = request.GET.get("state", HandOffState.OFFERED)
    rows = HandOff.objects.filter(state=state).select_related("person", "person__company", "person__score")
    orders = {"offered": "answer_until", "expired": "-answer_until"}
    ordered = rows.order_by(orders.get(state, "-answered_at"))
    found = list(ordered[: SHOWN + 1])
    offered = HandOff.objects.filter(state=HandOffState.OFFERED)
    counted = offered.aggregate(waiting=Count("id"), late=Count("id", filter=Q(answer_until__lt=now())))
    waiting = counted["waiting"]
    context = {
        "rows": found[:SHOWN],
        "is_cut": len(found) > SHOWN,
        "state": state,
        "heading": heading(waiting, counted["late"]),
        "names": colleague_names(),
        "reasons": {**REASONS, **ENDED},
        "figures": answering.figures(),
        "tabs": _tabs(str(state), waiting),
        "now": now(),
    }
    return page(request, "hand_offs/list.html", context, fragment="hand_offs/_list.html")


def _tabs(state: str, waiting: int) -> list[tuple[str, str, bool, int | None]]:
    base = reverse("hand-offs")
    return [
        (gettext("Waiting"), base, state == "offered", waiting),
        (gettext("Accepted"), f"{base}?state=accepted", state == "accepted", None),
        (gettext("Returned"), f"{base}?state=returned", state == "returned", None),
        (gettext("Expired"), f"{base}?state=expired", state == "expired", None),
    ]


@requires(Right.SEE)
def hand_off(request: HttpRequest, person_id: int, hand_off_id: int) -> HttpResponse:
    """Everything known of the person on one page."""
    row = get_object_or_404(
        HandOff.objects.select_related("person", "person__company", "person__score"),
        person_id=person_id,
        id=hand_off_id,
    )
    return page(request, "hand_offs/page.html", _context(row) | {"form": ReturnForm()})


def _context(row: HandOff) -> dict[str, Any]:
    stages = {stage.key: stage for stage in Stage.objects.all()}
    return {
        "row": row,
        "person": row.person,
        "contacts": _contacts(row.person_id),
        "cause": CAUSES.get(row.cause, row.cause),
        "stage": stages.get(str(row.snapshot.get("stage", ""))),
        "assignee": colleague_names().get(row.assignee_id or 0, ""),
        "reason": REASONS.get(row.return_reason) or ENDED.get(row.return_reason, row.return_reason),
        "is_late": row.state == HandOffState.OFFERED and row.answer_until < now(),
        "deals": Deal.objects.filter(person_id=row.person_id).order_by("-opened_at")[:5],
    }


def _contacts(person_id: int) -> list[Identity | SharedContact]:
    known = Identity.objects.filter(person_id=person_id)
    own = list(known.exclude(kind__in=(IdentityKind.VISITOR, IdentityKind.EXTERNAL)).order_by("-is_main", "kind"))
    held = {(row.kind, row.value) for row in own}
    shared = SharedContact.objects.filter(person_id=person_id).order_by("kind", "value")
    return [*own, *(row for row in shared if (row.kind, row.value) not in held)]


def _is_offered_to(user_id: int, person_id: int, hand_off_id: int) -> bool:
    """Offered to this salesperson, or to all of them because nobody answered in time."""
    row = HandOff.objects.filter(person_id=person_id, id=hand_off_id).first()
    return row is not None and (row.assignee_id == user_id or row.escalated_at is not None)


@requires(Right.SELL)
@acts_on("person_id", unless=_is_offered_to)
@require_POST
def hand_off_accept(request: HttpRequest, person_id: int, hand_off_id: int) -> HttpResponse:
    """The person is mine now."""
    row = get_object_or_404(HandOff, person_id=person_id, id=hand_off_id)
    try:
        accept(hand_off=row, user_id=int(request.user.pk or 0))
        saved(request, gettext("The person is yours now"))
    except HandOffAnswered:
        refused(request, gettext("Somebody has answered already."))
    return redirect(request, "hand-off", person_id, hand_off_id)


@requires(Right.SELL)
@acts_on("person_id", unless=_is_offered_to)
def hand_off_return(request: HttpRequest, person_id: int, hand_off_id: int) -> HttpResponse:
    """Back to marketing, with a reason."""
    row = get_object_or_404(HandOff.objects.select_related("person"), person_id=person_id, id=hand_off_id)
    form = ReturnForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            give_back(hand_off=row, user_id=int(request.user.pk or 0), **form.cleaned_data)
            saved(request, gettext("Returned to marketing"))
        except HandOffAnswered:
            refused(request, gettext("Somebody has answered already."))
        return redirect(request, "hand-off", person_id, hand_off_id)
    context = {"row": row, "person": row.person, "form": form}
    status = 422 if form.is_bound else 200
    return page(request, "hand_offs/return.html", context, fragment="hand_offs/_return.html", status=status)


@requires(Right.EDIT_PEOPLE)
@acts_on("person_id")
@require_POST
def hand_off_new(request: HttpRequest, person_id: int) -> HttpResponse:
    """Hand a person to sales by hand."""
    person = get_object_or_404(Person, pk=person_id)
    snapshots = take_snapshots(person_ids=[person.pk])
    if offer(person_ids=[person.pk], cause="hand", snapshots=snapshots, at=now()):
        saved(request, gettext("Handed to sales"))
    else:
        refused(request, gettext("Sales is at work with this person already."))
    return redirect(request, f"/people/{person_id}/")


def heading(waiting: int, late: int = 0) -> str:
    """How many wait, as a sentence; those whom nobody answered in time come first."""
    if not waiting:
        return gettext("Nobody waits for an answer")
    if late:
        return ngettext("%(n)s person was not answered in time", "%(n)s people were not answered in time", late) % {
            "n": as_number(late)
        }
    return ngettext("%(n)s person waits for an answer", "%(n)s people wait for an answer", waiting) % {"n": waiting}


urlpatterns = [
    path("hand-offs/", hand_offs, name="hand-offs"),
    path("hand-offs/<int:person_id>/<int:hand_off_id>/", hand_off, name="hand-off"),
    path("hand-offs/<int:person_id>/<int:hand_off_id>/accept/", hand_off_accept, name="hand-off-accept"),
    path("hand-offs/<int:person_id>/<int:hand_off_id>/return/", hand_off_return, name="hand-off-return"),
    path("people/<int:person_id>/hand-off/", hand_off_new, name="hand-off-new"),
]
