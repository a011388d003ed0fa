from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from teplo.conditions import registry
from teplo.conditions.compiling import ask
from teplo.conditions.reading import read_json
from teplo.conditions.vocabulary import Asking
from teplo.people.models import ChangeNote, Person
from teplo.stages import queries
from teplo.stages.models import Stage, StageMove, Standing
from teplo.stages.moving import move_by_signs, move_people, move_person, set_pin
from teplo.stages.testing import make_ladder, make_stage
from teplo.tracking.models import Activity, Tally

pytestmark = pytest.mark.django_db
AT = datetime(2026, 3, 31, 12, tzinfo=UTC)
YES = {"all": []}
NO = {"not": {"all": []}}


@pytest.fixture
def person():
    return Person.objects.create(first_name="Ольга")


def stand(person, stage, *, since=AT - timedelta(days=40), pinned_by=None):
    return Standing.objects.create(person=person, stage=stage, since=since, pinned_by=pinned_by)


def go(*people, at=AT):
    return move_by_signs(person_ids=[one.id for one in people], at=at)


def at_stage(person):
    return Standing.objects.select_related("stage").get(person=person).stage.key


def test_new_people_land_at_the_first_stage(person):
    first, _second = make_ladder({}, NO)
    (move,) = go(person)
    assert at_stage(person) == "s1"
    assert (move.from_stage_id, move.to_stage_id, move.cause, move.why) == (None, first.id, "sign", {"first": True})
    assert StageMove.objects.get().at == AT


def test_a_person_moves_to_the_furthest_stage_whose_sign_holds(person):
    first, _gap, third, _last = make_ladder({}, NO, YES, NO)
    stand(person, first)
    (move,) = go(person)
    assert (move.from_stage_id, move.to_stage_id) == (first.id, third.id)
    assert move.why == {"sign": YES, "stage": "s3"}
    assert Standing.objects.get().since == AT
    assert go(person) == []


def test_nobody_goes_back_where_the_stage_does_not_allow_it(person):
    _first, second = make_ladder({}, NO)
    stand(person, second)
    assert go(person) == []


def test_going_back_stops_at_the_first_stage_that_keeps_him(person):
    stages = make_ladder({}, NO, NO, NO)
    Stage.objects.filter(key__in=("s3", "s4")).update(may_go_back=True)
    stand(person, stages[3])
    go(person)
    assert at_stage(person) == "s2"


def test_a_stage_without_a_sign_is_not_left_backward(person):
    stages = make_ladder({}, NO, {})
    Stage.objects.update(may_go_back=True)
    stand(person, stages[2])
    assert go(person) == []


def test_pinned_people_stay(person):
    first, _second = make_ladder({}, YES)
    stand(person, first, pinned_by=7)
    assert go(person) == []
    set_pin(person_id=person.id, by="user:7", pinned=False)
    assert len(go(person)) == 1


def test_who_was_put_beside_the_ladder_returns_only_when_he_acts_again(person):
    make_ladder({}, YES)
    cold = make_stage("cold-test", 1, is_beside=True, may_go_back=True)
    deed = Activity.objects.create(key="deed-test")
    stand(person, cold, since=AT - timedelta(days=5))
    old = AT - timedelta(days=6)
    Tally.objects.create(person=person, activity=deed, day=old.date(), count=1, first_at=old, last_at=old)
    assert go(person) == []
    Tally.objects.create(person=person, activity=deed, day=AT.date(), count=1, first_at=AT, last_at=AT)
    (move,) = go(person)
    assert (at_stage(person), move.cause) == ("s2", "return")


def test_a_place_that_lets_nobody_back_keeps_him(person):
    make_ladder({}, YES)
    stand(person, make_stage("non-target-test", 1, is_beside=True))
    deed = Activity.objects.create(key="deed-test")
    Tally.objects.create(person=person, activity=deed, day=AT.date(), count=1, first_at=AT, last_at=AT)
    assert go(person) == []


def test_a_sign_of_a_place_beside_wins_but_never_over_a_customer(person):
    first, second = make_ladder({}, {})
    make_stage("lost-test", 1, is_beside=True, sign=YES)
    Stage.objects.filter(id=second.id).update(is_customer=True)
    customer = Person.objects.create(first_name="Customer")
    stand(customer, second)
    stand(person, first)
    go(person, customer)
    assert (at_stage(person), at_stage(customer)) == ("lost-test", "s2")


