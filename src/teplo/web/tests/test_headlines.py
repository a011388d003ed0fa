"""A headline says the worst true thing of its page."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.urls import reverse

from teplo.accounts.models import Role, Workspace
from teplo.accounts.testing import make_user
from teplo.channels.models import Delivery, Sender
from teplo.jobs.models import Job, JobState
from teplo.journeys.models import Journey
from teplo.kit.clock import at_moment, now
from teplo.people.models import Person
from teplo.people.testing import make_person
from teplo.sales.cooling import close_cold
from teplo.sales.finishing import finish_task
from teplo.sales.handing_off import offer
from teplo.sales.models import HandOff, Task
from teplo.scoring.models import Score
from teplo.tracking.models import Site

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _nothing_is_kept():
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def user(client):
    found = make_user(role=Role.ADMINISTRATOR, language="en", timezone="UTC")
    client.force_login(found)
    return found


def heading(client, name="today", *args):
    text = client.get(reverse(name, args=args)).content.decode()
    return " ".join(text[text.index("<h1>") + 4 : text.index("</h1>")].split())


def hot(name="H", owner=None, **changes):
    person = Person.objects.create(first_name=name, owner_id=owner, **changes)
    Score.objects.create(person=person, total=40, temperature="hot")
    return person


def task(user, days, **changes):
    values = {"title": "Call", "assignee_id": user.pk, "due_at": now() + timedelta(days=days), **changes}
    return Task.objects.create(person=make_person(), **values)


def test_hot_people_of_nobody_and_overdue_tasks_are_not_nothing(client, user):
    for number in range(3):
        hot(str(number))
    for number in range(34):
        hot(str(number), owner=user.pk)
    for _number in range(7):
        task(user, -2)
    assert heading(client) == "3 hot people have no owner, 7 tasks are overdue"


def test_a_headline_begins_with_a_capital_in_each_language(client, user):
    hot()
    for language, said in (("ru", "У 1 горячего человека нет ответственного"), ("en", "1 hot person has no owner")):
        user.language = language
        user.save(update_fields=["language"])
        assert heading(client) == said


def test_hot_people_past_their_time_come_first(client, user):
    for minutes in (-10, 10):
        HandOff.objects.create(person=hot(), cause="hot", answer_until=now() + timedelta(minutes=minutes))
    Sender.objects.create(name="Shop", address="a@example.com", health="refused")
    assert heading(client) == "1 person was not answered in time, Letters are not going out from Shop"


@pytest.mark.parametrize("cause", ["hand", "journey"])
def test_whoever_was_handed_over_is_not_called_hot(client, user, cause):
    HandOff.objects.create(person=make_person(), cause=cause, answer_until=now() + timedelta(minutes=10))
    assert heading(client) == heading(client, "hand-offs") == "1 person waits for an answer"
    HandOff.objects.update(answer_until=now() - timedelta(minutes=10))
    assert heading(client) == heading(client, "hand-offs") == "1 person was not answered in time"


def test_who_waits_for_an_answer_is_not_counted_again_as_nobody_s(client, user):
    HandOff.objects.create(person=hot(), cause="hot", answer_until=now() + timedelta(minutes=10))
    assert heading(client) == "1 person waits for an answer"


def test_hot_people_with_owners_are_said_and_strangers_and_erased_ones_are_not(client, user):
    hot(owner=user.pk)
    hot(is_anonymous=True)
    hot(erased_at=now())
    assert heading(client) == "1 hot person, in good hands"


def test_nothing_burns_only_when_nothing_does(client, user):
    Person.objects.create(first_name="Old", created_at=now() - timedelta(days=90))
    assert heading(client) == "Nothing burns today"


def test_a_seller_s_headline_counts_his_own(client):
    seller = make_user(role=Role.SALESPERSON, language="en", timezone="UTC")
    client.force_login(seller)
    other = make_user(role=Role.SALESPERSON, email="o@example.com")
    hot(owner=other.pk)
    HandOff.objects.create(
        person=hot(owner=other.pk), cause="hot", assignee_id=other.pk, answer_until=now() - timedelta(days=1)
    )
    task(other, -3)
    task(seller, -3)
    assert heading(client) == "1 task is overdue"


def test_a_journey_that_stopped_by_itself_heads_both_pages(client, user):
    Journey.objects.create(name="Welcome", state="paused", trouble={"step": "a", "error": "e"})
    Journey.objects.create(name="Other", state="live")
    assert heading(client, "journeys") == "The journey “Welcome” has stopped by itself"
    assert heading(client) == "The journey “Welcome” has stopped by itself"
    Journey.objects.filter(name="Welcome").update(trouble={})
    assert heading(client, "journeys") == "1 live journey, 0 people inside"


@pytest.mark.parametrize(
    ("state", "health", "expected"),
    [
        ("queued", "", "1 message waits"),
        ("queued", "refused", "Letters are not going out from Shop"),
        ("uncertain", "refused", "1 letter may have gone out or not"),
        ("failed", "", "1 message failed in 30 days"),
        ("sent", "", "Nothing waits in the outbox"),
    ],
)
def test_the_outbox(client, user, state, health, expected):
    sender = Sender.objects.create(name="Shop", address="a@example.com", settings={"host": "h"}, health=health)
    Delivery.objects.create(person=make_person(), channel="email", sender=sender, state=state)
    assert heading(client, "outbox") == expected


def test_an_outbox_without_a_sender(client, user):
    Delivery.objects.create(person=make_person(), channel="email")
    assert heading(client, "outbox") == "1 message waits, and no sender is set up"


def test_senders(client, user):
    assert heading(client, "senders") == "No sender is set up yet"
    sender = Sender.objects.create(name="Shop", address="a@example.com", settings={"host": "h"})
    assert heading(client, "senders") == "Letters go out through 1 sender, but Teplo has no public address yet"
    Workspace.objects.update_or_create(pk=1, defaults={"public_url": "https://t.example"})
    assert heading(client, "senders") == "Letters go out through 1 sender"
    Sender.objects.filter(pk=sender.pk).update(health="refused")
    assert heading(client, "senders") == "Letters are not going out from Shop"


def test_a_site_never_heard_is_said(client, user):
    Site.objects.create(name="shop.example", key="a")
    Site.objects.create(name="blog.example", key="b", heard_at=now())
    assert heading(client, "sites") == "Nothing was heard of shop.example yet"
    Site.objects.update(heard_at=now())
    assert heading(client, "sites") == "2 sites send events"


def test_failed_work_comes_before_what_runs(client, user):
    Job.objects.create(kind="import", state=JobState.FAILED, finished_at=now())
    Job.objects.create(kind="import", state=JobState.RUNNING)
    assert heading(client, "jobs") == "1 piece of long work failed"
    Job.objects.filter(state=JobState.FAILED).update(finished_at=now() - timedelta(days=3))
    assert heading(client, "jobs") == "1 piece of long work is running"


def test_hand_offs_past_their_time_head_their_page(client, user):
    for minutes in (-10, 10):
        HandOff.objects.create(person=hot(), cause="hot", answer_until=now() + timedelta(minutes=minutes))
    assert heading(client, "hand-offs") == "1 person was not answered in time"


def test_overdue_tasks_beyond_the_page_are_counted(client, user):
    Task.objects.bulk_create(
        Task(person=make_person(), title="t", assignee_id=user.pk, due_at=now() - timedelta(days=1))
        for _n in range(205)
    )
    assert heading(client, "tasks") == "205 tasks, 205 overdue"


def test_done_tasks_say_what_was_done(client, user):
    person = hot("Ольга")
    with at_moment(now() - timedelta(minutes=5)):
        offer(person_ids=[person.pk], cause="hot", snapshots={}, at=now())
    waiting = Task.objects.get()
    Task.objects.update(assignee_id=user.pk)
    finish_task(task=waiting, outcome="reached", note="Wants a demo", by=user.pk)
    page = client.get(reverse("tasks") + "?state=done").content.decode()
    row = page[page.index("<tbody>") : page.index("</tbody>")]
    assert "Answer a hot person" in row
    assert "Reached, talked" in row
    assert "Wants a demo" in row
    assert row.count("Ольга") == 1


def test_a_task_that_ended_by_itself_says_why(client, user):
    person = hot("Ольга")
    with at_moment(now() - timedelta(days=2)):
        offer(person_ids=[person.pk], cause="hot", snapshots={}, at=now())
    Task.objects.update(assignee_id=user.pk)
    Score.objects.update(temperature="cold")
    close_cold()
    assert "Cooled down before anybody answered" in client.get(reverse("tasks") + "?state=done").content.decode()
    assert "Cooled down before anybody answered" in client.get(reverse("hand-offs") + "?state=expired").content.decode()
    row = HandOff.objects.get()
    assert "Cooled down" in client.get(reverse("hand-off", args=[row.person_id, row.id])).content.decode()
    story = client.get(reverse("person-story", args=[person.pk]), headers={"HX-Request": "true"})
    assert "Cooled down" in story.content.decode()
