"""Tasks, hand-offs and deals on the screen."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from teplo.accounts.models import User
from teplo.accounts.testing import make_user
from teplo.kit.clock import now
from teplo.people.testing import make_identity, make_person
from teplo.sales.models import Deal, HandOff, Task
from teplo.sales.testing import make_deal, make_hand_off, make_task
from teplo.stages import presets as stages_presets

pytestmark = pytest.mark.django_db
FRAGMENT = {"HTTP_HX_REQUEST": "true"}


@pytest.fixture
def seller() -> User:
    return make_user(role="salesperson", name="Оксана", language="en")


@pytest.fixture
def client(seller: User) -> Client:
    signed_in = Client()
    signed_in.force_login(seller)
    return signed_in


def text_of(response: Any) -> str:
    assert response.status_code == 200, response.status_code
    return str(response.content.decode())


def test_my_day_shows_hot_overdue_today_and_later_apart(client: Client, seller: User) -> None:
    mine = {"assignee_id": seller.pk}
    make_hand_off(make_person(first_name="Hot"))
    make_task(make_person().pk, title="Too late", due_at=now() - timedelta(days=1), **mine)
    make_task(make_person().pk, title="Much later", due_at=now() + timedelta(days=9), **mine)
    make_task(make_person().pk, title="Somebody else's")
    page = text_of(client.get("/tasks/"))
    assert "3 tasks, 1 overdue" in page
    assert page.index("Answer now") < page.index("Too late") < page.index("Much later")
    assert "Somebody else" not in page
    assert "Somebody else" in text_of(client.get("/tasks/?whose=all"))


def test_closing_a_task_asks_for_the_outcome_and_plans_the_next(client: Client, seller: User) -> None:
    task = make_task(make_person().pk, title="Call")
    address = f"/tasks/{task.person_id}/{task.id}/finish/"
    text_of(client.get(address, **FRAGMENT))
    assert client.post(address, {}).status_code == 422
    day = (now() + timedelta(days=3)).date()
    client.post(address, {"outcome": "call-later", "note": "После отпуска", "again_on": day.isoformat()})
    task.refresh_from_db()
    assert (task.state, task.outcome, task.outcome_note) == ("done", "call-later", "После отпуска")
    again = Task.objects.get(state="open")
    assert (again.assignee_id, again.due_at.date()) == (seller.pk, day)
    assert "После отпуска" in text_of(client.get("/tasks/?state=done&whose=all"))


def test_a_task_is_put_off_given_and_taken_off_the_list(client: Client, seller: User) -> None:
    other = make_user(role="salesperson")
    task = make_task(make_person().pk)
    base = f"/tasks/{task.person_id}/{task.id}"
    client.post(f"{base}/snooze/", {"until": "week"})
    client.post(f"{base}/give/", {"user": other.pk})
    task.refresh_from_db()
    assert task.due_at > now() + timedelta(days=5) and task.assignee_id == other.pk
    client.post(f"{base}/cancel/")
    task.refresh_from_db()
    assert task.state == "cancelled"
    client.post(f"{base}/reopen/")
    task.refresh_from_db()
    assert task.state == "open"


def test_nobody_is_sent_to_another_site_after_a_task(client: Client) -> None:
    task = make_task(make_person().pk)
    response = client.post(f"/tasks/{task.person_id}/{task.id}/snooze/", {"until": "hour", "back": "//evil.example"})
    assert response["Location"] == "/tasks/"


def test_a_task_can_be_made_for_a_person(client: Client) -> None:
    person = make_person()
    text_of(client.get(f"/people/{person.pk}/tasks/new/", **FRAGMENT))
    client.post(f"/people/{person.pk}/tasks/new/", {"kind": "call", "title": "Ask", "assignee": ""})
    assert Task.objects.get().title == "Ask"
    assert "Ask" in text_of(client.get(f"/people/{person.pk}/tasks/", **FRAGMENT))


def test_the_hand_off_page_shows_everything_and_the_seller_accepts(client: Client, seller: User) -> None:
    stages_presets.install()
    person = make_person(first_name="Ольга", position="Директор")
    make_identity(person=person, kind="email", value="olga@example.com")
    row = make_hand_off(person, score=27, temperature="hot", stage="cold")
    assert "Ольга" in text_of(client.get("/hand-offs/"))
    page = text_of(client.get(f"/hand-offs/{person.pk}/{row.id}/"))
    for known in ("Ольга", "Директор", "olga@example.com", "27", "I take him"):
        assert known in page
    client.post(f"/hand-offs/{person.pk}/{row.id}/accept/")
    row.refresh_from_db()
    assert row.state == "accepted"
    assert "I take him" not in text_of(client.get(f"/hand-offs/{person.pk}/{row.id}/"))


def test_a_return_without_a_reason_is_refused(client: Client) -> None:
    row = make_hand_off(make_person())
    address = f"/hand-offs/{row.person_id}/{row.id}/return/"
    text_of(client.get(address, **FRAGMENT))
    assert client.post(address, {"note": "x"}).status_code == 422
    client.post(address, {"reason": "too-early", "note": "Осенью"})
    row.refresh_from_db()
    assert (row.state, row.return_reason) == ("returned", "too-early")
    assert "Осенью" in text_of(client.get("/hand-offs/?state=returned"))


def test_a_person_is_handed_over_by_hand_once(client: Client) -> None:
    person = make_person()
    for _ in range(2):
        client.post(f"/people/{person.pk}/hand-off/")
    assert HandOff.objects.get().cause == "hand"


def test_an_analyst_sees_hand_offs_but_does_not_answer(client: Client) -> None:
    row = make_hand_off(make_person())
    client.force_login(make_user(role="analyst", language="en"))
    assert "I take him" not in text_of(client.get(f"/hand-offs/{row.person_id}/{row.id}/"))
    assert client.post(f"/hand-offs/{row.person_id}/{row.id}/accept/").status_code == 403


def test_deals_are_opened_moved_won_and_lost(client: Client) -> None:
    person = make_person()
    text_of(client.get(f"/people/{person.pk}/deals/new/", **FRAGMENT))
    client.post(f"/people/{person.pk}/deals/new/", {"title": "Licence", "amount": "1200"})
    deal = Deal.objects.get()
    base = f"/deals/{person.pk}/{deal.id}"
    assert "Licence" in text_of(client.get("/deals/"))
    client.post(f"{base}/move/", {"step": "offer"})
    text_of(client.get(f"{base}/win/", **FRAGMENT))
    client.post(f"{base}/win/", {"amount": "1000", "is_paid": "on"})
    deal.refresh_from_db()
    assert (deal.state, deal.step, deal.amount) == ("won", "offer", 1000)
    client.post(f"{base}/reopen/")
    text_of(client.get(f"{base}/lose/", **FRAGMENT))
    assert client.post(f"{base}/lose/", {}).status_code == 422
    client.post(f"{base}/lose/", {"reason": "competitor", "words": "у них дешевле"})
    deal.refresh_from_db()
    assert deal.lost_reason == "competitor: у них дешевле"
    lost = text_of(client.get("/deals/?state=lost"))
    assert "Chose a competitor: у них дешевле" in lost
    assert "&quot;Chose a competitor&quot;, 1" in lost or "Chose a competitor</" in lost
    assert "Licence" in text_of(client.get(f"/people/{person.pk}/deals/", **FRAGMENT))


@pytest.mark.parametrize("address", ["/tasks/?whose=all", "/hand-offs/", "/deals/"])
def test_lists_run_the_same_number_of_queries_for_two_and_for_twenty(client: Client, address: str) -> None:
    text_of(client.get(address))
    counts = []
    for number in (2, 18):
        for _ in range(number):
            person = make_person()
            make_task(person.pk)
            make_deal(person.pk)
            make_hand_off(person)
        with CaptureQueriesContext(connection) as queries:
            text_of(client.get(address))
        counts.append(len(queries))
    assert counts[0] == counts[1]
