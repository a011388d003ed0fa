"""What conditions over stages answer, now and in the past."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from teplo.conditions import registry
from teplo.conditions.compiling import to_q
from teplo.conditions.reading import ConditionError, read_json
from teplo.kit.clock import at_moment
from teplo.people.models import Person
from teplo.people.testing import make_person
from teplo.stages.models import Stage, StageMove, Standing
from teplo.stages.testing import make_stage

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def people() -> Any:
    """pal: came to x2 ten days ago, to x3 two days ago; new: at x1 since a day; lost: beside; none: never stood."""
    Stage.objects.update(is_active=False)
    first, second, third = (make_stage(f"x{number}", number) for number in (1, 2, 3))
    lost = make_stage("x-lost", 9, is_beside=True)
    with at_moment(NOON):
        for name, moves in {
            "pal": [(second, 10), (third, 2)],
            "new": [(first, 1)],
            "lost": [(third, 9), (lost, 5)],
            "none": [],
        }.items():
            person = make_person(first_name=name)
            for stage, days in moves:
                at = NOON - timedelta(days=days)
                StageMove.objects.create(person=person, to_stage=stage, at=at, cause="hand")
                Standing.objects.update_or_create(person=person, defaults={"stage": stage, "since": at})
        yield


def who(data: Any, *, as_of: datetime | None = None) -> set[str]:
    vocabulary = registry.people()
    q = to_q(read_json(data, vocabulary), vocabulary, as_of=as_of)
    found = set(Person.objects.filter(q).values_list("first_name", flat=True))
    assert set(Person.objects.filter(~q).values_list("first_name", flat=True)) == {"pal", "new", "lost", "none"} - found
    return found


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ({"stage": "x3"}, {"pal"}),
        ({"stage": ["x3", "x-lost"]}, {"pal", "lost"}),
        ({"stage": {"is_not": "x3"}}, {"new", "lost", "none"}),
        ({"stage": {"not_in": ["x3", "x1"]}}, {"lost", "none"}),
        ({"stage": {"at_or_after": "x2"}}, {"pal"}),
        ({"stage": "x1", "at_or_after": True}, {"pal", "new"}),
        ({"stage": {"is_set": False}}, {"none"}),
        ({"field": "stage_since", "older_than": "2d"}, {"pal", "lost"}),
        ({"field": "stage_since", "within": "2d"}, {"new"}),
        ({"field": "stage_ever", "has": "x3"}, {"pal", "lost"}),
        ({"field": "stage_ever", "has_not": "x3"}, {"new", "none"}),
    ],
)
def test_a_stage_is_asked_of_where_people_stand(data: Any, expected: set[str]) -> None:
    assert who(data) == expected


@pytest.mark.parametrize(
    ("days", "data", "expected"),
    [
        (3, {"stage": "x2"}, {"pal"}),
        (3, {"stage": "x3"}, set()),
        (8, {"stage": "x3"}, {"lost"}),
        (8, {"stage": {"is_set": False}}, {"new", "none"}),
        (8, {"stage": {"at_or_after": "x2"}}, {"pal", "lost"}),
        (4, {"field": "stage_since", "within": "5d"}, {"lost"}),
        (8, {"field": "stage_ever", "has": "x-lost"}, set()),
    ],
)
def test_the_past_is_asked_of_the_moves(days: int, data: Any, expected: set[str]) -> None:
    assert who(data, as_of=NOON - timedelta(days=days)) == expected


def test_a_stage_out_of_use_cannot_be_named_anew_but_stored_conditions_live_on() -> None:
    Stage.objects.filter(key="x2").update(is_active=False)
    vocabulary = registry.people()
    with pytest.raises(ConditionError):
        read_json({"stage": "x2"}, vocabulary)
    read_json({"stage": "x2"}, vocabulary, of_known_values=False)
