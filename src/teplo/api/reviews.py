"""Score reviews: what marketing and sales saw, decided and judged; criteria that colleagues propose (R20)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Literal

from django.db.models import Count, Q
from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import Path, Query, Router, Schema, Status
from pydantic import Field

from teplo.accounts.access import Right
from teplo.api.access import Token, maker
from teplo.api.backtests import PageAsked
from teplo.api.jobs import JobShown, find_job, job_shown, stop
from teplo.api.line_forms import condition_of_text
from teplo.api.problems import Flaw, NotThere, Problem
from teplo.api.shapes import Asked, Id, Text
from teplo.conditions import registry
from teplo.conditions.reading import ConditionError, read_json
from teplo.conditions.sentences import say_stored
from teplo.conditions.windows import start_of
from teplo.conditions.writing import write_json
from teplo.insights.review_figures import figures
from teplo.jobs.models import Job
from teplo.kit.clock import now
from teplo.people.models import Person
from teplo.people.owning import refuse_not_yours
from teplo.scoring import reviews
from teplo.scoring.models import CriterionProposal, Decision, Review
from teplo.scoring.reviews import ReviewRefused

router = Router(tags=["score reviews"])
proposals = Router(tags=["score reviews"])
_FAR = 10**9
_EARLIEST = date(1970, 1, 1)


class ReviewAsked(Asked):
    """The period it looks at; both days count."""

    first: date
    last: date


class ReviewShort(Schema):
    """A meeting; `held_at` is null while it is being prepared. `decided` and `judged` count its decisions."""

    id: Id
    since: datetime
    until: datetime
    held_at: datetime | None
    table: Id | None = Field(description="The table that came out of it.")
    decided: int
    judged: int
    created_at: datetime


class DecisionShown(Schema):
    id: Id
    text: str
    by: Id | None
    at: datetime
    verdict: Literal["", "worked", "partly", "not"] = Field(description="As the next meeting judged it.")
    verdict_note: str
    judged_at: datetime | None


class FigureShown(Schema):
    """One number of the agenda; `low` and `high` are the ends of its interval of 95 %."""

    key: str = Field(examples=["hot_bought", "auc"])
    kind: str = Field(examples=["people", "share", "money", "days", "auc"])
    value: float | None
    part: int | None
    whole: int | None
    low: float | None
    high: float | None


class ProposalShown(Schema):
    id: Id
    text: str
    points: int | None
    condition: dict[str, Any]
    words: str = Field(description="The condition in words.")
    person: Id | None = Field(description="On whose card it came to mind.")
    by: Id | None
    at: datetime
    state: Literal["open", "taken", "declined"]
    answer: str
    answered_at: datetime | None
    review: Id | None


class ReviewShown(ReviewShort):
    """With its agenda as it stood: `agenda` is empty until it is counted; people stand in it by id."""

    note: str
    former: Id | None = Field(description="The meeting whose decisions this one judges.")
    former_decisions: list[DecisionShown]
    decisions: list[DecisionShown]
    proposals: list[ProposalShown]
    figures: list[FigureShown]
    agenda: dict[str, Any]
    job: JobShown | None


class DecisionAsked(Asked):
    text: Text = Field(min_length=1, max_length=500)


class VerdictAsked(Asked):
    verdict: Literal["worked", "partly", "not"]
    note: Text = Field("", max_length=500)


class ProposalAsked(Asked):
    """What a colleague noticed; the condition may be said, as JSON or as text, or left to the meeting."""

    text: Text = Field(min_length=1, max_length=500)
    points: int | None = Field(None, ge=-_FAR, le=_FAR)
    condition: dict[str, Any] | Text = Field(default_factory=dict)
    person: Id | None = None


class ProposalsAsked(PageAsked):
    state: Literal["", "open", "taken", "declined"] = ""


# -- reviews ----------------------------------------------------------------------------------------------------------


@router.get("", auth=Token(Right.SEE), response=list[ReviewShort], summary="Score reviews, the newest first")
def list_reviews(request: HttpRequest, asked: Query[PageAsked]) -> list[ReviewShort]:
    return [ReviewShort(**_short(review)) for review in _counted().order_by("-until", "-created_at")[: asked.limit]]


@router.post("", auth=Token(Right.EDIT_MARKETING), response={202: ReviewShown}, summary="Prepare a review")
def prepare_review(request: HttpRequest, asked: ReviewAsked) -> Status[ReviewShown]:
    """Its agenda is counted by a job; read it again until `agenda` is there."""
    zone, last = registry.zone(), min(asked.last, date.max - timedelta(days=2))
    until = min(start_of(last + timedelta(days=1), zone), now())
    try:
        review = reviews.open_review(since=start_of(max(asked.first, _EARLIEST), zone), until=until, by=maker(request))
    except ReviewRefused as error:
        raise _refused(error) from error
    return Status(202, _shown(_find(str(review.pk))))


@router.get("/{review_id}", auth=Token(Right.SEE), response=ReviewShown, summary="What it saw and decided")
def read_review(request: HttpRequest, review_id: Path[Id]) -> ReviewShown:
    return _shown(_find(review_id))


@router.post("/{review_id}/cancel", auth=Token(Right.EDIT_MARKETING), response={202: JobShown}, summary="Stop counting")
def cancel_review(request: HttpRequest, review_id: Path[Id]) -> Status[JobShown]:
    return Status(202, stop(request, find_job(str(_find(review_id).job_id or 0))))


@router.post(
    "/{review_id}/decisions", auth=Token(Right.EDIT_MARKETING), response={201: DecisionShown}, summary="Note a decision"
)
def note_decision(request: HttpRequest, review_id: Path[Id], asked: DecisionAsked) -> Status[DecisionShown]:
    try:
        decision = reviews.decide(review=_find(review_id), text=asked.text, by=maker(request) or 0)
    except ReviewRefused as error:
        raise _refused(error) from error
    return Status(201, _decision_shown(decision))


@router.post(
    "/{review_id}/decisions/{decision_id}/verdict", auth=Token(Right.EDIT_MARKETING), response=DecisionShown,
    summary="Say whether a decision of a meeting that is over worked",
)  # fmt: skip
def judge_decision(
    request: HttpRequest, review_id: Path[Id], decision_id: Path[Id], asked: VerdictAsked
) -> DecisionShown:
    decision = Decision.objects.filter(pk=decision_id, review_id=review_id).first()
    if decision is None:
        raise NotThere(_("There is no such decision."))
    try:
        reviews.judge(decision=decision, verdict=asked.verdict, note=asked.note, by=maker(request) or 0)
    except ReviewRefused as error:
        raise _refused(error) from error
    decision.refresh_from_db()
    return _decision_shown(decision)


def _counted() -> Any:
    judged = Count("decisions", filter=~Q(decisions__verdict=""))
    return Review.objects.annotate(decided=Count("decisions"), judged=judged).defer("snapshot")


def _short(review: Any) -> dict[str, Any]:
    names = ("since", "until", "held_at", "decided", "judged", "created_at")
    return {
        "id": str(review.pk),
        "table": str(review.table_id) if review.table_id else None,
        **{name: getattr(review, name) for name in names},
    }


def _shown(review: Review) -> ReviewShown:
    former = reviews.former_review(review)
    job = Job.objects.filter(pk=review.job_id or 0).first()
    return ReviewShown(
        **_short(review),
        note=review.note,
        former=str(former.pk) if former else None,
        former_decisions=_decisions(former) if former else [],
        decisions=_decisions(review),
        proposals=_proposals_shown(reviews.proposals_of(review)[:200]),
        figures=_figures(review.snapshot),
        agenda=review.snapshot,
        job=job_shown(job) if job else None,
    )


def _decisions(review: Review) -> list[DecisionShown]:
    return [_decision_shown(one) for one in review.decisions.order_by("at", "pk")]


def _decision_shown(one: Decision) -> DecisionShown:
    names = ("text", "at", "verdict", "verdict_note", "judged_at")
    return DecisionShown(id=str(one.pk), by=_id(one.by), **{name: getattr(one, name) for name in names})


def _figures(agenda: Mapping[str, Any]) -> list[FigureShown]:
    if not agenda:
        return []
    shown = []
    for one in figures(agenda):
        low, high = one.share.ends if one.share else one.ends or (None, None)
        whole = one.share.whole if one.share else None
        part = one.share.part if one.share else None
        shown.append(
            FigureShown(key=one.key, kind=one.kind, value=one.value, part=part, whole=whole, low=low, high=high)
        )
    return shown


def _find(review_id: str) -> Review:
    review: Review | None = _counted().defer(None).select_related("table").filter(pk=review_id).first()
    if review is None:
        raise NotThere(_("There is no such review."))
    return review


def _refused(error: ReviewRefused) -> Problem:
    status = 409 if error.code in ("held", "not-held", "not-counted", "answered") else 422
    return Problem(status, error.code, str(error))


# -- proposals --------------------------------------------------------------------------------------------------------


@proposals.get("", auth=Token(Right.SEE), response=list[ProposalShown], summary="Criteria that colleagues propose")
def list_proposals(request: HttpRequest, asked: Query[ProposalsAsked]) -> list[ProposalShown]:
    found = CriterionProposal.objects.order_by("-at", "-pk")
    if asked.state:
        found = found.filter(state=asked.state)
    return _proposals_shown(found[: asked.limit])


@proposals.post("", auth=Token(Right.EDIT_PEOPLE), response={201: ProposalShown}, summary="Propose a criterion")
def propose_criterion(request: HttpRequest, asked: ProposalAsked) -> Status[ProposalShown]:
    """The next meeting takes or declines it."""
    if asked.person and not Person.objects.filter(pk=asked.person, erased_at=None).exists():
        text = _("There is no such person.")
        raise Problem(422, "person-unknown", text, errors=[Flaw(place="person", code="person-unknown", message=text)])
    refuse_not_yours(request.auth, [int(asked.person)] if asked.person else [])  # type: ignore[attr-defined]
    try:
        made = reviews.propose(
            text=asked.text, points=asked.points, condition=_condition(asked.condition), by=maker(request) or 0,
            person_id=int(asked.person) if asked.person else None,
        )  # fmt: skip
    except ConditionError as error:
        flaw = Flaw(place="condition", code=error.code, message=str(error))
        raise Problem(422, "condition-unreadable", str(error), errors=[flaw]) from error
    except ReviewRefused as error:
        raise _refused(error) from error
    return Status(201, _proposals_shown([made])[0])


def _condition(said: dict[str, Any] | str) -> Mapping[str, Any]:
    """As it is stored; nothing where nothing is said. Raises ConditionError."""
    if isinstance(said, str):
        return condition_of_text(said)
    if not said:
        return {}
    vocabulary = registry.people()
    return write_json(read_json(said, vocabulary, of_known_values=False), vocabulary)


def _proposals_shown(found: Iterable[CriterionProposal]) -> list[ProposalShown]:
    rows: Sequence[CriterionProposal] = list(found)
    vocabulary = registry.people() if any(row.condition for row in rows) else None
    names = ("text", "points", "condition", "at", "state", "answer", "answered_at")
    return [
        ProposalShown(
            id=str(row.pk),
            words=say_stored(row.condition, vocabulary) if vocabulary and row.condition else "",
            person=_id(row.person_id),
            by=_id(row.by),
            review=_id(row.review_id),
            **{name: getattr(row, name) for name in names},
        )
        for row in rows
    ]


def _id(number: int | None) -> str | None:
    return str(number) if number else None
