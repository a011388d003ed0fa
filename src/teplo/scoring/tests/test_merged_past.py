"""Two cards become one: the past of the kept card stays his own, and is given back whole when the merge is undone."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db.models import Q
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from teplo.kit.clock import at_moment
from teplo.kit.testing import examples
from teplo.people.attributes import Change, set_attributes
from teplo.people.merging import merge_people
from teplo.people.models import Person
from teplo.people.testing import make_stranger
from teplo.people.unmerging import undo_merge
from teplo.scoring.explaining import explain
from teplo.scoring.testing import fit, make_table
from teplo.stages.models import Stage
from teplo.stages.moving import move_person
from teplo.stages.outcomes import move_facts

from .histories import CONDITIONS, FIRST_DAY, OF_WARMTH, Fact, alone, happen, histories, moments
from .test_past_stays import _hold, answers, make_rules

pytestmark = pytest.mark.django_db

KNOWN: dict[str, Any] = {
    "city": "Москва", "position": "директор", "owner": 1, "attr.budget": 500, "attr.fits": 1, "attr.tags": ["vip"],
    "attr.note": "ok", "attr.born": "2000-03-12", "company": "Ромашка",
}  # fmt: skip
"""A word on everything that histories change."""
OF_THE_CARD = [
    condition
    for condition in CONDITIONS
    if condition.get("field", "stage_since").split(".")[0] in ("city", "position", "owner", "attr", "stage_since")
    and not {"did", "did_not", "last_did", "channel", "consent", "source", "first_source", "last_source", "not", "all"}
    & condition.keys()
]
"""What one card says of itself: attributes, where it stands."""


def other_stranger() -> Person:
    with at_moment(FIRST_DAY):
        return make_stranger(visitor="browser-2")


def make_known(person: Person) -> None:
    """From the first minute on he has an attribute of each kind, a stage and points."""
    with at_moment(FIRST_DAY):
        set_attributes(
            [Change(person.pk, key.removeprefix("attr."), value) for key, value in KNOWN.items()],
            by="test",
            at=FIRST_DAY,
        )
    happen(person, [Fact("stage", 0, 0), Fact("adjustment", 0, 11), Fact("rescoring", 0, 0)])


def of_card(most: int = 10) -> st.SearchStrategy[list[Fact]]:
    """Histories of what a card says of itself alone."""
    kinds = st.sampled_from(("attribute", "stage", "rescoring"))
    facts = st.builds(Fact, kinds, moments(), st.integers(0, 11))
    return st.lists(facts, max_size=most).map(lambda found: sorted(found, key=lambda fact: fact.minute))


@settings(max_examples=examples(25), deadline=None, suppress_health_check=list(HealthCheck))
@given(
    facts=of_card(),
    others=of_card(),
    minute=moments(),
    taken=st.sets(st.sampled_from(("city", "position", "owner_id", "attributes.budget", "attributes.note"))),
)
@example(facts=[], others=[Fact("stage", 60, 1), Fact("rescoring", 61, 0)], minute=120, taken=set())
def test_the_past_of_a_card_with_a_past_stays_when_another_joins_it(facts, others, minute, taken) -> None:
    at, merged_at = FIRST_DAY + timedelta(minutes=minute), FIRST_DAY + timedelta(days=7)
    with alone() as person:
        make_rules([{"field": "city", "is": "Москва"}, {"stage": "s2"}])
        make_known(person)
        happen(person, facts)
        other = other_stranger()
        happen(other, others)
        asked = (*OF_THE_CARD, *OF_WARMTH, {"score": {"at_least": 5}})
        before = _hold(person, asked, at)
        merge = merge_people(
            winner_id=person.pk, loser_id=other.pk, reason="hand", by="user:1", at=merged_at, take_from_loser=taken
        )
        assert _hold(person, asked, at) == before
        assert _hold(person, asked, at, [person.pk]) == before
        undo_merge(merge_id=merge.pk, by="user:1", at=merged_at + timedelta(hours=1))
        assert _hold(person, asked, at) == before


@settings(max_examples=examples(25), deadline=None, suppress_health_check=list(HealthCheck))
@given(
    facts=histories(8),
    others=histories(8),
    minute=moments(),
    conditions=st.lists(st.sampled_from((*CONDITIONS, *OF_WARMTH)), min_size=2, max_size=7, unique_by=str),
)
def test_a_merge_taken_back_gives_both_cards_their_past_again(facts, others, minute, conditions) -> None:
    at, merged_at = FIRST_DAY + timedelta(minutes=minute), FIRST_DAY + timedelta(days=7)
    with alone() as person:
        table = make_rules([condition for condition in conditions if condition not in OF_WARMTH])
        other = other_stranger()
        happen(person, facts)
        happen(other, others)
        before = [answers(card, table, conditions, at) for card in (person, other)]
        merge = merge_people(winner_id=person.pk, loser_id=other.pk, reason="hand", by="user:1", at=merged_at)
        undo_merge(merge_id=merge.pk, by="user:1", at=merged_at + timedelta(hours=1))
        assert [answers(card, table, conditions, at) for card in (person, other)] == before


@pytest.mark.parametrize("minute", [-60, 0, 60], ids=("earlier", "the same minute", "later"))
def test_a_stranger_who_joins_a_card_does_not_change_where_it_stood(minute: int) -> None:
    at = FIRST_DAY + timedelta(hours=4)
    with alone() as person:
        make_table(fit({"stage": "s2"}, 1), warm_from=5, hot_from=15)
        happen(person, [Fact("stage", 120, 0)])
        other = other_stranger()
        happen(other, [Fact("stage", 120 + minute, 1)])
        with at_moment(at):
            merge_people(winner_id=person.pk, loser_id=other.pk, reason="visitor", by="pipeline", at=at)
            now, then = explain(person_id=person.pk), explain(person_id=person.pk, as_of=at)
        assert now is not None and then is not None
        assert now.total == then.total == 1, "of two stages the further one stands, from the merge on"
        before = at - timedelta(seconds=1)
        assert _hold(person, [{"stage": "s1"}, {"field": "stage_ever", "has": "s2"}], before) == [1, 1]


def test_of_what_a_card_has_no_word_the_past_of_the_stranger_becomes_its_own() -> None:
    at = FIRST_DAY + timedelta(hours=4)
    with alone() as person:
        make_rules([])
        happen(person, [Fact("attribute", 60, 0)])
        other = other_stranger()
        happen(other, [Fact("stage", 60, 1), Fact("attribute", 60, 1 + 9)])
        asked = ({"stage": "s2"}, {"field": "attr.budget", "at_least": 100})
        merge_people(winner_id=person.pk, loser_id=other.pk, reason="hand", by="user:1", at=at)
        assert _hold(person, asked, FIRST_DAY + timedelta(minutes=59)) == [0, 0]
        assert _hold(person, asked, FIRST_DAY + timedelta(minutes=61)) == [1, 1]


def test_a_chain_of_merges_is_taken_back_link_by_link() -> None:
    """Marks that a merge did not make are not taken off by undoing it."""
    with alone() as first:
        make_rules([])
        second, third = other_stranger(), make_stranger(visitor="browser-3")
        for card, choice in ((first, 0), (second, 1), (third, 2)):
            happen(card, [Fact("stage", 60 + choice, choice)])
        at = FIRST_DAY + timedelta(hours=4)
        merged_at = at + timedelta(seconds=1)
        asked = ({"stage": "s1"}, {"stage": "s2"}, {"stage": "s3"})
        inner = merge_people(winner_id=second.pk, loser_id=third.pk, reason="hand", by="user:1", at=merged_at)
        outer = merge_people(winner_id=first.pk, loser_id=second.pk, reason="hand", by="user:1", at=merged_at)
        assert _hold(first, asked, at) == [1, 0, 0]
        undo_merge(merge_id=outer.pk, by="user:1", at=at)
        assert [_hold(card, asked, at) for card in (first, second)] == [[1, 0, 0], [0, 1, 0]]
        undo_merge(merge_id=inner.pk, by="user:1", at=at)
        assert [_hold(card, asked, at) for card in (first, second, third)] == [[1, 0, 0], [0, 1, 0], [0, 0, 1]]


@pytest.mark.parametrize(
    ("own", "brought", "speaks"),
    [
        (["s3"], ["s1"], ["won"]),  # a customer comes from a new browser: his win stands
        (["s1"], ["s3"], ["open", "won"]),  # the card that joined had bought
        (["s1"], ["s3", "s2"], ["open"]),  # there it was a mistake, put right
    ],
)
def test_a_win_stands_whichever_card_it_was_told_of(own: list[str], brought: list[str], speaks: list[str]) -> None:
    with alone() as person:
        make_rules([])
        Stage.objects.filter(key="s3").update(is_customer=True)
        other = other_stranger()
        moves = [*((person, key) for key in own), *((other, key) for key in brought)]
        for hours, (card, key) in enumerate(moves, 1):
            stage, at = Stage.objects.get(key=key), FIRST_DAY + timedelta(hours=hours)
            move_person(person_id=card.pk, stage=stage, cause="hand", by="user:1", why={}, at=at)
        merge_people(winner_id=person.pk, loser_id=other.pk, reason="visitor", by="pipeline", at=at)
        told = [row for row in move_facts(Q()).order_by("at") if row[2] is None]
        assert [row[3] for row in told] == speaks
