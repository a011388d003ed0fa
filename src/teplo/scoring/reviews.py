"""The meeting of marketing and sales about the score: opened, decided in, closed, judged by the next one (R20).

What the meeting looks at is counted by `insights/reviewing.py` and kept in the review as it was.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from teplo.accounts.notices import NewNotice, notify
from teplo.jobs.models import Job
from teplo.jobs.starting import live_job, start_job
from teplo.kit.clock import now
from teplo.scoring.models import Criterion, CriterionProposal, Decision, ProposedState, Review, ScoreTable, TableState
from teplo.scoring.tables import MOST_POINTS, Line, check_lines, make_draft

COUNTING = "score-review"
"""The kind of job that counts a review."""
ADDRESS = "/scoring/reviews/"
VERDICTS = ("worked", "partly", "not")
LONGEST = timedelta(days=740)

TEXTS = {
    "held": gettext_noop("This review is closed: what it saw and decided stays as it was."),
    "no-period": gettext_noop("The period must end after it begins, and not in the future."),
    "too-long": gettext_noop("A review looks at two years at most."),
    "no-text": gettext_noop("Say in a sentence what was decided."),
    "no-verdict": gettext_noop("Say whether it worked."),
    "not-held": gettext_noop("The decision was made at a meeting that is not over yet."),
    "not-counted": gettext_noop("The figures are not counted yet."),
    "no-table": gettext_noop("No table is live yet; begin with one."),
    "no-proposal": gettext_noop("Say which criterion you propose."),
    "bad-points": gettext_noop("Points are a number from −%(limit)s to %(limit)s, or nothing."),
    "answered": gettext_noop("This proposal is answered already."),
    "no-answer": gettext_noop("Say in a few words why not: your colleague will read it."),
}


class ReviewRefused(ValueError):
    """It cannot be done to this review; `code` says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code

    def __str__(self) -> str:
        return _(TEXTS[self.code]) % {"limit": MOST_POINTS}


def open_review(*, since: datetime, until: datetime, by: int | None) -> Review:
    """A meeting about [since, until); its agenda is counted in the background. Raises ReviewRefused."""
    if not since < until <= now():
        raise ReviewRefused("no-period")
    if until - since > LONGEST:
        raise ReviewRefused("too-long")
    with transaction.atomic():
        review = Review.objects.create(since=since, until=until, created_by=by, created_at=now())
        count_again(review=review, by=by)
    return review


def count_again(*, review: Review, by: int | None) -> Job:
    """Count the agenda anew, as long as the review is not closed; one count of a review runs at a time."""
    if review.held_at:
        raise ReviewRefused("held")
    with transaction.atomic():
        job = start_job(kind=COUNTING, args={"review": str(review.pk)}, subject=subject_of(review.pk), by=by)
        Review.objects.filter(pk=review.pk).update(job_id=job.pk)
        review.job_id = job.pk
    return job


def subject_of(review_id: int) -> str:
    """What the counting job works on."""
    return f"review:{review_id}"


def keep_snapshot(*, review_id: int, snapshot: Mapping[str, Any]) -> bool:
    """Keep what was counted; False: the review was closed or thrown away meanwhile."""
    open_one = Review.objects.filter(pk=review_id, held_at=None)
    return bool(open_one.update(snapshot=dict(snapshot)))


def discard_review(*, review: Review) -> bool:
    """Throw a meeting that was not held away, with its decisions; proposals it answered stay answered."""
    return bool(Review.objects.filter(pk=review.pk, held_at=None).delete()[0])


def write_note(*, review: Review, text: str) -> None:
    """The minutes in free words. Raises ReviewRefused once closed."""
    if not Review.objects.filter(pk=review.pk, held_at=None).update(note=text.strip()[:10_000]):
        raise ReviewRefused("held")


def hold_review(*, review: Review, by: int) -> None:
    """The meeting is over: from now on the review stays as it is. Raises ReviewRefused."""
    if not review.snapshot or live_job(subject=subject_of(review.pk)):
        raise ReviewRefused("not-counted")
    if not Review.objects.filter(pk=review.pk, held_at=None).update(held_at=now(), held_by=by):
        raise ReviewRefused("held")
    review.refresh_from_db(fields=["held_at", "held_by"])


def former_review(review: Review) -> Review | None:
    """The last meeting that was held about an earlier time: what it decided is judged by this one."""
    held = Review.objects.filter(held_at__isnull=False, until__lt=review.until).exclude(pk=review.pk)
    return held.order_by("-until", "-held_at").first()


# -- decisions ------------------------------------------------------------------------------------------------------


def decide(*, review: Review, text: str, by: int) -> Decision:
    """Note what the meeting decides. Raises ReviewRefused."""
    if not text.strip():
        raise ReviewRefused("no-text")
    with _open(review):
        return Decision.objects.create(review=review, text=text.strip()[:500], by=by, at=now())


def withdraw_decision(*, decision: Decision) -> None:
    """Take a decision back while the meeting is not closed. Raises ReviewRefused."""
    with _open(decision.review):
        Decision.objects.filter(pk=decision.pk).delete()


