"""A worker that dies anywhere in a tick neither loses a step nor does one twice, whatever the graph."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from teplo.channels.models import Delivery
from teplo.journeys.models import Enrolment, Journey, StepPass
from teplo.journeys.stepping import LEASE, tick
from teplo.journeys.testing import make_journey, make_people, place
from teplo.kit.clock import at_moment
from teplo.kit.testing import examples
from teplo.people.models import Person
from teplo.sales.models import Task

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
KINDS: dict[str, dict[str, Any]] = {
    "letter": {"kind": "send-email", "template": 1},
    "task": {"kind": "add-task", "title": "Call"},
    "wait": {"kind": "wait", "for": {"days": 1}},
    "note": {"kind": "set-attribute", "attribute": "city", "value": "Київ"},
    "fork": {"kind": "branch", "condition": {"field": "city", "is": "Москва"}},
}


class Killed(BaseException):
    """The process is gone at this statement."""


@contextmanager
def killed_at(statement: int) -> Iterator[None]:
    """Die at the n-th statement from now (also at the commit); what was not committed is rolled back."""
    left = statement

    def count(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        nonlocal left
        left -= 1
        if left == 0:
            raise Killed
        return execute(sql, params, many, context)

    with connection.execute_wrapper(count):
        yield


@st.composite
def graphs(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Steps that lead forward only, so that every walk ends."""
    kinds = draw(st.lists(st.sampled_from(sorted(KINDS)), min_size=1, max_size=7))
    steps: list[dict[str, Any]] = []
    for number, kind in enumerate(kinds):
        step: dict[str, Any] = {"key": f"s{number}", **KINDS[kind]}
        following = f"s{number + 1}" if number + 1 < len(kinds) else None
        later = [None, *(f"s{n}" for n in range(number + 1, len(kinds)))]
        if kind == "fork":
            step |= {"yes": following, "no": draw(st.sampled_from(later))}
        else:
            step["next"] = following
        steps.append(step)
    return steps


def people_at_the_start(journey: Journey) -> list[int]:
    people = make_people(2, city="Москва") + make_people(2, city="Київ")
    place(journey, people, step="s0", due_at=NOON)
    return people


def run(kills: list[int]) -> None:
    """Tick until everybody has ended; the first ticks die at the given statements."""
    moment, left = NOON, list(kills)
    for _ in range(200):
        with at_moment(moment):
            if left:
                try:
                    with killed_at(left.pop(0)):
                        tick(owner="mortal", limit=3)
                except Killed:
                    assert not connection.needs_rollback
            else:
                while tick(owner="immortal", limit=3):
                    pass
                if not Enrolment.objects.filter(state="active").exists():
                    return
        moment += LEASE + timedelta(hours=7)
    raise AssertionError("somebody never came to the end")


def deeds(people: list[int]) -> list[tuple[Any, ...]]:
    """What was done for whom, by place in the list of people, so that two runs can be compared."""
    number = {person: n for n, person in enumerate(people)}
    found = [
        (name, number[row["person_id"]], row["step"], row["pass_number"])
        for name, model in (("letter", Delivery), ("task", Task), ("pass", StepPass))
        for row in model.objects.values("person_id", "step", "pass_number")
    ]
    ends = [("end", number[row.person_id], row.state, row.pass_number) for row in Enrolment.objects.all()]
    cities = [("city", number[person.pk], person.city, 0) for person in Person.objects.filter(pk__in=people)]
    return sorted(found + ends + cities)


@contextmanager
def undone() -> Iterator[None]:
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


@settings(max_examples=examples(60), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=graphs(), kills=st.lists(st.integers(min_value=1, max_value=30), max_size=8))
def test_random_graphs_and_random_deaths_do_every_step_exactly_once(
    steps: list[dict[str, Any]], kills: list[int]
) -> None:
    outcomes = []
    for deaths in ([], kills):
        with undone():
            people = people_at_the_start(make_journey(*steps))
            run(deaths)
            outcomes.append(deeds(people))
    assert outcomes[0] == outcomes[1]


LINE = [
    {"key": "s0", **KINDS["letter"], "next": "s1"},
    {"key": "s1", **KINDS["task"], "next": "s2"},
    {"key": "s2", **KINDS["wait"], "next": "s3"},
    {"key": "s3", **KINDS["letter"], "next": None},
]


@pytest.mark.parametrize("statement", range(1, 22))
def test_a_death_at_each_single_statement_repeats_nothing(statement: int) -> None:
    people = people_at_the_start(make_journey(*LINE))
    run([statement, statement])
    assert Delivery.objects.count() == 2 * len(people)
    assert Task.objects.count() == len(people)
    assert StepPass.objects.count() == 4 * len(people)
    assert set(Enrolment.objects.values_list("state", flat=True)) == {"done"}
