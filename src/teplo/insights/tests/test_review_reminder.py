from datetime import UTC, datetime, timedelta

import pytest

from teplo.accounts.models import Notice, Role, Workspace
from teplo.accounts.testing import make_user
from teplo.accounts.workspace import get_workspace
from teplo.insights import reminding
from teplo.insights.reminding import due_at, months_later, remind
from teplo.kit.clock import at_moment
from teplo.scoring.models import Review, ScoreTable
from teplo.scoring.testing import make_table

pytestmark = pytest.mark.django_db
LIVE = datetime(2026, 3, 31, 9, tzinfo=UTC)


@pytest.fixture
def table():
    ScoreTable.objects.all().delete()
    return make_table(live_at=LIVE)


def told():
    return list(Notice.objects.filter(kind="review-due").values_list("user_id", flat=True))


def test_a_month_after_the_table_went_live_those_who_hold_reviews_are_told_once(table):
    marketer, owner = make_user(role=Role.MARKETER), make_user()
    make_user(role=Role.SALESPERSON)
    with at_moment(datetime(2026, 4, 30, 8, tzinfo=UTC)):
        assert remind() == 0
    with at_moment(datetime(2026, 4, 30, 10, tzinfo=UTC)):
        assert remind() == 2
        assert remind() == 0
    with at_moment(datetime(2026, 6, 30, tzinfo=UTC)):
        assert remind() == 0
    assert sorted(told()) == sorted([marketer.pk, owner.pk])


def test_the_next_one_is_due_a_quarter_after_the_period_of_the_last(table):
    make_user(role=Role.MARKETER)
    Workspace.objects.filter(pk=get_workspace().pk).update(review_every_months=3)
    with at_moment(LIVE + timedelta(days=100)):
        assert remind() == 1
        until = LIVE + timedelta(days=90)
        review = Review.objects.create(since=LIVE, until=until, held_at=LIVE + timedelta(days=100))
    with at_moment(months_later(review.until, 3) + timedelta(minutes=1)):
        assert remind() == 1
    assert len(told()) == 2


def test_nobody_is_reminded_while_a_review_is_prepared_or_when_nobody_wants_to_be(table):
    workspace = get_workspace()
    assert due_at(workspace) == datetime(2026, 4, 30, 9, tzinfo=UTC)
    Review.objects.create(since=LIVE, until=LIVE + timedelta(days=20))
    assert due_at(workspace) is None
    Review.objects.all().delete()
    workspace.review_every_months = 0
    assert due_at(workspace) is None
    ScoreTable.objects.all().delete()
    assert due_at(get_workspace()) is None


def test_letters_go_out_in_the_language_of_each(table, monkeypatch):
    make_user(role=Role.MARKETER, language="uk", email="olena@example.com")
    sent = []
    monkeypatch.setattr(reminding.colleagues, "can_post", lambda: True)
    monkeypatch.setattr(reminding.colleagues, "post", sent.extend)
    with at_moment(LIVE + timedelta(days=40)):
        remind()
    [note] = sent
    assert note.to == "olena@example.com" and "/scoring/reviews/" in note.text
    assert note.subject == "Час розібрати бали разом із продажами"


@pytest.mark.parametrize(
    ("day", "months", "later"),
    [((2026, 1, 31), 1, (2026, 2, 28)), ((2026, 11, 30), 3, (2027, 2, 28)), ((2026, 12, 5), 1, (2027, 1, 5))],
)
def test_months_are_those_of_the_calendar(day, months, later):
    assert months_later(datetime(*day, tzinfo=UTC), months) == datetime(*later, tzinfo=UTC)
