"""The card answers why a score is what it is, what would change it, and lets colleagues put in their word."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from teplo.accounts.models import Role
from teplo.accounts.testing import make_user
from teplo.kit.clock import at_moment, now
from teplo.people.models import ChangeNote, Person
from teplo.people.testing import make_person
from teplo.scoring.adjusting import add_adjustment
from teplo.scoring.cooling import MOST_MOMENTS
from teplo.scoring.hand_scoring import score_by_hand
from teplo.scoring.models import Adjustment, HandScore, Score, ScoreChange, ScoreTable, TableState
from teplo.scoring.rescoring import rescore
from teplo.scoring.testing import behaviour, fit, make_table
from teplo.tracking.models import Activity, Presence, Tally

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _no_tables() -> Any:
    cache.clear()
    ScoreTable.objects.all().delete()
    yield
    cache.clear()


@pytest.fixture
def seller(client):
    user = make_user(role=Role.SALESPERSON, language="en", timezone="UTC", name="Anna")
    client.force_login(user)
    return user


@pytest.fixture
def person() -> Person:
    return make_person(first_name="Olha", last_name="", city="Kyiv")


def shown(client, name, person, **asked):
    answer = client.get(reverse(name, args=[person.pk]), asked, headers={"HX-Request": "true"})
    assert answer.status_code == 200
    return answer.content.decode()


def tally(person: Person, deed: Activity, count: int = 1, days_ago: int = 0) -> None:
    at = now() - timedelta(days=days_ago)
    Tally.objects.create(person=person, activity=deed, day=at.date(), count=count, first_at=at, last_at=at)


def test_points_by_hand_show_with_author_reason_and_end_and_can_be_taken_back(client, seller, person):
    make_table(fit({"field": "city", "is": "Kyiv"}, 5, name="From Kyiv"))
    asked = {"points": "+12", "reason": "They decide on Friday", "until": "7"}
    answer = client.post(reverse("person-adjust", args=[person.pk]), asked)
    assert answer.status_code == 302
    row = Adjustment.objects.get()
    assert (row.points, row.by, ChangeNote.objects.filter(cause="adjustment").count()) == (12, seller.pk, 1)
    text = shown(client, "person-score", person)
    for said in ("They decide on Friday", "+12", "Anna", "counts until", "take back", "warm"):
        assert said in text
    client.post(reverse("person-adjustment-withdraw", args=[person.pk, row.id]))
    assert "They decide on Friday" not in shown(client, "person-score", person)


@pytest.mark.parametrize(
    "asked",
    [
        {"points": "", "reason": "x", "until": "7"},
        {"points": "5", "reason": "", "until": "7"},
        {"points": "5", "reason": "x", "until": "day", "day": ""},
        {"points": "5", "reason": "x", "until": "day", "day": "2001-01-01"},
        {"points": "5", "reason": "x", "until": "999"},
    ],
)
def test_points_that_cannot_be_given_come_back_with_what_was_typed(client, seller, person, asked):
    answer = client.post(reverse("person-adjust", args=[person.pk]), asked, headers={"HX-Request": "true"})
    assert answer.status_code == 422
    assert f'value="{asked["points"]}"' in answer.content.decode()
    assert not Adjustment.objects.exists()


def test_a_seller_gives_no_points_to_a_colleagues_person(client, seller):
    theirs = make_person(owner_id=seller.pk + 1)
    for name in ("person-adjust", "person-hand-score"):
        assert client.get(reverse(name, args=[theirs.pk])).status_code == 403
    assert "person-adjust" not in shown(client, "person-score", theirs)


def test_a_hand_score_stands_on_the_card_and_in_the_list_before_any_table(client, seller, person):
    asked = {"temperature": "hot", "points": "17", "words": "Asked for a contract"}
    assert client.post(reverse("person-hand-score", args=[person.pk]), asked).status_code == 302
    assert Score.objects.get(person=person).temperature == "hot"
    text = shown(client, "person-score", person)
    assert "Asked for a contract" in text and "Anna" in text
    listed = client.get(reverse("people"), {"temperature": "hot", "who": "all"}).content.decode()
    assert "Olha" in listed


@pytest.mark.parametrize("asked", [{}, {"temperature": "boiling"}, {"temperature": "hot", "points": "many"}])
def test_a_hand_score_without_sense_is_refused(client, seller, person, asked):
    answer = client.post(reverse("person-hand-score", args=[person.pk]), asked, headers={"HX-Request": "true"})
    assert answer.status_code == 422
    assert not HandScore.objects.exists()


def test_why_is_asked_of_any_day_and_of_an_exact_moment(client, seller, person):
    deed = Activity.objects.get(key="key-page-viewed")
    make_table(
        behaviour(deed.pk, 3, name="Key pages"), fit({"field": "city", "is": "Kyiv"}, 5, name="From Kyiv"),
        live_at=now() - timedelta(days=30),
    )  # fmt: skip
    tally(person, deed, days_ago=2)
    on = (now() - timedelta(days=4)).date().isoformat()
    before, after = shown(client, "person-why", person, on=on), shown(client, "person-why", person)
    assert "Key pages" not in before and "From Kyiv" in before
    assert "Key pages" in after
    exact = (now() - timedelta(days=1)).isoformat()
    assert "Key pages" in shown(client, "person-why", person, at=exact)
    for nonsense in ("x", "9999-99-99", "0001-01-01", ""):
        assert "From Kyiv" in shown(client, "person-why", person, on=nonsense)
        shown(client, "person-why", person, at=nonsense, table="x", **{"with": "99"})


def test_why_says_which_table_was_live_that_day(client, seller, person):
    days = {number: now() - timedelta(days=number) for number in (30, 20, 10, 5)}
    spring = make_table(fit({"field": "city", "is": "Kyiv"}, 3), name="Spring", live_at=days[30], retired_at=days[10])
    make_table(fit({"field": "city", "is": "Kyiv"}, 8), name="Autumn", live_at=days[10])
    then = shown(client, "person-why", person, at=days[20].isoformat())
    assert "Spring</a> · the table that was live then" in then
    now_ = shown(client, "person-why", person)
    assert "Autumn</a>" in now_ and "live then" not in now_
    other = shown(client, "person-why", person, at=days[5].isoformat(), table=str(spring.pk))
    assert "Spring</a> · this table was not live then" in other


def test_before_any_table_the_hand_is_what_is_told_of_the_past(client, seller, person):
    with at_moment(now() - timedelta(days=30)):
        score_by_hand(person_id=person.pk, temperature="warm", points=12, by=seller.pk, words="Asks for a quote")
    asked = (now() - timedelta(days=20)).isoformat()
    alone = shown(client, "person-why", person, at=asked)
    assert "Asks for a quote" in alone and "<b>12</b>" in alone and "No table was live then" in alone
    make_table(fit({"field": "city", "is": "Kyiv"}, 8), name="First", live_at=now() - timedelta(days=5))
    beside = shown(client, "person-why", person, at=asked)
    assert "Asks for a quote" in beside and "no table was live then; today’s is asked" in beside
    assert "Asks for a quote" not in shown(client, "person-why", person, at=(now() - timedelta(days=40)).isoformat())


def test_another_table_stands_beside_criterion_by_criterion(client, seller, person):
    other = make_table(fit({"field": "city", "is": "Kyiv"}, 9, name="Kyiv"), name="Draft two", state=TableState.DRAFT)
    make_table(fit({"field": "city", "is": "Kyiv"}, 5, name="From Kyiv"), fit({"all": []}, 2, name="Everybody"))
    text = " ".join(shown(client, "person-why", person, **{"with": str(other.pk)}).split())
    assert "Draft two" in text
    assert '<td>From Kyiv</td><td class="num">+5</td><td class="num">+9</td><td class="num"><b>+4</b></td>' in text
    assert "<td>Everybody</td>" in text


def test_one_deed_is_one_line_though_the_tables_count_it_differently(client, seller, person):
    deed = Activity.objects.get(key="key-page-viewed")
    other = make_table(behaviour(deed.pk, 7, name="Key pages"), name="Once", state=TableState.DRAFT)
    make_table(behaviour(deed.pk, 2, name="Key pages", is_per_time=True), behaviour(deed.pk, 5, name="Key pages"))
    tally(person, deed, 2)
    text = " ".join(shown(client, "person-why", person, **{"with": str(other.pk)}).split())
    assert '<td>Key pages</td><td class="num">+5</td><td class="num">+7</td><td class="num"><b>+2</b></td>' in text
    assert '<td>Key pages</td><td class="num">+4</td><td class="num"><span class="quiet">—</span></td>' in text
    ScoreTable.objects.filter(state=TableState.LIVE).get().criteria.filter(points=5).delete()
    text = " ".join(shown(client, "person-why", person, **{"with": str(other.pk)}).split())
    assert '<td>Key pages</td><td class="num">+4</td><td class="num">+7</td><td class="num"><b>+3</b></td>' in text


def test_a_click_on_the_history_explains_that_day(client, seller, person):
    make_table(fit({"field": "city", "is": "Kyiv"}, 5))
    rescore(person_ids=[person.pk], cause="attribute", at=now())
    assert reverse("person-why", args=[person.pk]) in shown(client, "person-score-history", person)


def test_what_would_make_him_hot_and_when_he_cools_are_told(client, seller, person):
    deed = Activity.objects.get(key="key-page-viewed")
    make_table(
        behaviour(deed.pk, 10, is_per_time=True, window_days=7, name="Key pages"), warm_from=10, hot_from=25
    )  # fmt: skip
    crowd = [make_person() for _ in range(40)]
    Presence.objects.bulk_create(Presence(person=one, first_seen_at=now(), last_seen_at=now()) for one in crowd)
    for one in crowd[:20]:
        tally(one, deed, 2, days_ago=1)
    tally(person, deed, 1, days_ago=5)
    text = shown(client, "person-warming", person)
    for said in ("15 points short of hot", "” 2 times", "50% do so", "cools by 10 points, to 0"):
        assert said in text
    assert shown(client, "person-warming", make_person()) != ""
    ScoreTable.objects.all().delete()
    assert shown(client, "person-warming", person) == ""


def test_hand_and_table_are_compared(client, seller, person):
    assert "Nobody has been scored by hand yet" in client.get(reverse("hand-scores")).content.decode()
    make_table(fit({"field": "city", "is": "Kyiv"}, 30, name="From Kyiv"))
    others = [make_person(first_name=f"P{number}", city="Lviv") for number in range(3)]
    for one, heat in ((person, "hot"), (others[0], "cold"), (others[1], "hot"), (others[2], "cold")):
        score_by_hand(person_id=one.pk, temperature=heat, by=seller.pk, words=f"word of {one.first_name}")
    text = client.get(reverse("hand-scores")).content.decode()
    assert "Hand and table agree on 75% of 4 people" in text
    assert "word of P1" in text and "word of P2" not in text
    assert "0.50" in text
    for asked in ({"table": "x"}, {"by": "99"}, {"by": str(seller.pk)}):
        assert client.get(reverse("hand-scores"), asked).status_code == 200


def test_the_panel_costs_the_same_whatever_happened(client, seller, person):
    deed = Activity.objects.get(key="key-page-viewed")
    make_table(*(behaviour(deed.pk, 3, window_days=days) for days in (7, 14, 30)), fit({"all": []}, 2))
    url = reverse("person-score", args=[person.pk])
    tally(person, deed)
    add_adjustment(person_id=person.pk, points=3, reason="x", until=now() + timedelta(days=1), by=seller.pk)
    client.get(url)
    with CaptureQueriesContext(connection) as few:
        client.get(url)
    for days_ago in range(1, 29):
        tally(person, deed, days_ago, days_ago=days_ago)
    for number in range(5):
        with at_moment(now() + timedelta(minutes=number)):
            add_adjustment(person_id=person.pk, points=3, reason="x", until=now() + timedelta(days=1), by=seller.pk)
    with CaptureQueriesContext(connection) as many:
        client.get(url)
    assert len(many) == len(few) <= 24


@pytest.mark.parametrize("name", ["person-why", "person-warming", "person-score-history"])
@pytest.mark.parametrize("asked", ["", "past", "with"])
def test_each_screen_of_one_score_costs_the_same_whatever_happened(client, seller, person, name, asked):
    video = Activity.objects.get(key="video-watched")
    deed = Activity.objects.get(key="key-page-viewed")
    lines = [*(behaviour(deed.pk, 3, window_days=days) for days in (7, 14, 30)), fit({"all": []}, 2)]
    other = make_table(behaviour(video.pk, 4), name="Other")
    table = make_table(*lines, live_at=now() - timedelta(days=90))
    ScoreTable.objects.filter(pk=other.pk).update(state=TableState.DRAFT)
    at = (now() - timedelta(days=3)).isoformat()
    query = {"past": {"at": at}, "with": {"with": str(other.pk)}}.get(asked, {})

    def cost() -> int:
        shown(client, name, person, **query)
        with CaptureQueriesContext(connection) as told:
            shown(client, name, person, **query)
        return len(told)

    def happened(days_ago: int, at: datetime) -> None:
        tally(person, deed, 2, days_ago=days_ago)
        tally(person, video, 2, days_ago=days_ago)
        ScoreChange.objects.create(
            person=person, at=at, table=table, cause="activity", fit=2, behaviour=days_ago, total=days_ago + 2,
            total_before=1, temperature="cold", temperature_before="cold",
        )  # fmt: skip

    for days_ago in (2, 5, 8, 12):
        happened(days_ago, now() - timedelta(days=days_ago))
    few = cost()
    for days_ago in {*range(1, 28)} - {2, 5, 8, 12}:
        happened(days_ago, now() - timedelta(days=days_ago))
    more = cost() - few
    assert 0 <= more <= (MOST_MOMENTS if name == "person-warming" else 0) and few <= 45


def test_the_words_of_colleagues_stand_in_the_story(client, seller, person):
    make_table(fit({"field": "city", "is": "Kyiv"}, 5))
    score_by_hand(person_id=person.pk, temperature="warm", by=seller.pk, words="Compares prices")
    add_adjustment(person_id=person.pk, points=-4, reason="No budget", until=now() + timedelta(days=9), by=seller.pk)
    text = client.get(reverse("person", args=[person.pk]), {"part": "warmth"}).content.decode()
    for said in ("Scored by hand", "Anna: Compares prices", "−4 points by hand", "Anna: No budget"):
        assert said in text
