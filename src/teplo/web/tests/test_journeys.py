"""Journeys on the screen: made of a ready one, edited, published, simulated, stopped; their people."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from teplo.accounts.testing import make_user
from teplo.channels.models import Delivery
from teplo.content.models import Template
from teplo.journeys.models import Enrolment, Journey, StepPass
from teplo.journeys.presets.installing import READY
from teplo.journeys.publishing import draft_of
from teplo.journeys.stepping import tick
from teplo.journeys.testing import make_journey, make_people, place
from teplo.kit.clock import now
from teplo.people.models import Segment
from teplo.people.testing import make_person
from teplo.stages import presets as stages_presets
from teplo.tracking import presets as tracking_presets

pytestmark = pytest.mark.django_db
FRAGMENT = {"HTTP_HX_REQUEST": "true"}


@pytest.fixture
def client() -> Client:
    tracking_presets.install()
    stages_presets.install()
    signed_in = Client()
    signed_in.force_login(make_user(role="marketer", language="en"))
    return signed_in


def text_of(response: Any) -> str:
    assert response.status_code == 200, response.status_code
    return str(response.content.decode())


def edit(client: Client, journey: Journey, path: str, **data: Any) -> Any:
    return client.post(f"/journeys/{journey.pk}/edit/{path}", data)


def test_the_empty_list_offers_the_first_step(client: Client) -> None:
    assert "/journeys/new/" in text_of(client.get("/journeys/"))


@pytest.mark.parametrize("key", list(READY))
def test_a_ready_journey_becomes_a_draft_and_can_be_published_and_looked_at(client: Client, key: str) -> None:
    response = client.post("/journeys/new/", {"ready": key})
    journey = Journey.objects.get()
    assert response["Location"] == f"/journeys/{journey.pk}/edit/"
    page = text_of(client.get(response["Location"]))
    assert "it can be published" in page and "step-wrong" not in page
    text_of(client.get(f"/journeys/{journey.pk}/publish/", **FRAGMENT))
    client.post(f"/journeys/{journey.pk}/publish/", {"people": "stay"})
    journey.refresh_from_db()
    assert journey.state == "live"
    page = text_of(client.get(f"/journeys/{journey.pk}/"))
    assert page.count('<article class="step ') == len(draft_of(journey).steps)


def test_every_step_can_be_added_by_its_form(client: Client) -> None:
    template = Template.objects.create(name="Hello", body="x")
    client.post("/journeys/new/", {"name": "Mine"})
    journey = Journey.objects.get()
    given: list[tuple[str, dict[str, Any]]] = [
        ("letter", {"template": template.pk, "expires_0": "2", "expires_1": "days"}),
        ("wait", {"length_0": "1", "length_1": "days", "at": "10:00", "on": ["mon", "tue"]}),
        ("deed", {"activity": "letter-clicked", "at_most_0": "3", "at_most_1": "days"}),
        ("condition", {"condition": '{"field": "city", "is": "Москва"}'}),
        ("silence", {"unopened": "3"}),
        ("task", {"task": "call", "title": "Call", "due_0": "4", "due_1": "hours", "assign": "owner"}),
        ("hand-off", {}),
        ("stage", {"stage": "cold"}),
        ("attribute", {"attribute": "city", "value": "Киев"}),
        ("end", {"reason": "enough"}),
    ]
    for variant, data in reversed(given):
        assert edit(client, journey, f"add/{variant}/?after=&way=", **data).status_code == 302, variant
    steps = draft_of(journey).steps
    assert [step["kind"] for step in steps] == [
        "send-email", "wait", "wait", "branch", "branch", "add-task", "hand-off", "set-stage", "set-attribute", "end",
    ]  # fmt: skip
    assert steps[1] == {
        "key": "wait-2", "kind": "wait", "for": {"days": 1}, "at": "10:00", "on": ["mon", "tue"], "next": "wait-1",
    }  # fmt: skip
    assert steps[2]["at_most"] == {"days": 3}
    letter = steps[0]["key"]
    assert (
        edit(client, journey, f"add/reaction/?after={letter}&way=next", letter=letter, was="opened").status_code == 302
    )
    page = text_of(client.get(f"/journeys/{journey.pk}/edit/"))
    assert "Nothing starts it yet" in page
    for step in draft_of(journey).steps:
        text_of(client.get(f"/journeys/{journey.pk}/edit/step/{step['key']}/", **FRAGMENT))
        text_of(client.get(f"/journeys/{journey.pk}/edit/step/{step['key']}/move/", **FRAGMENT))


def test_a_step_filled_in_wrongly_is_refused_at_its_field(client: Client) -> None:
    journey = Journey.objects.create(name="Mine")
    response = edit(client, journey, "add/deed/?after=&way=", activity="letter-clicked")
    assert response.status_code == 422
    assert draft_of(journey).steps == []
    response = edit(client, journey, "add/condition/?after=&way=", condition='{"field": "gone", "is": 1}')
    assert response.status_code == 422


def test_changes_can_be_undone_one_by_one(client: Client) -> None:
    journey = make_journey({"key": "a", "kind": "end"})
    edit(client, journey, "add/hand-off/?after=&way=")
    edit(client, journey, "step/a/remove/")
    assert [step["kind"] for step in draft_of(journey).steps] == ["hand-off"]
    edit(client, journey, "undo/")
    assert [step["kind"] for step in draft_of(journey).steps] == ["hand-off", "end"]
    edit(client, journey, "undo/")
    assert [step["kind"] for step in draft_of(journey).steps] == ["end"]
    edit(client, journey, "undo/")


def test_ways_lead_where_the_form_says(client: Client) -> None:
    wait = {"key": "w", "kind": "wait", "for": {"days": 1}, "next": "c"}
    call = {"key": "c", "kind": "add-task", "title": "Call", "next": None}
    journey = make_journey(wait, call)
    data = {"task": "call", "title": "Call again", "assign": "owner", "way_next": "w"}
    assert edit(client, journey, "step/c/", **data).status_code == 302
    changed = draft_of(journey).steps[1]
    assert (changed["title"], changed["next"]) == ("Call again", "w")
    page = text_of(client.get(f"/journeys/{journey.pk}/edit/"))
    assert "step-jump" in page


def test_the_trigger_goal_and_ways_out_are_said_on_the_page(client: Client) -> None:
    journey = make_journey({"key": "a", "kind": "end"})
    data = {
        "kind": "activity", "activity": "trial-started", "reentry": "after-days", "reentry_days": "30",
        "condition": '{"field": "city", "is": "Москва"}',
    }  # fmt: skip
    text_of(client.get(f"/journeys/{journey.pk}/edit/trigger/", **FRAGMENT))
    assert edit(client, journey, "trigger/", **data).status_code == 302
    text_of(client.get(f"/journeys/{journey.pk}/edit/ways-out/", **FRAGMENT))
    ways = {"goal": '{"did": "payment-received"}', "leaves": '{"all": []}'}
    assert edit(client, journey, "ways-out/", **ways).status_code == 302
    draft = draft_of(journey)
    assert draft.trigger["activity"] == "trial-started"
    assert draft.trigger["condition"] == {"field": "city", "is": "Москва"}
    assert (draft.goal, draft.exits) == ({"did": "payment-received"}, [])
    assert "Москва" in text_of(client.get(f"/journeys/{journey.pk}/edit/"))


def test_publishing_asks_about_people_on_older_versions_with_counts(client: Client) -> None:
    wait = {"key": "w", "kind": "wait", "for": {"days": 9}, "next": None}
    journey = make_journey(wait, version={"trigger": {"kind": "hand"}})
    place(journey, make_people(7), step="w", due_at=now() + timedelta(days=9))
    edit(client, journey, "add/end/?after=&way=")
    edit(client, journey, "step/w/remove/")
    page = text_of(client.get(f"/journeys/{journey.pk}/publish/", **FRAGMENT))
    assert "7 people are on older versions" in page and "place_w" in page


def test_a_journey_is_paused_resumed_stopped_and_copied(client: Client) -> None:
    journey = make_journey({"key": "a", "kind": "end"})
    for to, state in (("pause", "paused"), ("resume", "live"), ("stop", "stopped")):
        client.post(f"/journeys/{journey.pk}/state/", {"to": to})
        journey.refresh_from_db()
        assert journey.state == state
    client.post(f"/journeys/{journey.pk}/copy/")
    copy = Journey.objects.exclude(pk=journey.pk).get()
    assert (copy.state, draft_of(copy).steps) == ("draft", [{"key": "a", "kind": "end"}])


def test_figures_of_every_step_lead_to_their_people(client: Client) -> None:
    letter = {"key": "l", "kind": "send-email", "template": 1, "next": "w"}
    wait = {"key": "w", "kind": "wait", "for": {"days": 9}, "next": None}
    journey = make_journey(letter, wait)
    place(journey, make_people(3), step="l", due_at=now())
    tick(owner="test")
    Delivery.objects.update(sent_at=now(), state="sent")
    Delivery.objects.filter(pk=Delivery.objects.first().pk).update(opened_at=now(), clicked_at=now())  # type: ignore[union-attr]
    page = text_of(client.get(f"/journeys/{journey.pk}/"))
    assert "?step=l&what=opened" in page.replace("&amp;", "&")
    for step, what, people in (
        ("w", "waiting", 3), ("l", "passed", 3), ("l", "sent", 3), ("l", "opened", 1), ("l", "clicked", 1),
        ("l", "held", 0), ("", "waiting", 3), ("", "goal", 0), ("", "all", 3),
    ):  # fmt: skip
        page = text_of(client.get(f"/journeys/{journey.pk}/people/", {"step": step, "what": what}))
        assert page.count('<a class="person"') == people, (step, what)


def test_a_simulation_shows_letters_and_sends_none(client: Client) -> None:
    client.post("/journeys/new/", {"ready": "welcome"})
    make_people(20)
    journey = Journey.objects.get()
    page = text_of(client.get(f"/journeys/{journey.pk}/simulate/"))
    assert "letters to 20 people in 60 days" in page
    text_of(client.get(f"/journeys/{journey.pk}/simulate/", {"days": 5, "response": 100}))
    assert not Delivery.objects.exists()


def test_people_of_a_segment_enter_by_hand(client: Client) -> None:
    journey = make_journey({"key": "w", "kind": "wait", "for": {"days": 9}, "next": None})
    make_person(city="Москва")
    make_person(city="Тверь")
    segment = Segment.objects.create(name="Moscow", condition={"field": "city", "is": "Москва"})
    text_of(client.get(f"/journeys/{journey.pk}/enrol/", **FRAGMENT))
    client.post(f"/journeys/{journey.pk}/enrol/", {"segment": segment.pk})
    assert Enrolment.objects.count() == 1


def test_one_person_enters_and_leaves_from_his_card(client: Client) -> None:
    journey = make_journey({"key": "w", "kind": "wait", "for": {"days": 9}, "next": None})
    person = make_person()
    client.post(f"/people/{person.pk}/journeys/enter/", {"journey": journey.pk})
    row = Enrolment.objects.get()
    assert journey.name in text_of(client.get(f"/people/{person.pk}/journeys/", **FRAGMENT))
    client.post(f"/people/{person.pk}/journeys/{row.id}/leave/")
    row.refresh_from_db()
    assert row.state == "exited"
    text_of(client.get(f"/people/{person.pk}/journeys/", **FRAGMENT))


def test_a_salesperson_sees_journeys_but_does_not_edit_them(client: Client) -> None:
    journey = make_journey({"key": "a", "kind": "end"})
    client.force_login(make_user(role="salesperson"))
    text_of(client.get(f"/journeys/{journey.pk}/"))
    assert client.get(f"/journeys/{journey.pk}/edit/").status_code == 403
    assert client.post(f"/journeys/{journey.pk}/state/", {"to": "stop"}).status_code == 403


def test_a_journey_in_trouble_says_where(client: Client) -> None:
    journey = make_journey({"key": "a", "kind": "end"}, state="paused", trouble={"step": "a", "error": "ValueError"})
    assert "ValueError" in text_of(client.get(f"/journeys/{journey.pk}/"))
    assert StepPass.objects.count() == 0


def test_the_list_runs_the_same_number_of_queries_for_two_and_for_twenty_journeys(client: Client) -> None:
    text_of(client.get("/journeys/"))
    counts = []
    for number in (2, 18):
        for _ in range(number):
            make_journey({"key": "a", "kind": "end"})
        with CaptureQueriesContext(connection) as queries:
            text_of(client.get("/journeys/"))
        counts.append(len(queries))
    assert counts[0] == counts[1]
