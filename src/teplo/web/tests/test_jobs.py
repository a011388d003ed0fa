"""Long work is seen by everybody and stopped by who began it."""

from __future__ import annotations

import pytest

from teplo.accounts.models import Role
from teplo.accounts.testing import make_user
from teplo.jobs.models import Job, JobState
from teplo.jobs.registry import register

pytestmark = pytest.mark.django_db


@pytest.fixture
def marketer(client):
    user = make_user(role=Role.MARKETER, language="en", timezone="UTC")
    client.force_login(user)
    return user


@pytest.fixture(autouse=True)
def _a_kind_of_work():
    register("sorting", lambda work: None, title="Sorting")


def job(**changes):
    return Job.objects.create(**({"kind": "sorting", "state": JobState.QUEUED} | changes))


def test_one_stops_one_s_own_work_and_stays_where_one_was(client, marketer):
    mine = job(created_by=marketer.pk)
    answer = client.post(f"/jobs/{mine.pk}/cancel/", headers={"Referer": "http://testserver/people/imports/"})
    assert answer["Location"] == "http://testserver/people/imports/"
    mine.refresh_from_db()
    assert mine.state == JobState.CANCELLED


def test_stopping_never_leads_to_another_host(client, marketer):
    mine = job(created_by=marketer.pk)
    answer = client.post(f"/jobs/{mine.pk}/cancel/", headers={"Referer": "https://evil.example/"})
    assert answer["Location"] == "/jobs/"


def test_the_work_of_others_is_not_mine_to_stop(client, marketer):
    theirs = job(created_by=marketer.pk + 1)
    assert client.post(f"/jobs/{theirs.pk}/cancel/").status_code == 403
    theirs.refresh_from_db()
    assert theirs.state == JobState.QUEUED


def test_an_administrator_stops_anything(client):
    client.force_login(make_user())
    theirs = job(created_by=1)
    assert client.post(f"/jobs/{theirs.pk}/cancel/").status_code == 302


def test_progress_asks_again_while_it_runs_and_reloads_the_page_at_the_end(client, marketer):
    running = job(state=JobState.RUNNING, done=40, total=100)
    answer = client.get(f"/jobs/{running.pk}/progress/", headers={"HX-Request": "true"})
    assert "40 of 100" in answer.content.decode()
    assert "every 1500ms" in answer.content.decode()
    assert "HX-Refresh" not in answer.headers
    Job.objects.filter(pk=running.pk).update(state=JobState.DONE)
    assert client.get(f"/jobs/{running.pk}/progress/", headers={"HX-Request": "true"})["HX-Refresh"] == "true"


def test_many_jobs_cost_no_more_questions_than_one(client, marketer, django_assert_max_num_queries):
    for number in range(30):
        job(created_by=marketer.pk + number % 3, state=JobState.DONE)
    client.get("/jobs/")  # the first page makes the company's settings
    with django_assert_max_num_queries(7):
        client.get("/jobs/")


def test_a_kind_nobody_knows_any_more_still_has_a_line(client, marketer):
    job(kind="forgotten-kind", state=JobState.FAILED, error="killed")
    text = client.get("/jobs/").content.decode()
    assert "forgotten-kind" in text
    assert "The process ended in the middle of it." in text
