"""What follows from events and from changes by hand: score, stage, segment, hand-off, letters' reactions."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from teplo.channels.models import Delivery
from teplo.kit.clock import now
from teplo.kit.ids import new_id
from teplo.people.changing import note_changed
from teplo.people.models import ChangeNote, Segment, SegmentMember
from teplo.people.testing import make_person
from teplo.pipeline import noting, steps, working
from teplo.sales.models import HandOff
from teplo.scoring.models import Criterion, Score, ScoreTable
from teplo.stages.models import Standing
from teplo.tracking.models import Activity, Event
from teplo.tracking.testing import put_event

pytestmark = pytest.mark.django_db


def take_all() -> None:
    while working.run_once("test"):
        pass


@pytest.fixture
def table() -> ScoreTable:
    ScoreTable.objects.filter(state="live").update(state="retired")
    table = ScoreTable.objects.create(name="T", state="live", warm_from=5, hot_from=20)
    order = Activity.objects.get(key="order-form-filled").pk
    Criterion.objects.create(table=table, side="behaviour", name="order", activity_id=order, points=25)
    city = {"field": "city", "is": "Киев"}
    Criterion.objects.create(table=table, side="fit", name="city", condition=city, points=7)
    return table


def test_a_deed_scores_moves_and_hands_over_at_once(table: ScoreTable) -> None:
    put_event(visitor=None, identities={"email": "olga@example.com"}, name="order-form-filled")
    take_all()
    score = Score.objects.get()
    assert (score.total, score.temperature) == (25, "hot")
    assert Standing.objects.filter(person=score.person_id).exists()
    assert HandOff.objects.get().person_id == score.person_id


def test_a_hot_stranger_is_not_handed_over(table: ScoreTable) -> None:
    put_event(visitor="v", name="order-form-filled")
    take_all()
    assert Score.objects.get().temperature == "hot"
    assert not HandOff.objects.exists()


def test_a_change_by_hand_is_scored_and_the_note_is_gone(table: ScoreTable) -> None:
    person = make_person(city="Киев")
    note_changed([person.id], "attribute")
    assert noting.run_once("test") == 1
    assert Score.objects.get(person=person).total == 7
    assert not ChangeNote.objects.exists()
    assert noting.run_once("test") == 0


def test_a_note_nobody_can_take_does_not_hold_up_the_others(table: ScoreTable, monkeypatch: pytest.MonkeyPatch) -> None:
    people = [make_person(city="Киев") for _ in range(5)]
    bad = people[2].id

    def bite(batch: Any) -> None:
        if bad in batch.people:
            raise ZeroDivisionError

    monkeypatch.setattr(steps, "FROM_SCORE", (*steps.FROM_SCORE, ("bite", bite)))
    note_changed([person.id for person in people], "attribute")
    assert noting.run_once("test") == 5
    assert set(Score.objects.values_list("person_id", flat=True)) == {person.id for person in people} - {bad}
    assert not ChangeNote.objects.exists()


def test_kept_segments_follow_events() -> None:
    segment = Segment.objects.create(name="Readers", condition={"did": "page-viewed"}, is_kept=True)
    put_event(visitor=None, identities={"email": "olga@example.com"})
    take_all()
    assert SegmentMember.objects.get().segment_id == segment.pk


def letter(person_id: int, **changes: Any) -> Delivery:
    values = {
        "person_id": person_id,
        "id": new_id(),
        "channel": "email",
        "state": "sent",
        "sent_at": now() - timedelta(hours=1),
    }
    return Delivery.objects.create(**{**values, **changes})


def react(delivery: Delivery, name: str, **changes: Any) -> None:
    put_event(
        visitor=None,
        person=str(delivery.person_id),
        name=name,
        origin="own",
        properties={"delivery": str(delivery.id), "url": "https://x.example/a"},
        **changes,
    )
    take_all()


def test_the_first_human_open_stays_with_the_delivery() -> None:
    delivery = letter(make_person().id)
    react(delivery, "letter-opened", user_agent="Mozilla/5.0")
    delivery.refresh_from_db()
    assert delivery.opened_at is None
    react(delivery, "letter-opened", user_agent="Mozilla/5.0 (Windows NT 10.0) Chrome/120.0")
    delivery.refresh_from_db()
    first = delivery.opened_at
    assert first is not None
    react(delivery, "letter-opened", user_agent="Mozilla/5.0 (Windows NT 10.0) Chrome/120.0")
    delivery.refresh_from_db()
    assert delivery.opened_at == first
    assert Event.objects.filter(label="machine").count() == 1


def test_a_click_proves_an_open() -> None:
    delivery = letter(make_person().id)
    react(delivery, "letter-clicked")
    delivery.refresh_from_db()
    assert delivery.clicked_at is not None and delivery.opened_at is not None


def test_a_scanner_that_clicks_at_once_counts_for_nothing() -> None:
    delivery = letter(make_person().id, sent_at=now())
    react(delivery, "letter-clicked")
    delivery.refresh_from_db()
    assert delivery.clicked_at is None
    assert Event.objects.get().label == "suspect"
