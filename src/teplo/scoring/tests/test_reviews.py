from datetime import UTC, datetime, timedelta

import pytest
from django.utils.translation import override

from teplo.accounts.models import Notice, Role
from teplo.accounts.notices import tell
from teplo.accounts.testing import make_user
from teplo.jobs.models import Job
from teplo.kit.clock import at_moment
from teplo.scoring import reviews
from teplo.scoring.models import Criterion, CriterionProposal, Decision, Review, ScoreTable, TableState
from teplo.scoring.reviews import ReviewRefused
from teplo.scoring.tables import Line, TableRefused
from teplo.scoring.testing import fit, make_table

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 4, 1, 12, tzinfo=UTC)
KYIV = {"field": "city", "is": "Київ"}


@pytest.fixture(autouse=True)
def clock():
    with at_moment(NOW):
        yield


def make_review(days=30, ended=0, counted=True):
    until = NOW - timedelta(days=ended)
    review = reviews.open_review(since=until - timedelta(days=days), until=until, by=1)
    if counted:
        reviews.keep_snapshot(review_id=review.pk, snapshot={"sales": []})
        Job.objects.update(state="done")
        review.refresh_from_db()
    return review


def refused(code):
    return pytest.raises(ReviewRefused, match=str(ReviewRefused(code))[:20])


def test_opening_a_review_starts_one_count_of_it():
    review = make_review(counted=False)
    job = Job.objects.get(pk=review.job_id)
    assert (job.kind, job.args) == ("score-review", {"review": str(review.pk)})
    assert reviews.count_again(review=review, by=1).pk == job.pk


@pytest.mark.parametrize(("since", "until"), [(5, 5), (3, 5), (5, -1)])
def test_a_period_lies_in_the_past_and_has_a_length(since, until):
    with refused("no-period"):
        reviews.open_review(since=NOW - timedelta(days=since), until=NOW - timedelta(days=until), by=1)


def test_a_period_has_an_end_of_patience():
    with refused("too-long"):
        reviews.open_review(since=NOW - timedelta(days=800), until=NOW, by=1)


def test_a_held_review_stays_as_it_was():
    review = make_review()
    decision = reviews.decide(review=review, text="  More points for owners ", by=7)
    assert (decision.text, decision.by, decision.at) == ("More points for owners", 7, NOW)
    reviews.hold_review(review=review, by=7)
    assert (review.held_at, review.held_by) == (NOW, 7)
    assert reviews.keep_snapshot(review_id=review.pk, snapshot={"other": 1}) is False
    assert reviews.discard_review(review=review) is False
    for act in (
        lambda: reviews.decide(review=review, text="Late", by=7),
        lambda: reviews.withdraw_decision(decision=decision),
        lambda: reviews.write_note(review=review, text="Late"),
        lambda: reviews.hold_review(review=review, by=7),
        lambda: reviews.count_again(review=review, by=7),
    ):
        with refused("held"):
            act()
    review.refresh_from_db()
    assert (review.snapshot, review.note, review.decisions.count()) == ({"sales": []}, "", 1)


def test_an_uncounted_review_cannot_be_held():
    with refused("not-counted"):
        reviews.hold_review(review=make_review(counted=False), by=1)


def test_decisions_can_be_taken_back_until_the_meeting_is_over_and_are_never_empty():
    review = make_review()
    decision = reviews.decide(review=review, text="No", by=1)
    reviews.withdraw_decision(decision=decision)
    assert not Decision.objects.exists()
    with refused("no-text"):
        reviews.decide(review=review, text=" ", by=1)
    reviews.write_note(review=review, text=" Olga was ill ")
    assert Review.objects.get().note == "Olga was ill"
    assert reviews.discard_review(review=review) is True


