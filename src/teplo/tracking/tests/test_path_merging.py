"""A merge taken back leaves the touches of both cards as they were, however far they had folded into each other."""

from datetime import timedelta

import pytest
from django.db import transaction
from hypothesis import example, given, settings
from hypothesis import strategies as st

from teplo.config import wiring
from teplo.people.finding import Claim, find_or_create_people
from teplo.people.merging import merge_people
from teplo.people.models import Merge
from teplo.people.testing import make_person, make_stranger
from teplo.people.unmerging import undo_merge
from teplo.pipeline import noting
from teplo.tracking.models import Acquisition, Touch
from teplo.tracking.paths import note_arrivals
from teplo.tracking.tests.test_paths import AT, coming, kept_path

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def wired():
    wiring.assemble()


def come(person, visits, first=0):
    """Each at its minute; the numbers of the visits of one card are no other's."""
    note_arrivals([coming(person, minute, way)._replace(event_id=first + minute + 1) for minute, way in visits])


def rows():
    """Everything of all touches, and of first and last ones."""
    touches = list(Touch.objects.order_by("person_id", "id").values())
    return touches, list(Acquisition.objects.order_by("person_id").values())


def merge(winner, loser):
    merged = merge_people(winner_id=winner.pk, loser_id=loser.pk, reason="hand", by="user:1")
    settle()
    return merged


def undo(merged):
    undo_merge(merge_id=merged.pk, by="user:1")
    settle()


def settle():
    while noting.run_once("test"):
        pass


VISITS = st.lists(st.tuples(st.integers(0, 30), st.sampled_from("aabd")), max_size=8, unique_by=lambda visit: visit[0])


@settings(max_examples=20)
@given(own=VISITS, theirs=VISITS, later=VISITS)
@example(own=[(1, "a")], theirs=[(3, "a")], later=[])
@example(own=[(3, "a"), (9, "b")], theirs=[(1, "a"), (5, "a"), (8, "b")], later=[])
@example(own=[(3, "a")], theirs=[(1, "a")], later=[(7, "a"), (9, "b")])
@example(own=[], theirs=[(1, "a")], later=[(7, "a")])
def test_a_merge_taken_back_leaves_the_touches_of_both_as_they_were(own, theirs, later):
    with transaction.atomic():
        winner, loser, alone = make_person(), make_person(), make_person()
        come(winner, own)
        come(loser, theirs, first=100)
        before = rows()
        merged = merge(winner, loser)
        undo(merged)
        assert rows() == before
        mine = list(Touch.objects.filter(person=loser).order_by("id").values())
        merged = merge(winner, loser)
        come(winner, later, first=200)
        undo(merged)
        assert list(Touch.objects.filter(person=loser).order_by("id").values()) == mine
        come(alone, own, first=300)
        come(alone, later, first=400)
        assert kept_path(winner) == kept_path(alone)  # what came after the merge stays with the winner
        ends = ("first_source", "first_at", "last_source", "last_at")
        kept, wanted = (Acquisition.objects.filter(person=person).values(*ends) for person in (winner, alone))
        assert list(kept) == list(wanted)
        transaction.set_rollback(True)


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_two_merges_into_one_card_are_taken_back_in_either_order(order):
    winner, first, second = make_person(), make_person(), make_person()
    come(winner, [(5, "a"), (9, "b")])
    come(first, [(1, "a"), (6, "a")], first=100)
    come(second, [(0, "a"), (7, "a"), (8, "b")], first=200)
    before = rows()
    merged = [merge(winner, first), merge(winner, second)]
    for place in order:
        undo(merged[place])
    assert rows() == before


def test_a_visitor_s_path_that_joined_comes_off_again():
    person, stranger = make_person(email="a@example.com"), make_stranger(visitor="v")
    come(person, [(1, "a"), (5, "b")])
    come(stranger, [(3, "a"), (4, "b"), (9, "d")], first=100)
    before = rows()
    find_or_create_people([Claim((("email", "a@example.com"), ("visitor", "v")))])
    settle()
    undo(Merge.objects.get())
    assert rows() == before


def test_repeats_beyond_what_is_kept_of_one_touch_come_back_too():
    winner, loser = make_person(), make_person()
    note_arrivals(
        [
            coming(person, minute, "a")._replace(event_id=first + minute, at=AT + timedelta(hours=minute))
            for person, first in ((winner, 1), (loser, 1000))
            for minute in range(33)
        ]
    )
    before = rows()
    undo(merge(winner, loser))
    assert rows() == before
