"""A person's story is one line over all tables, paged by time."""

from datetime import UTC, datetime, timedelta

import pytest

from teplo.channels.models import Delivery
from teplo.insights.person_story import PARTS, points_by_day, read_story
from teplo.people.attributes import Change, set_attributes
from teplo.people.consent import ConsentWord, record_consents
from teplo.people.models import AttributeChange
from teplo.people.testing import make_person
from teplo.sales.models import Deal, Task
from teplo.scoring.models import ScoreChange, ScoreTable
from teplo.stages.models import Stage, StageMove
from teplo.tracking.models import Event

pytestmark = pytest.mark.django_db
AT = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def olga():
    olga, other = make_person(), make_person()
    stage = Stage.objects.create(key="test-pal", position=90)
    table = ScoreTable.objects.create(name="T")
    for person in (olga, other):
        for n in range(40):
            at = AT + timedelta(minutes=n // 4)  # four at a moment
            Event.objects.create(person=person, name="page-viewed", at=at, received_at=at, origin="site:1")
        for n in range(5):
            at = AT + timedelta(minutes=n)
            AttributeChange.objects.create(person=person, key="city", new=n, at=at, by="user:1")
            Delivery.objects.create(person=person, channel="email", state="sent", created_at=AT, sent_at=at)
            StageMove.objects.create(person=person, to_stage=stage, cause="sign", at=at)
            ScoreChange.objects.create(
                person=person, table=table, cause="activity", fit=0, behaviour=n, total=n + 1, total_before=n, at=at,
                temperature="warm" if n == 3 else "cold", temperature_before="cold",
            )  # fmt: skip
        Task.objects.create(person=person, title="Call", due_at=AT, created_at=AT)
        Deal.objects.create(person=person, title="Roof", opened_at=AT)
        record_consents([ConsentWord(person.id, "email", at=AT)])
        Event.objects.create(person=person, name="letter-sent", at=AT, received_at=AT, origin="own")
        Delivery.objects.create(person=person, channel="email", state="queued", created_at=AT)
    return olga


def walk(person, part="all", limit=7):
    place, told = "", []
    for _ in range(99):
        page = read_story(person_id=person.id, before=place, part=part, limit=limit)
        told += page.moments
        place = page.further
        if not place:
            return told
    raise AssertionError("the story never ends")


@pytest.mark.parametrize("limit", [1, 2, 7, 60, 500])
def test_walking_back_tells_everything_once_and_in_order(olga, limit):
    told = walk(olga, limit=limit)
    keys = [(moment.source, moment.row.pk) for moment in told]
    assert len(set(keys)) == len(keys) == 40 + 5 + 5 + 5 + 1 + 1 + 1 + 1
    assert [moment.at for moment in told] == sorted((moment.at for moment in told), reverse=True)
    assert {moment.row.person_id for moment in told} == {olga.id}


def test_points_of_a_day_are_summed_and_only_turns_of_warmth_are_told(olga):
    assert [moment.row.total for moment in walk(olga) if moment.source == "score"] == [4]
    days = points_by_day(person_id=olga.id, since=AT, until=AT + timedelta(days=1), zone=UTC)
    assert days == {AT.date(): 5}


@pytest.mark.parametrize("part", PARTS)
def test_a_part_may_be_looked_at_alone(olga, part):
    assert {moment.source for moment in walk(olga, part)} <= set(PARTS[part])


def test_a_place_that_cannot_be_read_is_the_newest(olga):
    newest = read_story(person_id=olga.id, limit=3).moments
    for place in ("nonsense", "[1]", '["2026-01-01","event","1"]', '["2026-01-01T00:00:00Z","cat","1"]'):
        assert read_story(person_id=olga.id, before=place, limit=3).moments == newest


def test_a_page_costs_one_statement_per_source(olga, django_assert_num_queries):
    with django_assert_num_queries(18):
        read_story(person_id=olga.id)


def test_what_was_only_said_again_is_not_told():
    olga = make_person(city="Киев")
    set_attributes([Change(olga.id, "city", "Киев", AT)], by="form")
    set_attributes([Change(olga.id, "city", "Львів", AT + timedelta(days=1))], by="form")
    told = [moment.row.new for moment in read_story(person_id=olga.id, part="card").moments]
    assert told == ["Львів"]
    assert AttributeChange.objects.count() == 2
