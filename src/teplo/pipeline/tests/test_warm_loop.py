"""One person through the whole warm loop: he acts, enters a segment, is written to, turns hot, sales knows."""

import pytest

from teplo.accounts.testing import make_user
from teplo.channels.models import Delivery
from teplo.content.models import Template
from teplo.journeys.models import Enrolment, Journey, JourneyVersion
from teplo.journeys.publishing import publish
from teplo.journeys.stepping import tick
from teplo.people.models import Identity, Segment, SegmentMember
from teplo.pipeline import working
from teplo.sales.models import HandOff, Task
from teplo.scoring.models import Criterion, Score, ScoreChange, ScoreTable, TableState
from teplo.stages.models import Standing
from teplo.tracking.inbox import put_events
from teplo.tracking.models import Activity, InboxRow

pytestmark = pytest.mark.django_db


def act(*events):
    put_events([{"visitor": "v-olga", **event} for event in events], origin="site:1")
    while working.run_once("test"):
        pass


def begin_journey():
    segment = Segment.objects.create(
        name="Prices twice", condition={"did": "key-page-viewed", "at_least": 2, "within": "7d"}
    )
    template = Template.objects.create(name="Hello", subject="Hello", body="<p>Hello</p>")
    journey = Journey.objects.create(name="Welcome")
    JourneyVersion.objects.create(
        journey=journey,
        number=1,
        trigger={"kind": "segment", "segment": segment.pk},
        steps=[{"key": "letter", "kind": "send-email", "template": template.pk, "next": None}],
    )
    publish(journey=journey)
    return segment


def give_points():
    ScoreTable.objects.filter(state=TableState.LIVE).update(state=TableState.RETIRED)
    table = ScoreTable.objects.create(name="t", state=TableState.LIVE, warm_from=5, hot_from=12)
    page, offer = (Activity.objects.get(key=key).pk for key in ("key-page-viewed", "offer-requested"))
    Criterion.objects.create(
        table=table, side="behaviour", name="Prices", activity_id=page, points=3, is_per_time=True, cap=6
    )
    Criterion.objects.create(table=table, side="behaviour", name="Offer", activity_id=offer, points=10)


def test_a_stranger_becomes_a_task_for_sales():
    seller = make_user(role="salesperson")
    segment = begin_journey()
    give_points()
    page = {"name": "page-viewed", "url": "https://example.com/prices"}
    act({**page, "id": "1", "identities": {"email": "olga@example.com"}})
    [score] = Score.objects.all()
    assert (score.total, score.temperature) == (3, "cold")
    assert not SegmentMember.objects.exists()

    act({**page, "id": "2"})
    [score] = Score.objects.all()
    assert (score.total, score.temperature) == (6, "warm")
    assert list(SegmentMember.objects.values_list("person_id", "segment_id")) == [(score.person_id, segment.pk)]
    assert Enrolment.objects.get().person_id == score.person_id
    tick(owner="test")
    assert Delivery.objects.get().person_id == score.person_id
    assert not HandOff.objects.exists()

    act({"name": "offer-requested", "id": "3", "identities": {"phone": "+380441112233"}})
    assert set(Identity.objects.values_list("kind", "person_id")) == {
        (kind, score.person_id) for kind in ("visitor", "email", "phone")
    }
    assert ScoreChange.objects.filter(temperature="hot", temperature_before="warm").count() == 1
    hand_off = HandOff.objects.get()
    assert (hand_off.person_id, hand_off.assignee_id) == (score.person_id, seller.pk)
    assert Task.objects.get(kind="answer-hot").assignee_id == seller.pk
    assert Standing.objects.get().stage.key == "pal"
    assert not InboxRow.objects.exists()


def test_the_same_events_again_change_nothing():
    make_user(role="salesperson")
    begin_journey()
    give_points()
    events = [{"name": "page-viewed", "url": "https://example.com/prices", "id": str(n)} for n in range(3)]
    events[0]["identities"] = {"email": "olga@example.com"}
    act(*events)
    before = list(Score.objects.values_list("person_id", "total"))
    act(*events)
    act(events[0], events[0])
    assert list(Score.objects.values_list("person_id", "total")) == before
    assert Enrolment.objects.count() == 1
