"""Criteria that colleagues propose, any day, from a person's card; the meeting takes or declines them (R20)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from teplo.accounts.access import Right, requires
from teplo.conditions import registry
from teplo.conditions.reading import ConditionError
from teplo.conditions.sentences import say_stored
from teplo.people.models import Person
from teplo.scoring import reviews
from teplo.scoring.models import CriterionProposal, Review, Side
from teplo.scoring.reviews import ReviewRefused
from teplo.scoring.tables import Line, TableRefused
from teplo.web.answers import page, redirect, saved
from teplo.web.conditions import needed_condition, posted_condition
from teplo.web.formatting import as_day
from teplo.web.owned import acts_on
from teplo.web.score_lines import posted_number


def proposal_rows(found: Iterable[CriterionProposal]) -> list[dict[str, Any]]:
    """Proposals with the person they came to mind with and the condition in words; one statement for all people."""
    proposals = list(found)
    ids = {proposal.person_id for proposal in proposals if proposal.person_id}
    people = {person.pk: person for person in Person.objects.filter(pk__in=ids, erased_at=None)} if ids else {}
    vocabulary = registry.people() if proposals else None
    return [
        {
            "proposal": proposal,
            "card": people.get(proposal.person_id or 0),
            "sentence": say_stored(proposal.condition, vocabulary) if vocabulary and proposal.condition else "",
        }
        for proposal in proposals
    ]


@requires(Right.EDIT_PEOPLE)
@acts_on("person_id")
@require_http_methods(["GET", "POST"])
def criterion_propose(request: HttpRequest, person_id: int) -> HttpResponse:
    """A small form in a dialog: what you noticed, how many points it deserves, and if you can say it, the condition."""
    person = get_object_or_404(Person, pk=person_id, erased_at=None)
    error = ""
    if request.method == "POST":
        try:
            reviews.propose(
                text=request.POST.get("text", ""), points=_points(request),
                condition=posted_condition(request.POST, "condition"), person_id=person.pk, by=request.user.pk or 0,
            )  # fmt: skip
        except (ReviewRefused, ConditionError) as refusal:
            error = str(refusal)
        else:
            saved(request, _("Thank you. The next meeting decides on it, and you will be told."))
            return redirect(request, f"/people/{person.pk}/")
    context = {
        "person": person, "error": error, "text": request.POST.get("text", ""),
        "points": request.POST.get("points", ""), "condition": request.POST.get("condition", ""),
    }  # fmt: skip
    status = 422 if error else 200
    return page(request, "reviews/propose.html", context, fragment="reviews/_propose.html", status=status)


def _points(request: HttpRequest) -> int | None:
    """As typed, nothing where nothing was; raises ReviewRefused."""
    written = request.POST.get("points", "").strip()
    number = posted_number(written)
    if written and number is None:
        raise ReviewRefused("bad-points")
    return number


@requires(Right.EDIT_MARKETING)
@require_http_methods(["GET", "POST"])
def criterion_take(request: HttpRequest, review_id: int, proposal_id: int) -> HttpResponse:
    """Say a proposal as a line of the table and write it into the meeting's draft."""
    review, proposal = _asked(review_id, proposal_id)
    error = ""
    if request.method == "POST":
        try:
            _take(request, review, proposal)
        except (TableRefused, ReviewRefused, ConditionError) as refusal:
            error = str(refusal)
        else:
            saved(request, _("It stands in the draft."))
            return _back(request, review)
    posted = request.POST
    context = {
        "review": review,
        "proposal": proposal,
        "error": error,
        "name": posted.get("name", proposal.text[:200]),
        "group": posted.get("group", ""),
        "side": posted.get("side", Side.FIT.value),
        "points": posted.get("points", "" if proposal.points is None else proposal.points),
        "condition": posted.get("condition", "") or proposal.condition,
        "answer": posted.get("answer", ""),
    }
    status = 422 if error else 200
    return page(request, "reviews/take.html", context, fragment="reviews/_take.html", status=status)


@transaction.atomic
def _take(request: HttpRequest, review: Review, proposal: CriterionProposal) -> None:
    """Together: a refused line leaves no draft behind."""
    name = _("After the review of %(day)s") % {"day": as_day(review.until)}
    line, by = _line(request), request.user.pk or 0
    draft = reviews.draft_of(review=review, name=name, by=by)
    answer = request.POST.get("answer", "")
    reviews.take_proposal(proposal=proposal, line=line, table=draft, by=by, answer=answer, review=review)


def _line(request: HttpRequest) -> Line:
    posted = request.POST
    side = posted.get("side", "")
    return Line(
        side=side if side in Side.values else Side.FIT.value,
        group=posted.get("group", ""),
        name=posted.get("name", ""),
        points=posted_number(posted.get("points", "")),
        condition=needed_condition(posted, "condition"),
    )


@requires(Right.EDIT_MARKETING)
@require_http_methods(["GET", "POST"])
def criterion_decline(request: HttpRequest, review_id: int, proposal_id: int) -> HttpResponse:
    """Say no, and why; the colleague who proposed reads it."""
    review, proposal = _asked(review_id, proposal_id)
    error = ""
    if request.method == "POST":
        try:
            answer = request.POST.get("answer", "")
            reviews.decline_proposal(proposal=proposal, by=request.user.pk or 0, answer=answer, review=review)
        except ReviewRefused as refusal:
            error = str(refusal)
        else:
            saved(request, _("Declined. Your colleague will read why."))
            return _back(request, review)
    context = {"review": review, "proposal": proposal, "error": error, "answer": request.POST.get("answer", "")}
    status = 422 if error else 200
    return page(request, "reviews/decline.html", context, fragment="reviews/_decline.html", status=status)


def _back(request: HttpRequest, review: Review) -> HttpResponse:
    """To the proposals of the meeting. A dialog stands on that page already: an address that differs only in its
    anchor would not load it anew."""
    if request.headers.get("HX-Request") == "true":
        return HttpResponse(status=204, headers={"HX-Refresh": "true"})
    return redirect(request, f"{reviews.address(review)}#proposals")


def _asked(review_id: int, proposal_id: int) -> tuple[Review, CriterionProposal]:
    review = get_object_or_404(Review, pk=review_id, held_at=None)
    return review, get_object_or_404(CriterionProposal, pk=proposal_id)


urlpatterns = [
    path("people/<int:person_id>/propose-criterion/", criterion_propose, name="criterion-propose"),
    path("scoring/reviews/<int:review_id>/take/<int:proposal_id>/", criterion_take, name="criterion-take"),
    path("scoring/reviews/<int:review_id>/decline/<int:proposal_id>/", criterion_decline, name="criterion-decline"),
]
