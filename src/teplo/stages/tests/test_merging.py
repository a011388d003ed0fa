"""Of two cards that become one the further stage stands, and each gets its own back when the merge is undone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from teplo.people.merging import join_strangers, merge_people
from teplo.people.models import ChangeNote, Merge, Person
from teplo.people.testing import make_person, make_stranger
from teplo.people.unmerging import undo_merge
from teplo.pipeline.noting import run_once
from teplo.stages.merging import is_taken_over
from teplo.stages.models import Stage, StageMove, Standing
from teplo.stages.moving import move_person
from teplo.stages.testing import make_ladder, make_stage

pytestmark = pytest.mark.django_db
AT = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _ladder(db: None) -> None:
    make_ladder({}, {}, {})
    Stage.objects.filter(key="s3").update(is_customer=True)
    make_stage("aside", 9, is_beside=True)
    make_stage("unused", 8, is_active=False)


def stand(person: Person, key: str, *, hours: int = 0, pin: bool = False) -> None:
    stage, at = Stage.objects.get(key=key), AT + timedelta(hours=hours)
    move_person(person_id=person.pk, stage=stage, cause="hand", by="user:1", why={}, at=at, pin=pin)


def at_merge(winner: Person, loser: Person, *, hours: int = 5) -> Merge:
    at = AT + timedelta(hours=hours)
    return merge_people(winner_id=winner.pk, loser_id=loser.pk, reason="hand", by="user:1", at=at)


def where(person: Person) -> tuple[str, datetime, int | None]:
    return Standing.objects.values_list("stage__key", "since", "pinned_by").get(person=person)


@pytest.mark.parametrize(
    ("own", "theirs", "stands"),
    [
        ("s1", "s2", "s2"),
        ("s2", "s1", "s2"),
        ("s2", "s2", "s2"),
        ("s2", "aside", "s2"),
        ("aside", "s2", "aside"),  # a human or a sign put him aside
        ("aside", "s3", "s3"),  # but a customer is a customer
        ("unused", "s2", "unused"),  # the signs lead him out of a stage that is not in use
        ("s1", "unused", "s1"),
    ],
)
def test_the_further_stage_of_two_cards_stands(own: str, theirs: str, stands: str) -> None:
    winner, loser = make_person(), make_person()
    stand(winner, own), stand(loser, theirs, hours=1)
    assert is_taken_over(winner_id=winner.pk, loser_id=loser.pk) == (stands != own)
    at_merge(winner, loser)
    assert where(winner)[0] == stands
    last = StageMove.objects.filter(person=winner, is_brought=False).latest("at", "id")
    assert (last.to_stage.key, last.cause) == (stands, "merge" if stands != own else "hand")


def test_who_stands_nowhere_takes_the_other_s_place_with_its_day() -> None:
    winner, loser = make_person(), make_person()
    stand(loser, "s2", hours=1)
    assert is_taken_over(winner_id=winner.pk, loser_id=loser.pk)
    at_merge(winner, loser)
    assert where(winner) == ("s2", AT + timedelta(hours=1), None)
    assert not StageMove.objects.filter(cause="merge").exists()


def test_a_pin_holds_and_a_pin_comes_along() -> None:
    winner, loser = make_person(), make_person()
    stand(winner, "s1", pin=True), stand(loser, "s2")
    at_merge(winner, loser)
    assert where(winner)[0] == "s1"
    winner, loser = make_person(), make_person()
    stand(winner, "s1"), stand(loser, "s2", pin=True)
    at_merge(winner, loser)
    assert where(winner) == ("s2", AT + timedelta(hours=5), 1)


def test_undoing_gives_both_their_places_back_with_their_days() -> None:
    winner, loser = make_person(), make_person()
    stand(winner, "s1"), stand(loser, "s2", hours=1, pin=True)
    merge = at_merge(winner, loser)
    undo_merge(merge_id=merge.pk, by="user:1")
    assert where(winner) == ("s1", AT, None)
    assert where(loser) == ("s2", AT + timedelta(hours=1), 1)
    assert not StageMove.objects.filter(cause="merge").exists()


def test_who_moved_on_after_the_merge_stays_there_when_it_is_undone() -> None:
    winner, loser = make_person(), make_person()
    stand(winner, "s1"), stand(loser, "s2")
    merge = at_merge(winner, loser)
    stand(winner, "s3", hours=6)
    undo_merge(merge_id=merge.pk, by="user:1")
    assert where(winner) == ("s3", AT + timedelta(hours=6), None)
    assert where(loser)[0] == "s2"


def test_a_chain_of_merges_is_undone_link_by_link() -> None:
    first, second, third = make_person(), make_person(), make_person()
    for person, key in ((first, "s1"), (second, "s2"), (third, "s3")):
        stand(person, key)
    inner, outer = at_merge(second, third), at_merge(first, second, hours=7)
    assert where(first) == ("s3", AT + timedelta(hours=7), None)
    undo_merge(merge_id=outer.pk, by="user:1")
    assert [where(person) for person in (first, second)] == [("s1", AT, None), ("s3", AT + timedelta(hours=5), None)]
    undo_merge(merge_id=inner.pk, by="user:1")
    assert [where(person)[:2] for person in (first, second, third)] == [("s1", AT), ("s2", AT), ("s3", AT)]


def test_strangers_who_turn_out_to_be_somebody_are_asked_about_together(django_assert_max_num_queries) -> None:
    pairs = []
    for number in range(20):
        stranger, person = make_stranger(visitor=f"browser-{number}"), make_person()
        stand(stranger, ("s1", "s2", "s3")[number % 3], hours=1), stand(person, "s2")
        pairs.append((stranger.pk, person.pk))
    with django_assert_max_num_queries(40):
        join_strangers(pairs, at=AT + timedelta(hours=5))
    keys = [where(Person(pk=person))[0] for _, person in pairs]
    assert keys == [("s2", "s2", "s3")[number % 3] for number in range(20)]
    for merge in Merge.objects.all():
        undo_merge(merge_id=merge.pk, by="user:1")
    assert {where(Person(pk=person)) for _, person in pairs} == {("s2", AT, None)}


def test_the_signs_asked_after_the_merge_leave_him_there() -> None:
    """The worker looks at him because of the merge; that nothing says "s2" of him any more takes him nowhere."""
    winner, loser = make_person(), make_person()
    stand(winner, "s1"), stand(loser, "s2")
    at_merge(winner, loser)
    while run_once("worker"):
        pass
    assert not ChangeNote.objects.exists()
    assert where(winner)[0] == "s2"
