"""A salesperson acts on their own people and on nobody's, on every screen and in the API: never on a colleague's."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.urls import URLPattern, get_resolver, reverse

from teplo.accounts.models import ApiToken
from teplo.accounts.testing import make_user
from teplo.accounts.tokens import create_token
from teplo.journeys.models import Enrolment
from teplo.journeys.testing import make_journey, place
from teplo.kit.clock import now
from teplo.people.merging import merge_people
from teplo.people.models import Consent, DuplicatePair, Merge, Person
from teplo.people.testing import make_company, make_person
from teplo.sales.models import Deal, DealState, HandOff, HandOffState, Task, TaskState
from teplo.sales.testing import make_task
from teplo.scoring.models import CriterionProposal, Outcome

pytestmark = pytest.mark.django_db
AT = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def colleague():
    return make_user(role="salesperson", email="colleague@example.com")


@pytest.fixture
def me(client):
    user = make_user(role="salesperson", email="me@example.com", language="en")
    client.force_login(user)
    return user


class World:
    """A person with everything that can be acted on, owned by somebody."""

    def __init__(self, owner_id):
        self.company = make_company(name=f"Company of {owner_id}", name_key=f"company {owner_id}")
        self.person = make_person(owner_id=owner_id, email=f"p{owner_id}@example.com", company=self.company)
        self.other = make_person(owner_id=owner_id)
        self.task = make_task(self.person.pk, assignee_id=owner_id)
        self.deal = Deal.objects.create(person=self.person, title="Deal", owner_id=owner_id)
        self.hand_off = HandOff.objects.create(
            person=self.person, cause="hand", assignee_id=owner_id, answer_until=now() + timedelta(hours=1)
        )
        first, second = sorted((self.person.pk, self.other.pk))
        self.pair = DuplicatePair.objects.create(first_id=first, second_id=second, reason="name", likeness=1)
        lost = make_person(owner_id=owner_id)
        merge_people(winner_id=self.other.pk, loser_id=lost.pk, reason="hand", by="user:1")
        self.merge = Merge.objects.get(winner_id=self.other.pk)
        self.journey = make_journey({"key": "w", "kind": "wait", "for": "1d", "next": "e"}, {"key": "e", "kind": "end"})
        place(self.journey, [self.person.pk], step="w", due_at=None)
        self.enrolment = Enrolment.objects.get(person=self.person)

    @property
    def arguments(self):
        return {
            "person_id": self.person.pk, "winner_id": self.person.pk, "loser_id": self.other.pk,
            "company_id": self.company.pk, "pair_id": self.pair.pk, "merge_id": self.merge.pk, "key": "city",
            "task_id": self.task.id, "deal_id": self.deal.id, "hand_off_id": self.hand_off.id,
            "enrolment_id": self.enrolment.id, "adjustment_id": 1, "interview_id": 1, "note_id": 1, "call_id": 1,
            "way": "note", "claim_id": 1,
        }  # fmt: skip


def acts(patterns=None):
    for found in get_resolver().url_patterns if patterns is None else patterns:
        if not isinstance(found, URLPattern):
            yield from acts(found.url_patterns)
        elif hasattr(found.callback, "acts_on"):
            yield found


ACTS = sorted({(found.name, tuple(found.pattern.converters)) for found in acts()})


def address(name, arguments, world):
    return reverse(name, kwargs={argument: world.arguments[argument] for argument in arguments})


def test_there_are_acts_to_try():
    assert len(ACTS) >= 29


def test_no_act_under_a_colleague_s_person_is_taken(client, me, colleague):
    world = World(colleague.pk)
    before = list(Person.objects.order_by("pk").values())
    open_to_me = [
        name
        for name, arguments in ACTS
        if client.post(address(name, arguments, world), {"text": "x", "city": "x"}).status_code != 403
    ]
    assert open_to_me == []
    assert list(Person.objects.order_by("pk").values()) == before
    assert set(Task.objects.values_list("state", flat=True)) == {TaskState.OPEN}
    assert set(Deal.objects.values_list("state", flat=True)) == {DealState.OPEN}
    assert set(HandOff.objects.values_list("state", flat=True)) == {HandOffState.OFFERED}
    assert Merge.objects.get().undone_at is None
    assert set(Enrolment.objects.values_list("state", flat=True)) == {"active"}
    assert not Consent.objects.exists()
    assert not CriterionProposal.objects.exists()


@pytest.mark.parametrize("owner", ["me", "nobody"])
def test_acts_under_one_s_own_person_and_under_nobody_s_are_taken(client, me, owner):
    world = World(me.pk if owner == "me" else None)
    refused = [name for name, arguments in ACTS if client.get(address(name, arguments, world)).status_code == 403]
    assert refused == []
    assert client.post(f"/tasks/{world.person.pk}/{world.task.id}/cancel/").status_code == 302
    assert Task.objects.get().state == TaskState.CANCELLED


def test_a_marketer_acts_under_everybody(client, colleague):
    client.force_login(make_user(role="marketer"))
    world = World(colleague.pk)
    sales_only = {"hand-off-accept", "hand-off-return"}
    refused = {name for name, arguments in ACTS if client.get(address(name, arguments, world)).status_code == 403}
    assert refused == sales_only


def test_my_own_task_and_deal_under_a_colleague_s_person_are_mine(client, me, colleague):
    world = World(colleague.pk)
    Task.objects.update(assignee_id=me.pk)
    Deal.objects.update(owner_id=me.pk)
    assert client.post(f"/tasks/{world.person.pk}/{world.task.id}/cancel/").status_code == 302
    assert client.post(f"/deals/{world.person.pk}/{world.deal.id}/lose/", {"reason": "price"}).status_code != 403
    assert client.post(f"/people/{world.person.pk}/tasks/new/", {"title": "Call"}).status_code == 403


def test_a_hand_off_that_nobody_answered_in_time_is_open_to_all_of_sales(client, me, colleague):
    world = World(colleague.pk)
    address = f"/hand-offs/{world.person.pk}/{world.hand_off.id}/accept/"
    assert client.post(address).status_code == 403
    HandOff.objects.update(escalated_at=now())
    assert client.post(address).status_code == 302
    assert Person.objects.get(pk=world.person.pk).owner_id == me.pk


def test_my_card_is_not_merged_with_a_colleague_s(client, me, colleague):
    mine, theirs = make_person(owner_id=me.pk), make_person(owner_id=colleague.pk)
    for winner, loser in ((mine, theirs), (theirs, mine)):
        assert client.post(f"/people/{winner.pk}/merge/{loser.pk}/").status_code == 403
    assert not Merge.objects.exists()


def test_a_company_with_people_of_mine_is_mine_too(client, me, colleague):
    world = World(colleague.pk)
    address = f"/companies/{world.company.pk}/edit/"
    assert client.post(address, {"name": "Taken"}).status_code == 403
    make_person(owner_id=me.pk, company=world.company)
    assert client.get(address).status_code == 200


def test_the_refusal_says_whose_the_person_is_not(client, me, colleague):
    world = World(colleague.pk)
    assert "A colleague is responsible" in client.get(f"/people/{world.person.pk}/edit/").content.decode()


def test_the_list_of_duplicates_leaves_out_what_cannot_be_answered(client, me, colleague):
    World(colleague.pk)
    mine = World(me.pk)
    page = client.get("/duplicates/")
    assert [pair.pk for pair, *_rest in page.context["pairs"]] == [mine.pair.pk]


def as_token(client, user, method, path, body):
    _token, text = create_token(name="x", role="salesperson", by=user.pk)
    headers = {"Authorization": f"Bearer {text}"}
    return getattr(client, method)(path, body, content_type="application/json", headers=headers)


def test_a_salesperson_s_token_speaks_of_their_own_people_only(client, me, colleague):
    theirs, mine = make_person(owner_id=colleague.pk), make_person(owner_id=me.pk)
    told = [
        {"person": str(person.pk), "state": "won", "at": "2026-03-01T12:00:00Z", "key": str(number)}
        for number, person in enumerate((theirs, mine))
    ]
    answer = as_token(client, me, "post", "/api/v1/outcomes", {"outcomes": told})
    assert answer.status_code == 207
    assert [(flaw["place"], flaw["code"]) for flaw in answer.json()["errors"]] == [("outcomes[0].person", "not-yours")]
    assert list(Outcome.objects.values_list("person_id", flat=True)) == [mine.pk]
    body = {"text": "Answers at once", "points": 5, "person": str(theirs.pk)}
    answer = as_token(client, me, "post", "/api/v1/criterion-proposals", body)
    assert (answer.status_code, answer.json()["code"]) == (403, "not-yours")
    assert not CriterionProposal.objects.exists()
    assert ApiToken.objects.count() == 2
