from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from teplo.insights.funnel import entries_by_week, funnel, median, stuck_people
from teplo.kit.ids import new_id
from teplo.people.merging import merge_people
from teplo.people.models import Person
from teplo.stages.models import Stage, StageMove, Standing
from teplo.stages.testing import make_ladder, make_stage
from teplo.tracking.models import Presence

AT = datetime(2026, 3, 31, 12, tzinfo=UTC)


def walk(*steps, anonymous=False):
    """A person who came to each (stage, days ago) in turn and stands at the last."""
    person = Person.objects.create(is_anonymous=anonymous)
    before = None
    for stage, days_ago in steps:
        at = AT - timedelta(days=days_ago)
        StageMove.objects.create(person=person, id=new_id(), from_stage=before, to_stage=stage, at=at, cause="sign")
        before = stage
    Standing.objects.create(person=person, stage=before, since=at)
    return person


@pytest.mark.django_db
def test_each_step_counts_who_came_to_it_or_past_it():
    first, second, third = make_ladder({}, {}, {})
    walk((first, 20), (second, 16))
    walk((first, 20), (third, 10))
    walk((first, 20))
    walk((first, 400), (second, 300))
    shown = funnel(at=AT, days=30)
    assert [step.reached for step in shown.steps] == [3, 2, 1]
    assert [step.here for step in shown.steps] == [1, 2, 1]
    assert [step.goes_on for step in shown.steps] == [2 / 3, 1 / 2, None]
    assert shown.steps[0].days == 7.0  # of 4 and 10 days
    assert (shown.people, shown.newcomers) == (4, 3)
    assert [step.reached for step in funnel(at=AT, days=None).steps] == [4, 3, 1]


@pytest.mark.django_db
def test_who_left_the_ladder_stays_in_the_numbers_of_his_period():
    first, second = make_ladder({}, {})
    Stage.objects.filter(id=second.id).update(is_customer=True)
    lost = make_stage("lost-test", 1, is_beside=True)
    walk((first, 9), (second, 8), (lost, 7))
    walk((first, 9))
    shown = funnel(at=AT, days=30)
    assert [step.reached for step in shown.steps] == [2, 1]
    assert [(stage.key, people) for stage, people in shown.beside] == [("lost-test", 1)]
    assert shown.customers_share == 0.5


@pytest.mark.django_db
def test_strangers_can_be_left_out():
    first, _second = make_ladder({}, {})
    walk((first, 9), anonymous=True)
    walk((first, 9))
    shown = funnel(at=AT, days=30, known_only=True)
    assert (shown.steps[0].reached, shown.steps[0].here) == (1, 1)


def still_coming(person, days_ago=1):
    at = AT - timedelta(days=days_ago)
    Presence.objects.create(person=person, first_seen_at=at, last_seen_at=at)
    return person


@pytest.mark.django_db
def test_strangers_customers_and_who_has_gone_quiet_are_not_stuck():
    first, second = make_ladder({}, {})
    Stage.objects.update(stuck_after_days=10)
    Stage.objects.filter(id=second.id).update(is_customer=True)
    first.refresh_from_db()
    still_coming(walk((first, 40), anonymous=True))
    still_coming(walk((first, 40), (second, 30)))
    still_coming(walk((first, 40)), days_ago=12)
    walk((first, 40))
    erased = still_coming(walk((first, 40)))
    Person.objects.filter(pk=erased.pk).update(erased_at=AT)
    assert [step.stuck for step in funnel(at=AT, days=None).steps] == [0, 0]
    still_coming(walk((first, 40)))
    assert [step.stuck for step in funnel(at=AT, days=None).steps] == [1, 0]


@pytest.mark.django_db
def test_stuck_people_have_stood_longer_than_the_stage_allows():
    first, second = make_ladder({}, {})
    Stage.objects.update(stuck_after_days=10)
    first.refresh_from_db()
    longest, stuck = still_coming(walk((first, 40))), still_coming(walk((first, 11)))
    still_coming(walk((first, 9)))
    shown = funnel(at=AT, days=None)
    assert [step.stuck for step in shown.steps] == [2, 0]
    assert [one.person_id for one in stuck_people(first, at=AT)] == [longest.id, stuck.id]
    assert stuck_people(second, at=AT) == []


@pytest.mark.django_db
def test_an_empty_ladder_shows_an_empty_funnel():
    Stage.objects.update(is_active=False)
    shown = funnel(at=AT, days=None)
    assert (shown.steps, shown.people, shown.customers_share) == ((), 0, None)


@pytest.mark.django_db
def test_the_funnel_takes_a_constant_number_of_statements():
    first, second = make_ladder({}, {})
    for _number in range(5):
        walk((first, 9), (second, 4))
    with CaptureQueriesContext(connection) as asked:
        funnel(at=AT, days=30)
    assert len(asked) <= 6  # two of them ask for the zone of the company


@pytest.mark.django_db
def test_weeks_without_any_move_are_shown_too():
    first, second = make_ladder({}, {})
    walk((first, 15), (second, 1))
    shown = entries_by_week(at=AT, weeks=4)
    assert [counts for _week, counts in shown.weeks] == [(0, 0), (1, 0), (0, 0), (0, 1)]
    assert all(week.weekday() == 0 for week, _counts in shown.weeks)


@pytest.mark.django_db
def test_a_merge_is_nobody_s_entry():
    """The card that joined came to its stage before; the kept one standing there from now on is no second entry."""
    first, second = make_ladder({}, {})
    kept, joining = walk((first, 15)), walk((first, 14), (second, 8))
    merge_people(winner_id=kept.pk, loser_id=joining.pk, reason="hand", by="user:1", at=AT)
    assert Standing.objects.get(person=kept).stage == second
    assert [counts for _week, counts in entries_by_week(at=AT, weeks=4).weeks] == [(0, 0), (2, 0), (0, 1), (0, 0)]


@pytest.mark.parametrize(
    ("histogram", "found"),
    [([(3, 1)], 3.0), ([(1, 1), (4, 1)], 2.5), ([(1, 2), (4, 1)], 1.0), ([(0, 1), (5, 3)], 5.0)],
)
def test_the_median_of_a_histogram(histogram, found):
    assert median(histogram) == found
