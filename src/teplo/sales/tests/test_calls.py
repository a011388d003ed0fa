"""A noted call stands on the card, counts as a deed, and answers a waiting hand-off."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from teplo.kit.clock import now
from teplo.people.merging import merge_people
from teplo.people.personal_data import erase_people
from teplo.people.testing import make_person
from teplo.sales.calls import CallToCome, log_call
from teplo.sales.finishing import OutcomeUnknown
from teplo.sales.models import Call, HandOff
from teplo.tracking.models import InboxRow

pytestmark = pytest.mark.django_db


def told() -> list[dict[str, str]]:
    return [event for row in InboxRow.objects.order_by("pk") for event in json.loads(bytes(row.payload))]


@pytest.mark.parametrize(
    ("direction", "outcome", "events"),
    [
        ("out", "reached", ["call-answered"]),
        ("in", "agreed", ["call-answered"]),
        ("out", "no-answer", ["call-missed"]),
        ("in", "no-answer", []),
        ("out", "wrong-contact", []),
    ],
)
def test_a_talk_is_a_deed_of_the_person(direction: str, outcome: str, events: list[str]) -> None:
    log_call(person_id=make_person().pk, direction=direction, outcome=outcome, by=1)
    assert [event["name"] for event in told()] == events


def test_a_call_of_yesterday_happened_yesterday() -> None:
    moment = now() - timedelta(days=1)
    log_call(person_id=make_person().pk, direction="out", outcome="reached", by=1, at=moment)
    assert Call.objects.get().at == moment
    assert told()[0]["at"] == int(moment.timestamp() * 1000)


def test_a_talk_is_the_first_contact_of_a_hand_off() -> None:
    person = make_person()
    HandOff.objects.create(person=person, cause="hot", state="accepted", assignee_id=1, answer_until=now())
    log_call(person_id=person.pk, direction="out", outcome="no-answer", by=1)
    assert HandOff.objects.get().first_contact_at is None
    log_call(person_id=person.pk, direction="out", outcome="reached", by=1)
    assert HandOff.objects.get().first_contact_at is not None


def test_what_makes_no_sense_is_refused() -> None:
    person = make_person()
    for changes in ({"outcome": "sold-a-boat"}, {"outcome": "done"}, {"direction": "sideways"}):
        with pytest.raises(OutcomeUnknown):
            log_call(**{"person_id": person.pk, "direction": "out", "outcome": "reached", "by": 1, **changes})
    with pytest.raises(CallToCome):
        log_call(person_id=person.pk, direction="out", outcome="reached", by=1, at=now() + timedelta(hours=1))
    assert not Call.objects.exists()


def test_calls_go_with_a_merge_and_lose_their_words_when_erased() -> None:
    olga, other = make_person(), make_person()
    log_call(person_id=other.pk, direction="in", outcome="reached", note="жена Ирина", by=1)
    merge_people(winner_id=olga.pk, loser_id=other.pk, reason="hand", by="user:1")
    assert Call.objects.get().person_id == olga.pk
    erase_people(person_ids=[olga.pk], by="user:1")
    assert (Call.objects.get().note, Call.objects.get().outcome) == ("", "reached")
