from datetime import UTC, date, datetime, timedelta

import pytest

from teplo.people.models import Person
from teplo.scoring.models import Profile, ScoreTable
from teplo.tracking.models import Activity, Tally

AT = datetime(2026, 3, 31, 12, tzinfo=UTC)
TODAY = AT.date()


@pytest.fixture
def person(db):
    return Person.objects.create(first_name="Ольга", city="Москва", created_at=AT)


@pytest.fixture
def deed(db):
    return Activity.objects.create(key="visited-prices-test", names={"en": "Visited prices"})


def tally(person, activity, times=1, *, days_ago=0):
    day: date = TODAY - timedelta(days=days_ago)
    at = AT - timedelta(days=days_ago)
    return Tally.objects.create(
        person_id=person.id, activity_id=activity.id, day=day, count=times, first_at=at, last_at=at
    )


@pytest.fixture(autouse=True)
def nothing_installed(request):
    """Tests bring their own tables: what the first migration installs is taken away."""
    if request.node.get_closest_marker("django_db"):
        request.getfixturevalue("db")
        ScoreTable.objects.all().delete()
        Profile.objects.all().delete()
