"""Scored by hand before any table is live and after, and how far the hand and the table agree."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from teplo.kit.clock import at_moment
from teplo.people.models import ChangeNote, Person
from teplo.people.testing import make_person
from teplo.scoring.adjusting import add_adjustment
from teplo.scoring.agreeing import agree, kappa
from teplo.scoring.hand_scoring import HandScoreRefused, last_by_hand, score_by_hand
from teplo.scoring.models import HandScore, Score, ScoreTable, TableState
from teplo.scoring.rescoring import rescore
from teplo.scoring.testing import behaviour, fit, make_table

from .conftest import AT, tally

pytestmark = pytest.mark.django_db


def test_before_any_table_the_hands_word_is_the_score_that_lists_show(person):
    with at_moment(AT):
        row = score_by_hand(person_id=person.pk, temperature="hot", by=3, words="Asked for a contract")
    score = Score.objects.get(person=person)
    assert (score.temperature, score.total, row.total) == ("hot", 25, None)
    assert ChangeNote.objects.filter(person=person).exists()
    with at_moment(AT + timedelta(hours=1)):
        score_by_hand(person_id=person.pk, temperature="warm", by=3, points=17)
    score.refresh_from_db()
    assert (score.temperature, score.total) == ("warm", 17)
    assert last_by_hand(person_id=person.pk).points == 17


def test_the_first_live_table_takes_the_hands_place(person):
    with at_moment(AT):
        score_by_hand(person_id=person.pk, temperature="hot", by=3)
    make_table(fit({"field": "city", "is": "Москва"}, 4))
    (change,) = rescore(person_ids=[person.pk], cause="table", at=AT)
    assert (change.total_before, change.temperature_before, change.temperature) == (25, "hot", "cold")


def test_with_a_live_table_the_score_stays_and_the_tables_word_is_kept_beside(person):
    make_table(fit({"field": "city", "is": "Москва"}, 4))
    rescore(person_ids=[person.pk], cause="table", at=AT)
    with at_moment(AT):
        add_adjustment(person_id=person.pk, points=30, reason="Said yes", until=AT + timedelta(days=1), by=3)
        row = score_by_hand(person_id=person.pk, temperature="hot", by=3)
    assert row.total == 4
    assert Score.objects.get(person=person).total == 4


@pytest.mark.parametrize(
    ("changes", "code"),
    [({"temperature": "boiling"}, "no-temperature"), ({"points": 1001}, "bad-points"), ({"person_id": 1}, "gone")],
)
def test_a_word_that_means_nothing_is_refused(person, changes, code):
    with pytest.raises(HandScoreRefused) as refusal:
        score_by_hand(**{"person_id": person.pk, "temperature": "hot", "by": 3, **changes})
    assert refusal.value.code == code
    assert str(refusal.value)
    assert not HandScore.objects.exists()


def hand(person: Person, temperature: str, *, at=AT, by: int = 3) -> HandScore:
    with at_moment(at):
        return score_by_hand(person_id=person.pk, temperature=temperature, by=by)


def test_a_table_made_later_is_asked_of_the_moment_the_hand_spoke(deed):
    people = {name: make_person(first_name=name, city="Москва") for name in ("early", "late", "cold", "changed")}
    for name, days_ago in (("early", 3), ("late", -2), ("changed", 3)):
        tally(people[name], deed, days_ago=days_ago)
    for name, temperature in (("early", "hot"), ("late", "hot"), ("cold", "cold"), ("changed", "cold")):
        hand(people[name], temperature)
    hand(people["changed"], "hot", at=AT + timedelta(hours=1))
    table = make_table(behaviour(deed.id, 30), warm_from=10, hot_from=25, state=TableState.DRAFT)
    with CaptureQueriesContext(connection) as asked:
        agreement = agree(table=table)
    assert agreement.cells == {("hot", "hot"): 2, ("hot", "cold"): 1, ("cold", "cold"): 1}
    assert (agreement.people, agreement.hand_warmer, agreement.table_warmer) == (4, 1, 0)
    assert agreement.share[0] == 0.75
    (apart,) = agreement.apart
    assert (apart.word.person_id, apart.total, apart.temperature, apart.steps) == (people["late"].pk, 0, "cold", 2)
    assert len(asked) <= 15
    assert agree(table=table, by=99).people == 0
    assert agree(table=table, by=99).kappa is None


def test_kappa_is_what_is_left_beyond_chance_and_its_interval_what_drawing_again_gives():
    """Chance alone agrees on 0.5·0.6 + 0.3·0.3 + 0.2·0.1; 20,000 samples drawn again spread by 0.0714."""
    cells = {
        ("cold", "cold"): 44, ("cold", "warm"): 5, ("cold", "hot"): 1,
        ("warm", "cold"): 7, ("warm", "warm"): 20, ("warm", "hot"): 3,
        ("hot", "cold"): 9, ("hot", "warm"): 5, ("hot", "hot"): 6,
    }  # fmt: skip
    value, low, high = kappa(cells)
    assert value == pytest.approx((0.7 - 0.41) / (1 - 0.41), abs=1e-9)
    assert low < value < high
    assert high - low == pytest.approx(2 * 1.96 * 0.0714, abs=0.005)


def test_where_both_call_everybody_the_same_kappa_cannot_be_told():
    assert kappa({("cold", "cold"): 9}) is None
    assert kappa({}) is None


def test_full_agreement_is_one(person, deed):
    make_table(behaviour(deed.id, 30))
    other = make_person(city="Київ")
    tally(other, deed)
    hand(person, "cold")
    hand(other, "hot")
    live = ScoreTable.objects.get(state=TableState.LIVE)
    assert agree(table=live).kappa[0] == 1.0
    assert agree(table=live).apart == ()
