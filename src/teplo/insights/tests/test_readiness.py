from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from teplo.insights.origins import details, origins
from teplo.insights.readiness import readiness, ready_now
from teplo.kit.ids import new_id
from teplo.people.models import Person
from teplo.sales.models import Deal
from teplo.scoring.models import Score
from teplo.stages.models import Stage, Standing
from teplo.tracking.models import Acquisition

pytestmark = pytest.mark.django_db
AT = datetime(2026, 3, 31, 12, tzinfo=UTC)


def come(*, days_ago=5, grade=None, heat="cold", source="paid", detail="", anonymous=False, stage=None, won=None):
    at = AT - timedelta(days=days_ago)
    person = Person.objects.create(created_at=at, is_anonymous=anonymous)
    if grade is not None:
        Score.objects.create(person=person, grade=grade, temperature=heat)
    Acquisition.objects.create(
        person=person, first_source=source, first_detail=detail, first_at=at, last_source=source, last_at=at
    )
    if stage:
        Standing.objects.create(person=person, stage=Stage.objects.get(key=stage), since=at)
    if won:
        Deal.objects.create(person=person, id=new_id(), title="x", state="won", amount=won)
    return person


def test_newcomers_are_shared_out_by_profile_and_temperature():
    come(grade="ideal", heat="hot")
    come(grade="ideal")
    come(grade="unacceptable", heat="hot")
    come()
    come(days_ago=100, grade="ideal", heat="hot")
    come(anonymous=True)
    shown = readiness(at=AT, days=30)
    assert (shown.people, shown.share("ideal"), shown.share("")) == (4, 0.5, 0.25)
    assert (shown.ready, shown.ready_and_fitting) == (2, 1)
    assert ready_now() == 3


def test_nobody_has_no_shares():
    assert readiness(at=AT, days=30).share("ideal") is None


def test_sources_say_what_became_of_their_people():
    come(source="paid", grade="", heat="warm", detail="spring")
    come(source="paid", anonymous=True, detail="spring")
    come(source="paid", stage="close-friend", won=Decimal(100), detail="summer")
    come(source="organic")
    come(source="organic", days_ago=90, won=Decimal(5))
    paid, organic = origins(at=AT, days=30)
    assert (paid.source, paid.people, paid.known, paid.warm, paid.customers, paid.won) == ("paid", 3, 2, 1, 1, 100)
    assert (organic.people, organic.won, organic.share_customers) == (1, 0, 0.0)
    assert [(line.detail, line.people, line.won) for line in details(source="paid", at=AT, days=30)] == [
        ("spring", 2, 0),
        ("summer", 1, 100),
    ]
