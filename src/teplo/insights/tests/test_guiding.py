"""A first step is done when its own thing was seen; what only looks like it leaves the step open."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from teplo.accounts.models import Role, User, Workspace
from teplo.accounts.testing import make_user
from teplo.accounts.workspace import get_workspace, tick_guide
from teplo.channels.models import Delivery, DeliveryState, Sender
from teplo.demo.founding import found_company
from teplo.insights.guiding import STEPS, steps_done
from teplo.journeys.models import Journey, JourneyState
from teplo.kit.clock import now
from teplo.people.models import ImportRun
from teplo.people.testing import make_person
from teplo.pipeline.working import run_once
from teplo.scoring.models import ScoreTable
from teplo.scoring.tables import go_live, make_draft
from teplo.tracking.inbox import put_events
from teplo.tracking.models import Site

pytestmark = pytest.mark.django_db


def done() -> set[str]:
    return {step for step, is_done in steps_done(get_workspace().guide).items() if is_done}


def tell(origin: str, name: str = "page-viewed", **more: object) -> None:
    put_events(
        [{"name": name, "visitor": "v1", "time": now().isoformat(), "url": "https://a.example/", **more}],
        origin=origin,
    )
    while run_once("test"):
        pass


def test_nothing_is_done_at_the_start():
    make_user()
    assert done() == set()


def test_answering_the_questions_names_no_company():
    Workspace.objects.update_or_create(pk=1, defaults={"settled_at": now(), "city": "Київ"})
    assert "company" not in done()
    Workspace.objects.update(name="Лад")
    assert "company" in done()


def test_people_of_a_form_and_a_file_of_events_are_not_the_base_brought_in():
    make_person()
    ImportRun.objects.create(name="a.csv", path="a", rows_are="events", state="done", created=5)
    ImportRun.objects.create(name="b.csv", path="b", rows_are="people", state="done", created=0, refused=9)
    assert "people" not in done()
    ImportRun.objects.create(name="c.csv", path="c", rows_are="people", state="done", created=1)
    assert "people" in done()


def test_the_ready_table_and_a_draft_are_not_ones_own_table():
    user = make_user()
    draft = make_draft(of=ScoreTable.objects.get(), name="Mine", by=user.pk, at=now())
    assert "scoring" not in done()
    go_live(table=draft, by=user.pk, at=now())
    assert "scoring" in done()


@pytest.mark.parametrize(
    ("state", "by", "is_done"),
    [
        (JourneyState.DRAFT, 1, False),
        (JourneyState.LIVE, None, False),
        (JourneyState.LIVE, 1, True),
        (JourneyState.PAUSED, 1, True),
    ],
)
def test_a_journey_counts_once_somebody_has_started_it(state, by, is_done):
    Journey.objects.create(name="J", state=state, created_by=by)
    assert ("journey" in done()) is is_done


@pytest.mark.parametrize(
    ("settings", "is_active", "state", "is_done"),
    [
        ({}, True, DeliveryState.SENT, False),
        ({"host": "smtp.example"}, True, None, False),
        ({"host": "smtp.example"}, True, DeliveryState.QUEUED, False),
        ({"host": "smtp.example"}, True, DeliveryState.FAILED, False),
        ({"host": "smtp.example"}, False, DeliveryState.SENT, False),
        ({"host": "smtp.example"}, True, DeliveryState.SENT, True),
    ],
)
def test_e_mail_is_connected_once_a_server_of_ours_has_taken_a_letter(settings, is_active, state, is_done):
    sender = Sender.objects.create(name="S", address="s@example.com", settings=settings, is_active=is_active)
    if state:
        Delivery.objects.create(person=make_person(), sender=sender, channel="email", state=state)
    assert ("email" in done()) is is_done


@pytest.mark.parametrize("origin", ["import:5", "api", "own", "demo", "site:x"])
def test_events_of_a_file_or_a_server_are_no_script(origin):
    Site.objects.create(name="A", key="a")
    tell(origin)
    assert "site" not in done()


def test_the_script_is_there_once_a_page_of_a_site_was_viewed():
    site = Site.objects.create(name="A", key="a")
    tell(f"site:{site.pk}", name="form-submitted")
    assert "site" not in done()
    tell(f"site:{site.pk}", id="second")
    assert "site" in done()
    first = Site.objects.get().heard_at
    assert first is not None
    assert abs(first - now()) < timedelta(minutes=1)


@pytest.mark.parametrize("wrong", ["no password", "out of use", "invited only"])
def test_a_colleague_without_a_way_in_is_no_colleague(wrong):
    make_user()
    if wrong != "invited only":
        user = User(email="b@example.com", name="B", role=Role.SALESPERSON, is_active=wrong != "out of use")
        if wrong == "no password":
            user.set_unusable_password()
        else:
            user.set_password("a-long-enough-password")
        user.save()
    assert "colleagues" not in done()


def test_a_colleague_who_chose_a_password_is_one():
    for email in ("a@example.com", "b@example.com"):
        user = make_user(email=email)
        user.set_password("a-long-enough-password")
        user.save(update_fields=["password"])
    assert "colleagues" in done()


def test_the_example_proves_nothing():
    make_user()
    found_company(language="uk")
    assert done() == set()
    Workspace.objects.update(name="My own")
    assert done() == {"company"}


def test_looking_at_the_stages_is_seen_by_their_page(client):
    client.force_login(make_user(role=Role.MARKETER))
    client.get("/stages/")
    assert "stages" not in done()
    client.force_login(make_user(role=Role.ADMINISTRATOR, email="b@example.com"))
    client.get("/stages/")
    assert "stages" in done()


@pytest.mark.parametrize("step", STEPS)
def test_what_somebody_ticks_off_is_done(step):
    tick_guide(step=step)
    assert done() == {step}
    assert json.dumps(get_workspace().guide)
