"""The card says how warm a person is and why, where he stands, and lets the right people move him."""

from __future__ import annotations

import pytest
from django.urls import reverse

from teplo.accounts.models import Role
from teplo.accounts.testing import make_user
from teplo.kit.clock import now
from teplo.people.models import Person
from teplo.scoring.models import ScoreTable
from teplo.scoring.rescoring import rescore
from teplo.scoring.testing import behaviour, fit, make_table
from teplo.stages.models import Stage, Standing
from teplo.stages.moving import move_by_signs, move_person
from teplo.tracking.models import Activity, Tally

pytestmark = pytest.mark.django_db


@pytest.fixture
def marketer(client):
    user = make_user(role=Role.MARKETER, language="en", timezone="UTC", name="Olena")
    client.force_login(user)
    return user


def make_person(**changes):
    return Person.objects.create(**{"first_name": "Olha", "city": "Kyiv", **changes})


def shown(client, name, person):
    answer = client.get(reverse(name, args=[person.pk]), headers={"HX-Request": "true"})
    assert answer.status_code == 200
    return answer.content.decode()


def test_every_criterion_that_counts_is_named_with_what_it_rests_on(client, marketer):
    deed = Activity.objects.get(key="key-page-viewed")
    make_table(
        fit({"field": "city", "is": "Kyiv"}, 5, name="From Kyiv"),
        behaviour(deed.pk, 3, is_per_time=True, cap=6, window_days=30, name="Key pages"),
        behaviour(deed.pk, 9, at_least=100, name="Very often"),
    )
    person = make_person()
    Tally.objects.create(person=person, activity=deed, day=now().date(), count=4, first_at=now(), last_at=now())
    text = shown(client, "person-score", person)
    for said in (
        "From Kyiv",
        "+5",
        "Key pages",
        "4 times",
        "gives no more than this",
        "+6",
        "Very often",
        "14 points more",
    ):
        assert said in text


def test_without_a_table_the_card_says_so(client, marketer):
    ScoreTable.objects.all().delete()
    assert "No score table is live yet" in shown(client, "person-score", make_person())


def test_the_history_names_the_cause_of_each_change(client, marketer):
    make_table(fit({"field": "city", "is": "Kyiv"}, 5))
    person = make_person()
    rescore(person_ids=[person.pk], cause="attribute", at=now())
    assert "something was learnt of him" in shown(client, "person-score-history", person)


def test_the_stage_says_why_he_stands_there(client, marketer):
    person = make_person(is_anonymous=False)
    move_by_signs(person_ids=[person.pk], at=now())
    text = shown(client, "person-stage", person)
    assert "New acquaintance" in text
    assert "His sign holds" in text


def test_moving_by_hand_asks_why_and_pins(client, marketer):
    person, stage = make_person(), Stage.objects.get(key="friend")
    url = reverse("person-stage-move", args=[person.pk])
    assert client.post(url, {"stage": stage.pk, "words": " "}).status_code == 422
    assert not Standing.objects.exists()
    client.post(url, {"stage": stage.pk, "words": "We met at the fair", "pin": "on"})
    assert (Standing.objects.get().stage_id, Standing.objects.get().pinned_by) == (stage.pk, marketer.pk)
    assert "Olena moved him: “We met at the fair”" in shown(client, "person-stage", person)
    client.post(reverse("person-stage-unpin", args=[person.pk]))
    assert Standing.objects.get().pinned_by is None


def test_a_seller_moves_his_own_people_only(client):
    seller = make_user(role=Role.SALESPERSON, language="en")
    client.force_login(seller)
    theirs = make_person(owner_id=seller.pk + 1)
    data = {"stage": Stage.objects.get(key="friend").pk, "words": "x"}
    assert client.post(reverse("person-stage-move", args=[theirs.pk]), data).status_code == 403
    assert "Move" not in shown(client, "person-stage", theirs)
    assert client.post(reverse("person-stage-move", args=[make_person().pk]), data).status_code == 302


def test_who_was_given_back_by_sales_says_so(client, marketer):
    person, stage = make_person(), Stage.objects.get(key="non-target")
    move_person(person_id=person.pk, stage=stage, cause="return", by="", why={"returned": "not-ours"}, at=now())
    assert "Sales gave him back: Not our client" in shown(client, "person-stage", person)
