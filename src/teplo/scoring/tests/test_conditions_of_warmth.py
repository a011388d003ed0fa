"""What conditions over score, profile and temperature answer, now and in the past."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from teplo.conditions import registry
from teplo.conditions.compiling import to_q
from teplo.conditions.reading import read_json
from teplo.people.models import Person
from teplo.people.testing import make_person
from teplo.scoring.models import Score, ScoreChange
from teplo.scoring.testing import make_table

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def people() -> None:
    """hot: 10 points five days ago, 30 since yesterday; minus: −5; unscored: no row at all."""
    table = make_table()
    for name, history in {
        "hot": [(10, "warm", "", 5), (30, "hot", "ideal", 1)],
        "minus": [(-5, "cold", "unacceptable", 3)],
        "unscored": [],
    }.items():
        person = make_person(first_name=name)
        for total, temperature, grade, days in history:
            at = NOON - timedelta(days=days)
            now = {"fit": 4, "behaviour": total - 4, "total": total, "grade": grade, "temperature": temperature}
            ScoreChange.objects.create(person=person, at=at, table=table, cause="activity", total_before=0, **now)
            Score.objects.update_or_create(person=person, defaults={**now, "changed_at": at})


def who(data: Any, *, as_of: datetime | None = None) -> set[str]:
    vocabulary = registry.people()
    q = to_q(read_json(data, vocabulary), vocabulary, as_of=as_of)
    found = set(Person.objects.filter(q).values_list("first_name", flat=True))
    assert set(Person.objects.filter(~q).values_list("first_name", flat=True)) == {"hot", "minus", "unscored"} - found
    return found


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ({"score": {"at_least": 30}}, {"hot"}),
        ({"score": {"at_least": 0}}, {"hot", "unscored"}),
        ({"score": {"at_most": 0}}, {"minus", "unscored"}),
        ({"score": {"greater": 0}}, {"hot"}),
        ({"score": {"less": 0}}, {"minus"}),
        ({"score": {"between": [-5, 0]}}, {"minus", "unscored"}),
        ({"score": 0}, {"unscored"}),
        ({"score": {"is_not": 0}}, {"hot", "minus"}),
        ({"fit": 4}, {"hot", "minus"}),
        ({"behaviour": {"at_least": 26}}, {"hot"}),
        ({"temperature": "hot"}, {"hot"}),
        ({"temperature": "cold"}, {"minus", "unscored"}),
        ({"temperature": {"is_not": "cold"}}, {"hot"}),
        ({"temperature": ["warm", "hot"]}, {"hot"}),
        ({"grade": "ideal"}, {"hot"}),
        ({"grade": {"is_not": "ideal"}}, {"minus", "unscored"}),
        ({"grade": {"is_set": False}}, {"unscored"}),
    ],
)
def test_the_unscored_have_no_points_and_are_cold(data: Any, expected: set[str]) -> None:
    assert who(data) == expected


@pytest.mark.parametrize(
    ("days", "data", "expected"),
    [
        (2, {"score": 10}, {"hot"}),
        (2, {"temperature": "hot"}, set()),
        (2, {"temperature": "warm"}, {"hot"}),
        (4, {"score": 0}, {"minus", "unscored"}),
        (9, {"temperature": "cold"}, {"hot", "minus", "unscored"}),
        (2, {"grade": {"is_set": True}}, {"minus"}),
    ],
)
def test_the_past_is_asked_of_the_changes(days: int, data: Any, expected: set[str]) -> None:
    assert who(data, as_of=NOON - timedelta(days=days)) == expected
