"""What the meeting about the score does: decides, judges the last one's decisions, closes, makes the draft (R20)."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import path
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from teplo.accounts.access import Right, requires
from teplo.kit.clock import now
from teplo.scoring import reviews
from teplo.scoring.models import Decision, Review
from teplo.scoring.reviews import ReviewRefused
from teplo.web.answers import redirect, refused, saved, wants_fragment
from teplo.web.formatting import as_day


@requires(Right.EDIT_MARKETING)
@require_POST
def review_decide(request: HttpRequest, review_id: int) -> HttpResponse:
    review = get_object_or_404(Review, pk=review_id)
    return _done(
        request, review, "decisions",
        lambda: reviews.decide(review=review, text=request.POST.get("text", ""), by=request.user.pk or 0),
    )  # fmt: skip


@requires(Right.EDIT_MARKETING)
@require_POST
def review_withdraw(request: HttpRequest, decision_id: int) -> HttpResponse:
    decision = get_object_or_404(Decision.objects.select_related("review"), pk=decision_id)
    return _done(request, decision.review, "decisions", lambda: reviews.withdraw_decision(decision=decision))


@requires(Right.EDIT_MARKETING)
@require_POST
def review_judge(request: HttpRequest, review_id: int, decision_id: int) -> HttpResponse:
    """Whether a decision of the former meeting worked, said at this one."""
    decision = get_object_or_404(Decision.objects.select_related("review"), pk=decision_id)
    verdict, note = request.POST.get("verdict", ""), request.POST.get("note", "")
    return _done(
        request, get_object_or_404(Review, pk=review_id), "before",
        lambda: reviews.judge(decision=decision, verdict=verdict, note=note, by=request.user.pk or 0),
    )  # fmt: skip


@requires(Right.EDIT_MARKETING)
@require_POST
def review_note(request: HttpRequest, review_id: int) -> HttpResponse:
    """The minutes; what is written is kept every second, and the page stays as it is."""
    review = get_object_or_404(Review, pk=review_id)
    is_written = wants_fragment(request)
    answer = _done(
        request, review, "decisions", lambda: reviews.write_note(review=review, text=request.POST.get("note", "")),
        quiet=is_written and "keep" not in request.POST,
    )  # fmt: skip
    return HttpResponse(status=204) if is_written else answer


@requires(Right.EDIT_MARKETING)
@require_POST
def review_count(request: HttpRequest, review_id: int) -> HttpResponse:
    """Count the agenda anew."""
    review = get_object_or_404(Review, pk=review_id)
    return _done(request, review, "", lambda: reviews.count_again(review=review, by=request.user.pk or 0), quiet=True)


@requires(Right.EDIT_MARKETING)
@require_POST
def review_hold(request: HttpRequest, review_id: int) -> HttpResponse:
    """The meeting is over."""
    review = get_object_or_404(Review, pk=review_id)
    return _done(request, review, "", lambda: reviews.hold_review(review=review, by=request.user.pk or 0))


@requires(Right.EDIT_MARKETING)
@require_POST
def review_discard(request: HttpRequest, review_id: int) -> HttpResponse:
    if reviews.discard_review(review=get_object_or_404(Review, pk=review_id)):
        saved(request, gettext("The review is gone."))
    else:
        refused(request, str(ReviewRefused("held")))
    return redirect(request, "reviews")


@requires(Right.EDIT_MARKETING)
@require_POST
def review_draft(request: HttpRequest, review_id: int) -> HttpResponse:
    """The draft this meeting works on, made of the live table; opens as a sheet."""
    review = get_object_or_404(Review, pk=review_id)
    try:
        draft = reviews.draft_of(review=review, name=draft_name(), by=request.user.pk or 0)
    except ReviewRefused as refusal:
        refused(request, str(refusal))
        return redirect(request, _place(review, "table"))
    return redirect(request, "score-table", draft.pk)


def draft_name() -> str:
    """What the draft of a meeting is called at first."""
    return gettext("After the review of %(day)s") % {"day": as_day(now())}


def _done(
    request: HttpRequest, review: Review, anchor: str, act: Callable[[], object], *, quiet: bool = False
) -> HttpResponse:
    """Do it and come back to where it was asked; a refusal is told as a toast."""
    try:
        act()
    except ReviewRefused as refusal:
        refused(request, str(refusal))
    else:
        if not quiet:
            saved(request, gettext("Saved"))
    return redirect(request, _place(review, anchor))


def _place(review: Review, anchor: str) -> str:
    return f"{reviews.address(review)}{'#' + anchor if anchor else ''}"


urlpatterns = [
    path("scoring/reviews/<int:review_id>/decide/", review_decide, name="review-decide"),
    path("scoring/reviews/<int:review_id>/judge/<int:decision_id>/", review_judge, name="review-judge"),
    path("scoring/reviews/<int:review_id>/note/", review_note, name="review-note"),
    path("scoring/reviews/<int:review_id>/count/", review_count, name="review-count"),
    path("scoring/reviews/<int:review_id>/hold/", review_hold, name="review-hold"),
    path("scoring/reviews/<int:review_id>/discard/", review_discard, name="review-discard"),
    path("scoring/reviews/<int:review_id>/draft/", review_draft, name="review-draft"),
    path("scoring/decisions/<int:decision_id>/withdraw/", review_withdraw, name="review-withdraw"),
]