def test_a_broken_sign_holds_for_nobody(person):
    make_ladder({}, {"field": "gone", "is": "x"})
    go(person)
    assert at_stage(person) == "s1"


def test_moving_by_hand_may_pin_and_says_why(person):
    first, second = make_ladder({}, {})
    stand(person, first)
    move = move_person(
        person_id=person.id, stage=second, cause="hand", by="user:5", why={"words": "Met"}, pin=True, at=AT
    )
    assert (move.by, move.why, Standing.objects.get().pinned_by) == ("user:5", {"words": "Met"}, 5)
    assert ChangeNote.objects.get().cause == "stage"
    assert move_person(person_id=person.id, stage=first, cause="journey", by="journey:1", why={}, at=AT) is None
    assert move_person(person_id=person.id, stage=first, cause="hand", by="user:5", why={}, at=AT) is not None
    assert Standing.objects.get().pinned_by is None


def test_of_two_movers_the_second_does_nothing(person):
    first, second, third = make_ladder({}, {}, {})
    stand(person, first)
    assert queries.put(from_stage=first, to_stage=second, person_ids=[person.id], at=AT) == [person.id]
    assert queries.put(from_stage=first, to_stage=third, person_ids=[person.id], at=AT) == []
    assert at_stage(person) == "s2"


def test_unknown_people_are_left_out():
    stages = make_ladder({}, {})
    assert move_people(person_ids=[1], stage=stages[0], cause="hand", by="user:1", why={}, at=AT) == []
    assert move_by_signs(person_ids=[1], at=AT) == []


def test_thousands_move_in_a_constant_number_of_statements():
    make_ladder({}, NO, YES)
    people = Person.objects.bulk_create(Person(first_name=str(number)) for number in range(3000))
    go(people[-1])  # makes the workspace's row
    with CaptureQueriesContext(connection) as few:
        go(people[0])
    with CaptureQueriesContext(connection) as many:
        assert len(go(*people[1:-1])) == 2998
    assert len(many) <= len(few) + 1 <= 14


def test_a_stage_out_of_use_keeps_nobody_not_even_the_pinned(person):
    old = make_ladder({})[0]
    stand(person, old, pinned_by=7)
    make_stage("new", 1)
    Stage.objects.filter(id=old.id).update(is_active=False)
    (move,) = go(person)
    assert (at_stage(person), move.cause) == ("new", "preset")


MOVES = st.lists(
    st.tuples(st.integers(0, 12), st.integers(0, 2)), min_size=1, max_size=6, unique_by=lambda move: move[0]
)


@given(moves=MOVES, data=st.data())
def test_a_stage_s_past_is_told_by_the_time_of_the_moves(moves, data):
    """Whatever the order in which they arrive, the last move of a moment says where the person stood."""
    with transaction.atomic():
        person = Person.objects.create(first_name="Ольга")
        ladder = make_ladder({}, {}, {})
        arriving = data.draw(st.permutations(moves))
        for minute, place in arriving:
            move_person(
                person_id=person.id, stage=ladder[place], cause="import", by="", why={},
                at=AT + timedelta(minutes=minute),
            )  # fmt: skip
        rows = list(StageMove.objects.filter(person=person).order_by("at", "id"))
        assert [row.from_stage_id for row in rows] == [None, *(row.to_stage_id for row in rows[:-1])]
        assert Standing.objects.get(person=person).stage_id == rows[-1].to_stage_id
        for minute in data.draw(st.sets(st.integers(0, 12), min_size=2, max_size=2)):
            at = AT + timedelta(minutes=minute)
            said = [place for when, place in sorted(moves) if when <= minute]
            asking = Asking(registry.people(), at, of_past=True)
            for number, stage in enumerate(ladder):
                holds = ask(read_json({"stage": stage.key}, asking.vocabulary), asking)
                stood = Person.objects.filter(holds, pk=person.pk).exists()
                assert stood == (bool(said) and said[-1] == number), (minute, number)
        transaction.set_rollback(True)


def test_signs_move_after_what_a_colleague_did_meanwhile(person):
    """A batch that began before a colleague's move writes its own after it: past and present say the same."""
    first, second, third = make_ladder({}, NO, YES)
    move_person(person_id=person.id, stage=second, cause="hand", by="user:1", why={}, at=AT + timedelta(seconds=2))
    (move,) = go(person)
    assert (move.from_stage_id, move.to_stage_id, move.at) == (second.id, third.id, AT + timedelta(seconds=2))
    assert StageMove.objects.order_by("at", "id").last().to_stage_id == Standing.objects.get().stage_id
