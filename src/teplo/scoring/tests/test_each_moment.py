"""Many people, each at a moment of his own, get the points that the statement gives each of them at that moment."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from teplo.kit.testing import examples
from teplo.scoring.each_moment import EachMoment, MomentTangled, as_columns
from teplo.scoring.rules import Rules
from teplo.scoring.statement import Scope, Sql, compile_rules
from teplo.scoring.tests.past_world import make_past_world, moments, tables

pytestmark = pytest.mark.django_db
QUIETLY = settings(
    max_examples=examples(15),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@pytest.fixture
def world(db):
    return make_past_world()


def sample_of(moments_of: dict[int, datetime]) -> Sql:
    """A sample made of given moments."""
    rows = " UNION ALL ".join(
        "SELECT CAST(%s AS bigint) AS person_id, " + ("%s" if connection.vendor == "sqlite" else "%s::timestamptz")
        + " AS at" for _ in moments_of
    )  # fmt: skip
    params = [
        value for person, at in moments_of.items() for value in (person, connection.ops.adapt_datetimefield_value(at))
    ]
    return Sql(rows, tuple(params))


def run(sql: Sql) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql.text, sql.params)
        return cursor.fetchall()


def one_by_one(rules: Rules, moments_of: dict[int, datetime]) -> dict[int, list[int]]:
    found = {}
    for person, at in moments_of.items():
        compilation = compile_rules(rules=rules, scope=Scope(ids=(person,)), at=at, is_past=True, by_hand=False)
        found[person] = [int(points) for points in run(compilation.parts())[0][2:]]
    return found


@QUIETLY
@given(data=st.data())
def test_everybody_gets_at_his_moment_what_the_statement_gives_him_then(world, data):
    people, activities = world
    draft, live = data.draw(tables(activities)), data.draw(tables(activities))
    moments_of = {person.pk: data.draw(moments()) for person in people}
    scope = Scope(first=people[0].pk, last=people[-1].pk)
    each = EachMoment(tables=(draft, live), sample=sample_of(moments_of), scope=scope)
    totals = {row[0]: [int(total) for total in row[1:]] for row in run(each.totals())}
    by_hand = [one_by_one(rules, moments_of) for rules in (draft, live)]
    assert totals == {person: [sum(points[person]) for points in by_hand] for person in moments_of}
    size = len(draft.criteria)
    split = {row[0]: [int(points) for points in row[1:]] for row in run(each.parts())}
    assert {person: row[:size] for person, row in split.items()} == by_hand[0]
    assert {person: row[size:] for person, row in split.items()} == by_hand[1]


@QUIETLY
@given(data=st.data())
def test_at_one_moment_for_all_it_is_the_statement_over_a_range(world, data):
    people, activities = world
    table, at = data.draw(tables(activities)), data.draw(moments())
    scope = Scope(first=people[0].pk, last=people[-1].pk)
    each = EachMoment(tables=(table,), sample=sample_of({person.pk: at for person in people}), scope=scope)
    whole = compile_rules(rules=table, scope=scope, at=at, is_past=True, by_hand=False).total()
    assert sorted(run(each.totals())) == sorted((row[0], row[2] + row[3]) for row in run(whole))


def test_what_depends_on_the_moment_in_an_unknown_way_is_refused():
    with pytest.raises(MomentTangled):
        as_columns(lambda at: ("SELECT %s", (at.hour,)), zone=UTC)
    with pytest.raises(MomentTangled):
        as_columns(lambda at: ("SELECT 1" * at.day, ()), zone=UTC)
