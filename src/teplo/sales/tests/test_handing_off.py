"""A hot person reaches a salesperson at once, and a clock runs until somebody answers (R37, R38)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from teplo.accounts.models import Notice, User, Workspace
from teplo.accounts.testing import make_user
from teplo.accounts.workspace import get_workspace
from teplo.kit.clock import at_moment
from teplo.people.models import Person
from teplo.people.testing import make_person
from teplo.sales import escalating, returning
from teplo.sales.escalating import Mail, escalate, mail_salespeople
from teplo.sales.finishing import finish_task
from teplo.sales.handing_off import HandOffAnswered, accept, give_back, offer
from teplo.sales.models import HandOff, Task
from teplo.sales.returning import ReasonUnknown
from teplo.sales.testing import make_hand_off
from teplo.tracking.models import InboxRow

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.fixture
def seller() -> User:
    return make_user(role="salesperson", name="Оксана")


def offer_at_noon(*people: Person) -> list[int]:
    with at_moment(NOON):
        return offer(person_ids=[p.pk for p in people], cause="hot", snapshots={}, at=NOON)


def test_a_hot_person_makes_a_task_and_rings_the_salesperson(seller: User) -> None:
    Workspace.objects.update_or_create(pk=1, defaults={"answer_within_minutes": 20})
    person = make_person(first_name="Ольга", last_name="Кравец")

    assert offer_at_noon(person) == [person.pk]

    hand_off, task, notice = HandOff.objects.get(), Task.objects.get(), Notice.objects.get()
    assert (hand_off.assignee_id, hand_off.task_id, hand_off.state) == (seller.pk, task.id, "offered")
    assert hand_off.answer_until == NOON + timedelta(minutes=20) == task.due_at
    assert (task.kind, task.assignee_id) == ("answer-hot", seller.pk)
    assert (notice.user_id, notice.kind, notice.params["name"]) == (seller.pk, "person-hot", "Ольга Кравец")
    assert notice.url == f"/hand-offs/{person.pk}/{hand_off.id}/"


def test_a_person_already_in_the_hands_of_sales_is_not_offered_again(seller: User) -> None:
    person = make_person()
    offer_at_noon(person)

    assert offer_at_noon(person) == []
    accept(hand_off=HandOff.objects.get(), user_id=seller.pk)
    assert offer_at_noon(person) == []
    assert HandOff.objects.count() == Task.objects.count() == 1


def test_two_open_hand_offs_of_one_person_cannot_be_stored(seller: User) -> None:
    person = make_person()
    offer_at_noon(person)
    with pytest.raises(IntegrityError), transaction.atomic():
        HandOff.objects.create(person=person, answer_until=NOON)


def test_the_owner_answers_before_whoever_has_least_to_do(seller: User) -> None:
    owner = make_user(role="salesperson")
    mine, free = make_person(owner_id=owner.pk), make_person()
    for _ in range(3):
        Task.objects.create(person=mine, title="x", due_at=NOON, assignee_id=owner.pk)

    offer_at_noon(mine, free)

    assert HandOff.objects.get(person=mine).assignee_id == owner.pk
    assert HandOff.objects.get(person=free).assignee_id == seller.pk


def test_hot_people_are_spread_evenly(seller: User) -> None:
    other = make_user(role="salesperson")
    offer_at_noon(*[make_person() for _ in range(10)])
    assert HandOff.objects.filter(assignee_id=seller.pk).count() == 5
    assert HandOff.objects.filter(assignee_id=other.pk).count() == 5


def test_an_inactive_owner_is_passed_over(seller: User) -> None:
    gone = make_user(role="salesperson", is_active=False)
    person = make_person(owner_id=gone.pk)
    offer_at_noon(person)
    assert HandOff.objects.get().assignee_id == seller.pk


def test_offering_runs_the_same_number_of_statements_for_two_and_for_a_hundred(seller: User) -> None:
    get_workspace()
    counts = []
    for number in (2, 100):
        people = [make_person() for _ in range(number)]
        with CaptureQueriesContext(connection) as queries:
            offer_at_noon(*people)
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_accepting_makes_the_seller_the_owner(seller: User) -> None:
    hand_off = make_hand_off(make_person(first_name="Ольга"))

    accept(hand_off=hand_off, user_id=seller.pk)

    assert Person.objects.get().owner_id == seller.pk
    assert hand_off.state == "accepted" and hand_off.answered_at is not None
    with pytest.raises(HandOffAnswered):
        accept(hand_off=hand_off, user_id=seller.pk)


def test_returning_needs_a_known_reason_and_tells_marketing(seller: User, monkeypatch: pytest.MonkeyPatch) -> None:
    marketer = make_user(role="marketer")
    moved: list[tuple[Any, ...]] = []
    monkeypatch.setattr(returning, "_movers", [lambda *given: moved.append(given)])
    person = make_person()
    hand_off = make_hand_off(person)
    with pytest.raises(ReasonUnknown):
        give_back(hand_off=hand_off, user_id=seller.pk, reason="bored")

    give_back(hand_off=hand_off, user_id=seller.pk, reason="not-ours", note="Студент, пишет диплом")

    assert (hand_off.state, hand_off.return_reason, hand_off.return_note) == (
        "returned", "not-ours", "Студент, пишет диплом",
    )  # fmt: skip
    assert Task.objects.get().state == "cancelled"
    assert Notice.objects.filter(user_id=marketer.pk, kind="hand-off-returned").count() == 1
    assert [given[:2] for given in moved] == [(person.pk, "non-target")]
    assert InboxRow.objects.count() == 1


def test_a_talk_stops_the_clock_and_accepts_what_nobody_had_answered(seller: User) -> None:
    hand_off = make_hand_off(make_person())

    finish_task(task=Task.objects.get(), outcome="reached", by=seller.pk)

    hand_off.refresh_from_db()
    assert hand_off.state == "accepted" and hand_off.first_contact_at is not None


def test_no_answer_does_not_stop_the_clock(seller: User) -> None:
    hand_off = make_hand_off(make_person())

    finish_task(task=Task.objects.get(), outcome="no-answer", by=seller.pk)

    hand_off.refresh_from_db()
    assert hand_off.state == "offered" and hand_off.first_contact_at is None


def test_an_unanswered_hand_off_is_escalated_once(seller: User) -> None:
    chief = make_user(role="administrator")
    offer_at_noon(make_person(first_name="Ольга"))

    with at_moment(NOON + timedelta(minutes=14)):
        assert escalate() == 0
    with at_moment(NOON + timedelta(minutes=15)):
        assert escalate() == 1
        assert escalate() == 0

    late = Notice.objects.filter(kind="hand-off-late")
    assert sorted(late.values_list("user_id", flat=True)) == sorted([chief.pk, seller.pk])


def test_an_answered_hand_off_is_not_escalated(seller: User) -> None:
    offer_at_noon(make_person())
    accept(hand_off=HandOff.objects.get(), user_id=seller.pk)
    with at_moment(NOON + timedelta(days=1)):
        assert escalate() == 0


class FakePostman:
    def __init__(self, *, is_away: bool = False, can_post: bool = True) -> None:
        self.posted: list[Mail] = []
        self.is_away, self._can_post = is_away, can_post

    def can_post(self) -> bool:
        return self._can_post

    def post(self, mails: list[Mail]) -> list[bool]:
        self.posted += mails
        return [not self.is_away] * len(mails)


def test_the_salesperson_gets_one_e_mail_in_his_language(seller: User, monkeypatch: pytest.MonkeyPatch) -> None:
    postman = FakePostman()
    monkeypatch.setattr(escalating, "_postmen", [postman])
    User.objects.filter(pk=seller.pk).update(language="en")
    Workspace.objects.update_or_create(pk=1, defaults={"public_url": "https://warm.example.com"})
    person = make_person(first_name="Ольга")
    offer_at_noon(person)

    assert (mail_salespeople(), mail_salespeople()) == (1, 0)

    [mail] = postman.posted
    assert mail.to == seller.email
    assert "Ольга" in mail.subject
    assert f"https://warm.example.com/hand-offs/{person.pk}/" in mail.text


def test_without_a_postman_e_mails_wait(seller: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(escalating, "_postmen", [])
    offer_at_noon(make_person())
    assert mail_salespeople() == 0
    assert HandOff.objects.get().told_at is None


def test_an_e_mail_that_did_not_go_out_is_tried_again(seller: User, monkeypatch: pytest.MonkeyPatch) -> None:
    offer_at_noon(make_person())
    monkeypatch.setattr(escalating, "_postmen", [FakePostman(can_post=False)])
    assert mail_salespeople() == 0
    postman = FakePostman(is_away=True)
    monkeypatch.setattr(escalating, "_postmen", [postman])
    assert mail_salespeople() == 0
    postman.is_away = False
    assert (mail_salespeople(), mail_salespeople()) == (1, 0)
    assert len(postman.posted) == 2