def test_the_next_meeting_judges_what_the_last_decided():
    first = make_review(days=30, ended=40)
    decision = reviews.decide(review=first, text="Call sooner", by=1)
    with refused("not-held"):
        reviews.judge(decision=decision, verdict="worked", note="", by=1)
    reviews.hold_review(review=first, by=1)
    second = make_review(days=30)
    assert reviews.former_review(second) == first and reviews.former_review(first) is None
    with refused("no-verdict"):
        reviews.judge(decision=decision, verdict="perhaps", note="", by=2)
    reviews.judge(decision=decision, verdict="partly", note="faster by a day", by=2)
    decision.refresh_from_db()
    assert (decision.verdict, decision.verdict_note, decision.judged_by) == ("partly", "faster by a day", 2)
    assert decision.judged_at == NOW


def test_one_draft_comes_out_of_a_meeting():
    live = make_table(fit(KYIV, 5))
    review = make_review()
    draft = reviews.draft_of(review=review, name="Next", by=1)
    assert (draft.state, draft.name, draft.criteria.count()) == (TableState.DRAFT, "Next", live.criteria.count())
    assert reviews.draft_of(review=review, name="Another", by=1) == draft
    ScoreTable.objects.all().delete()
    review.refresh_from_db()
    with refused("no-table"):
        reviews.draft_of(review=review, name="Next", by=1)


def test_a_proposal_is_taken_into_the_draft_and_its_author_told():
    seller, marketer = make_user(role=Role.SALESPERSON), make_user(role=Role.MARKETER)
    make_table(fit(KYIV, 5))
    review = make_review()
    proposal = reviews.propose(text=" Comes from Lviv ", by=seller.pk, points=4, person_id=12)
    assert list(reviews.proposals_of(review)) == [proposal] == list(reviews.open_proposals())
    draft = reviews.draft_of(review=review, name="Next", by=marketer.pk)
    line = Line(side="fit", group="City", name="Lviv", points=4, condition={"field": "city", "is": "Львів"})
    criterion = reviews.take_proposal(proposal=proposal, line=line, table=draft, by=marketer.pk, review=review)
    assert (criterion.position, criterion.points, draft.criteria.last().name) == (1, 4, "Lviv")
    notice = Notice.objects.get(user_id=seller.pk)
    assert (notice.kind, notice.url) == ("criterion-taken", f"/scoring/reviews/{review.pk}/")
    with override("ru"):
        assert tell(notice) == "Ваш критерий взяли: Comes from Lviv"
    with refused("answered"):
        reviews.decline_proposal(proposal=proposal, by=marketer.pk, answer="No")
    assert not reviews.open_proposals().exists() and list(reviews.proposals_of(review)) == [proposal]


def test_a_line_that_cannot_stand_leaves_the_proposal_open():
    make_table(fit(KYIV, 5))
    review = make_review()
    draft = reviews.draft_of(review=review, name="Next", by=1)
    proposal = reviews.propose(text="Hot already", by=2)
    circle = Line(side="fit", group="", name="Hot", points=4, condition={"temperature": "hot"})
    with pytest.raises(TableRefused):
        reviews.take_proposal(proposal=proposal, line=circle, table=draft, by=1, review=review)
    assert CriterionProposal.objects.get().state == "open" and Criterion.objects.filter(table=draft).count() == 1


def test_a_proposal_is_declined_with_an_answer_its_author_reads():
    seller = make_user(role=Role.SALESPERSON)
    proposal = reviews.propose(text="Wears a tie", by=seller.pk)
    with refused("no-answer"):
        reviews.decline_proposal(proposal=proposal, by=1, answer=" ")
    reviews.decline_proposal(proposal=proposal, by=1, answer="We cannot know it")
    with override("ru"):
        assert tell(Notice.objects.get()) == "Не в этот раз: Wears a tie. We cannot know it"
    with refused("no-proposal"):
        reviews.propose(text="", by=seller.pk)


def test_who_answers_his_own_proposal_is_not_told():
    reviews.decline_proposal(proposal=reviews.propose(text="Mine", by=1), by=1, answer="Changed my mind")
    assert not Notice.objects.exists()