def judge(*, decision: Decision, verdict: str, note: str, by: int) -> None:
    """Say of a former meeting's decision whether it worked; may be said anew. Raises ReviewRefused."""
    if verdict not in VERDICTS:
        raise ReviewRefused("no-verdict")
    over = Decision.objects.filter(pk=decision.pk, review__held_at__isnull=False)
    if not over.update(verdict=verdict, verdict_note=note.strip()[:500], judged_by=by, judged_at=now()):
        raise ReviewRefused("not-held")


class _open:  # noqa: N801 - reads as a statement: with _open(review)
    """A transaction that holds the review open until it ends, or ReviewRefused: nobody closes it in between."""

    def __init__(self, review: Review) -> None:
        self._review, self._atomic = review, transaction.atomic()

    def __enter__(self) -> None:
        self._atomic.__enter__()
        # An update of nothing takes the row's lock on every engine.
        if not Review.objects.filter(pk=self._review.pk, held_at=None).update(note=F("note")):
            self._atomic.__exit__(None, None, None)
            raise ReviewRefused("held")

    def __exit__(self, *error: Any) -> None:
        self._atomic.__exit__(*error)


# -- the table that comes out ---------------------------------------------------------------------------------------


def draft_of(*, review: Review, name: str, by: int | None) -> ScoreTable:
    """The draft this meeting works on; made of the live table when there is none yet. Raises ReviewRefused."""
    with _open(review):
        review.refresh_from_db(fields=["table"])
        if review.table is not None and review.table.state == TableState.DRAFT:
            return review.table
        live = ScoreTable.objects.filter(state=TableState.LIVE).first()
        if live is None:
            raise ReviewRefused("no-table")
        draft = make_draft(of=live, name=name, by=by, at=now())
        Review.objects.filter(pk=review.pk).update(table=draft)
        review.table = draft
    return draft


def propose(
    *, text: str, by: int, condition: Mapping[str, Any] | None = None, points: int | None = None,
    person_id: int | None = None,
) -> CriterionProposal:  # fmt: skip
    """A criterion that came to a colleague's mind, any day (R20). Raises ReviewRefused."""
    if not text.strip():
        raise ReviewRefused("no-proposal")
    if points is not None and abs(points) > MOST_POINTS:
        raise ReviewRefused("bad-points")
    return CriterionProposal.objects.create(
        text=text.strip()[:500], condition=dict(condition or {}), points=points, person_id=person_id, by=by, at=now()
    )


def open_proposals() -> QuerySet[CriterionProposal]:
    """Those nobody has answered, the oldest first."""
    return CriterionProposal.objects.filter(state=ProposedState.OPEN).order_by("at", "id")


def proposals_of(review: Review) -> QuerySet[CriterionProposal]:
    """What this meeting has before it: what it answered, and while it is not closed what waits."""
    waiting = Q(state=ProposedState.OPEN) if review.held_at is None else Q(pk=None)
    return CriterionProposal.objects.filter(Q(review_id=review.pk) | waiting).order_by("at", "id")


def take_proposal(
    *,
    proposal: CriterionProposal,
    line: Line,
    table: ScoreTable,
    by: int,
    answer: str = "",
    review: Review | None = None,
) -> Criterion:
    """Write a proposed criterion into a draft, as `line` says it. Raises TableRefused, ReviewRefused."""
    [row] = check_lines([line])
    with transaction.atomic():
        _answer(proposal, ProposedState.TAKEN, by=by, answer=answer, review=review)
        return append_criterion(table=table, row=row)


def append_criterion(*, table: ScoreTable, row: Mapping[str, Any]) -> Criterion:
    """Add one checked line at the end of a draft."""
    last = Criterion.objects.filter(table=table).order_by("-position").values_list("position", flat=True).first()
    return Criterion.objects.create(table=table, position=0 if last is None else last + 1, **row)


def decline_proposal(*, proposal: CriterionProposal, by: int, answer: str, review: Review | None = None) -> None:
    """Say no, and why. Raises ReviewRefused."""
    if not answer.strip():
        raise ReviewRefused("no-answer")
    with transaction.atomic():
        _answer(proposal, ProposedState.DECLINED, by=by, answer=answer, review=review)


def _answer(proposal: CriterionProposal, state: ProposedState, *, by: int, answer: str, review: Review | None) -> None:
    changed = CriterionProposal.objects.filter(pk=proposal.pk, state=ProposedState.OPEN).update(
        state=state, answer=answer.strip()[:500], answered_by=by, answered_at=now(),
        review_id=review.pk if review else None,
    )  # fmt: skip
    if not changed:
        raise ReviewRefused("answered")
    if proposal.by != by:
        url = address(review) if review else ADDRESS
        params = {"text": proposal.text, "answer": answer.strip()[:500]}
        notify([NewNotice(proposal.by, f"criterion-{state.value}", params, url)])


def address(review: Review) -> str:
    """Path of the review's page."""
    return f"{ADDRESS}{review.pk}/"
