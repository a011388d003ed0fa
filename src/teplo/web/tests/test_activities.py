"""The screens of activities, sites and dead letters."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from teplo.accounts.testing import make_user
from teplo.jobs.running import run_due
from teplo.kit.clock import now
from teplo.people.models import Segment
from teplo.pipeline import working
from teplo.tracking.inbox import put_events
from teplo.tracking.models import Activity, DeadLetter, Event, InboxRow, Site
from teplo.tracking.testing import make_event, make_site, put_event

pytestmark = pytest.mark.django_db


@pytest.fixture
def marketer(client: Client) -> Client:
    client.force_login(make_user(role="marketer", language="en"))
    return client


@pytest.fixture
def administrator(client: Client) -> Client:
    client.force_login(make_user(role="administrator", language="en"))
    return client


def see(*visitors: str) -> None:
    put_events([make_event(visitor=visitor) for visitor in visitors], origin="api")
    working.run_once("test")


def test_the_list_says_what_happened_lately(marketer: Client) -> None:
    see("a", "b", "a")
    text = marketer.get(reverse("activities")).content.decode()
    assert "2 activities happened in the last 30 days" in text
    assert "Viewed a page" in text


def test_the_list_asks_as_little_with_many_activities(marketer: Client) -> None:
    marketer.get(reverse("activities"))
    with CaptureQueriesContext(connection) as few:
        marketer.get(reverse("activities"))
    Activity.objects.bulk_create(Activity(key=f"a-{n}", condition={"event": f"e-{n}"}) for n in range(40))
    with CaptureQueriesContext(connection) as many:
        marketer.get(reverse("activities"))
    assert len(many) <= len(few)


def test_a_marketer_defines_an_activity_and_its_past_is_counted(marketer: Client) -> None:
    see("a", "b")
    condition = json.dumps({"all": [{"event": "page-viewed"}, {"field": "path", "is": "/prices"}]})
    names = {"name_en": "Saw prices", "name_ru": "Смотрел цены", "name_uk": ""}
    answer = marketer.post(reverse("activity-new"), {"condition": condition, "icon": "coins", **names})
    activity = Activity.objects.get(key="saw-prices")
    assert answer.headers["Location"] == reverse("activity", args=[activity.pk])
    assert activity.names == {"en": "Saw prices", "ru": "Смотрел цены"}
    run_due("test")
    text = marketer.get(reverse("activities")).content.decode()
    assert "3 activities happened" in text


def test_a_wrong_condition_is_said_in_place(marketer: Client) -> None:
    answer = marketer.post(reverse("activity-new"), {"condition": '{"field": "colour", "is": 1}', "name_en": "x"})
    assert answer.status_code == 422
    assert "colour" in answer.content.decode()


def test_what_is_in_use_is_not_deleted(marketer: Client) -> None:
    activity = Activity.objects.create(key="mine", names={"en": "Mine"}, condition={"event": "x"})
    segment = Segment.objects.create(name="Those of mine", condition={"did": "mine"})
    assert "Those of mine" in marketer.get(reverse("activity", args=[activity.pk])).content.decode()
    marketer.post(reverse("activity-delete", args=[activity.pk]))
    assert Activity.objects.filter(key="mine").exists()
    segment.delete()
    marketer.post(reverse("activity-delete", args=[activity.pk]))
    assert not Activity.objects.filter(key="mine").exists()


def test_an_analyst_reads_but_does_not_change(client: Client) -> None:
    client.force_login(make_user(role="analyst"))
    activity = Activity.objects.get(key="page-viewed")
    assert client.get(reverse("activity", args=[activity.pk])).status_code == 200
    assert client.post(reverse("activity-change", args=[activity.pk])).status_code == 403


def test_a_site_gets_a_key_and_a_script(administrator: Client) -> None:
    administrator.post(reverse("site-new"), {"name": "Shop", "origins": "shop.example\nhttps://www.shop.example/x"})
    site = Site.objects.get()
    assert site.origins == ["https://shop.example", "https://www.shop.example"]
    assert site.key in administrator.get(reverse("site", args=[site.pk])).content.decode()
    administrator.post(reverse("site-renew", args=[site.pk]))
    assert Site.objects.get().key != site.key


def test_a_wrong_address_of_a_site_is_refused(administrator: Client) -> None:
    answer = administrator.post(reverse("site-new"), {"name": "Shop", "origins": "nonsense"})
    assert answer.status_code == 422
    assert "nonsense" in answer.content.decode()


def test_sites_and_dead_letters_are_for_administrators(marketer: Client) -> None:
    site = make_site()
    for name, arguments in (("sites", []), ("site", [site.pk]), ("dead-letters", [])):
        assert marketer.get(reverse(name, args=arguments)).status_code == 403


def test_a_dead_letter_is_read_tried_again_and_dropped(administrator: Client) -> None:
    put_events([make_event(visitor=None, identities={"phone": "no phone"})], origin="api")
    working.run_once("test")
    letter = DeadLetter.objects.get()
    assert "1 event could not be taken" in administrator.get(reverse("dead-letters")).content.decode()
    assert "no phone" in administrator.get(reverse("dead-letter", args=[letter.pk])).content.decode()
    administrator.post(reverse("dead-letters-retry"), {"ids": [letter.pk]})
    assert not DeadLetter.objects.exists()
    working.run_once("test")
    letter = DeadLetter.objects.get()
    administrator.post(reverse("dead-letters-drop"), {"ids": [letter.pk]})
    assert not DeadLetter.objects.exists() and not Event.objects.exists()


def test_ready_says_what_it_found(client: Client) -> None:
    answer = client.get("/readyz")
    assert answer.status_code == 200
    assert answer.json()["ready"] is True


def test_ready_says_when_the_tables_lack_something_or_are_newer_than_the_code(client: Client) -> None:
    done = MigrationRecorder(connection)
    done.record_applied("stages", "9999_of_tomorrow")
    answer = client.get("/readyz")
    assert answer.json()["migrations"] == "newer than this code: stages.9999_of_tomorrow"
    assert answer.status_code == 200  # what comes in is still taken while the processes are brought up to date
    done.record_unapplied("stages", "0001_initial")
    answer = client.get("/readyz")
    assert answer.json()["migrations"] == "missing: stages.0001_initial: teplo migrate"
    assert answer.status_code == 503


def test_ready_says_when_no_worker_takes_what_came_in(client: Client) -> None:
    put_event()
    assert client.get("/readyz").json()["worker"] == "ok"
    InboxRow.objects.update(received_at=now() - timedelta(minutes=6))
    assert client.get("/readyz").json()["worker"] == "late: the oldest event has waited for 360 s"


def test_metrics_are_in_the_words_of_prometheus(client: Client) -> None:
    text = client.get("/metrics").content.decode()
    assert "# TYPE teplo_inbox_events gauge\nteplo_inbox_events 0\n" in text
