"""Today shows what needs one, with as many questions for many people as for one."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from teplo.accounts.models import Role, Workspace
from teplo.accounts.testing import make_user
from teplo.accounts.workspace import tick_guide
from teplo.channels.models import Sender
from teplo.insights import today as insight
from teplo.jobs.models import Job, JobState
from teplo.kit.clock import now
from teplo.people.models import Person
from teplo.sales.models import HandOff, Task
from teplo.scoring.models import Review, Score, ScoreTable
from teplo.scoring.testing import make_table

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _nothing_is_kept():
    cache.clear()
    yield
    cache.clear()


def someone(name, *, total=30, temperature="hot", owner_id=None):
    person = Person.objects.create(first_name=name, owner_id=owner_id)
    Score.objects.create(person=person, total=total, temperature=temperature)
    return person


def hand_off(person, assignee=None, minutes=10):
    return HandOff.objects.create(
        person=person, cause="hot", assignee_id=assignee, answer_until=now() + timedelta(minutes=minutes)
    )


def seen(client, role=Role.ADMINISTRATOR, user=None):
    client.force_login(user or make_user(role=role, language="en", timezone="UTC"))
    return client.get("/").content.decode()


def test_a_review_that_is_due_is_a_task_of_those_who_hold_it_until_it_is_over(client):
    ScoreTable.objects.all().delete()
    marketer = make_user(role=Role.MARKETER, language="en", timezone="UTC", email="m@example.com")
    make_table(live_at=now() - timedelta(days=90))
    said = "Review the score with sales"
    text = seen(client, user=marketer)
    assert said in text and reverse("reviews") in text and "due since" in text
    assert said not in seen(client, role=Role.SALESPERSON)
    review = Review.objects.create(since=now() - timedelta(days=30), until=now())
    assert f'href="{reverse("review", args=[review.pk])}">{said}' in seen(client, user=marketer)
    Review.objects.update(held_at=now())
    assert said not in seen(client, user=marketer)


def test_hot_people_come_first_and_the_most_urgent_on_top(client):
    hand_off(someone("Later"), minutes=12)
    hand_off(someone("Sooner"), minutes=2)
    text = seen(client)
    assert "2 people wait for an answer" in text
    assert text.index("Sooner") < text.index("Later")


def test_a_seller_sees_his_own_hot_people_and_those_of_nobody(client):
    seller = make_user(role=Role.SALESPERSON, language="en", timezone="UTC")
    hand_off(someone("Mine"), assignee=seller.pk)
    hand_off(someone("Free"))
    hand_off(someone("Theirs"), assignee=seller.pk + 1)
    text = seen(client, user=seller)
    assert "Mine" in text
    assert "Free" in text
    assert "Theirs" not in text


def test_own_tasks_of_today_and_overdue_ones_are_shown_and_tomorrow_s_are_not(client):
    user = make_user(language="en", timezone="UTC")
    for title, days in (("Overdue", -3), ("Next week", 7)):
        Task.objects.create(
            person=someone(title, temperature="cold", total=0), title=title, assignee_id=user.pk,
            due_at=now() + timedelta(days=days),
        )  # fmt: skip
    text = seen(client, user=user)
    assert "Overdue" in text
    assert "Next week" not in text


def test_the_warmest_in_hand_already_are_not_offered_again(client):
    hand_off(someone("Taken", total=99))
    someone("Waiting", total=42)
    text = seen(client)
    assert "Waiting" in text[text.index("nobody has in hand") :]
    assert "Taken" not in text[text.index("nobody has in hand") :]


def test_trouble_is_shown_to_those_who_can_mend_it(client):
    Sender.objects.create(name="Shop", address="shop@example.com", health="connection refused")
    Job.objects.create(kind="import", state=JobState.FAILED, finished_at=now())
    text = seen(client)
    assert "Letters are not going out from Shop" in text
    assert "1 piece of long work failed" in text
    assert "Letters are not going out" not in seen(client, Role.ANALYST)


def test_the_guide_is_the_administrator_s_and_can_be_put_away(client):
    assert "First steps" not in seen(client, Role.MARKETER)
    assert "First steps" in seen(client)
    assert client.post("/guide/dismissed/").status_code == 302
    assert "First steps" not in client.get("/").content.decode()


def test_a_step_ticked_off_is_done_and_an_invented_one_is_refused(client):
    client.force_login(make_user())
    assert client.post("/guide/stages/").status_code == 302
    assert "stages" in Workspace.objects.get().guide
    assert client.post("/guide/world-peace/").status_code == 404


def test_two_ticks_at_once_keep_both():
    tick_guide(step="stages")
    tick_guide(step="scoring")
    assert set(Workspace.objects.get().guide) == {"stages", "scoring"}


def test_the_example_is_work_in_the_background_started_once(client):
    client.force_login(make_user())
    client.post(reverse("guide-example"))
    client.post(reverse("guide-example"))
    assert Job.objects.filter(kind="demo").count() <= 1


@pytest.mark.parametrize("role", Role.values)
def test_many_people_cost_no_more_questions_than_one(client, role):
    user = make_user(role=role, language="en", timezone="UTC")
    client.force_login(user)

    def questions():
        with CaptureQueriesContext(
            connection,
        ) as captured:
            assert client.get("/").status_code == 200
        return len(captured)

    hand_off(someone("One"))
    someone("Warm", temperature="warm")
    Task.objects.create(person=someone("T"), title="T", assignee_id=user.pk, due_at=now())
    few = questions()
    for number in range(12):
        hand_off(someone(f"Hot {number}"))
        someone(f"Warm {number}", temperature="warm")
        Task.objects.create(person=someone(f"T{number}"), title="T", assignee_id=user.pk, due_at=now())
    assert questions() <= few + 2  # the two totals beyond what is shown


def test_numbers_of_a_large_company_may_be_a_minute_old(monkeypatch):
    monkeypatch.setattr(insight, "COUNTED_ANEW", 1)
    for name in ("One", "Two"):
        someone(name)
    assert insight.warmth().people == 2
    someone("Three")
    assert insight.warmth().people == 2
    cache.clear()
    assert insight.warmth() == insight.Warmth(people=3, warm=0, hot=3)


def test_numbers_of_a_small_company_are_always_fresh():
    someone("One")
    assert insight.warmth().people == 1
    someone("Two")
    assert insight.warmth().people == 2
