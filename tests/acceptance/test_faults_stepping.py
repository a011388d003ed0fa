"""Workers killed with -9 in the middle of journeys: no step lost, none done twice (ARCHITECTURE §8)."""

from __future__ import annotations

import random
import time
from pathlib import Path

import pytest

from tests.acceptance.installation import Installation, kill, make_installation, wait_for

pytestmark = [pytest.mark.acceptance, pytest.mark.faults]

PEOPLE = 6_000
KILLS = 25
STEPS = 7
_FILL = f"""
import django; django.setup()
from teplo.content.testing import make_template
from teplo.journeys.enrolling import enrol_people
from teplo.journeys.models import Journey, JourneyVersion
from teplo.journeys.publishing import publish
from teplo.kit.clock import now
from teplo.kit.ids import new_ids
from teplo.people.models import Person
ids = sorted(new_ids({PEOPLE}))
Person.objects.bulk_create([Person(id=i, first_name="Ольга", city="Москва") for i in ids])
template = make_template().pk
in_kyiv = {{"field": "city", "is": "Київ"}}
steps = [
    {{"key": "first", "kind": "send-email", "template": template, "next": "move"}},
    {{"key": "move", "kind": "set-attribute", "attribute": "city", "value": "Київ", "next": "moved"}},
    {{"key": "moved", "kind": "branch", "condition": in_kyiv, "yes": "second", "no": "wrong"}},
    {{"key": "wrong", "kind": "end", "reason": "wrong"}},
    {{"key": "second", "kind": "send-email", "template": template, "next": "back"}},
    {{"key": "back", "kind": "set-attribute", "attribute": "city", "value": "Москва", "next": "again"}},
    {{"key": "again", "kind": "branch", "condition": in_kyiv, "yes": "wrong", "no": "call"}},
    {{"key": "call", "kind": "add-task", "title": "Call", "next": None}},
]
journey = Journey.objects.create(name="Kills")
JourneyVersion.objects.create(journey=journey, number=1, trigger={{"kind": "hand"}}, steps=steps)
publish(journey=journey)
assert enrol_people(journey=journey, person_ids=ids, at=now()) == {PEOPLE}
"""


@pytest.mark.parametrize("seed", [7])
def test_killed_workers_neither_lose_a_step_nor_do_one_twice(tmp_path: Path, seed: int) -> None:
    print(f"seed {seed}")
    chance = random.Random(seed)
    with make_installation(tmp_path) as installation:
        installation.python("-c", _FILL)
        dead = _work_with_kills(installation, chance)
        wait_for(lambda: _is_over(installation, dead), 240, "somebody never came to the end", installation)
        assert len(dead) >= 2, "the journey was over before anybody could be killed"
        _check(installation)


def _work_with_kills(installation: Installation, chance: random.Random) -> list[int]:
    """Two workers, one of which is killed at a random moment, again and again; the last two are left alone."""
    workers = [installation.start("work"), installation.start("work")]
    dead: list[int] = []
    while len(dead) < KILLS and not _is_over(installation, dead):
        time.sleep(chance.uniform(0.05, 0.3))
        victim = chance.randrange(2)
        kill(workers[victim])
        dead.append(workers[victim])
        workers[victim] = installation.start("work")
    return dead


def _is_over(installation: Installation, dead: list[int]) -> bool:
    """Everybody has ended; nobody waits five minutes for a dead one's leases in a test."""
    for table in ("journeys_enrolment", "people_changenote"):
        for process in dead[-6:]:
            installation.execute(
                f"UPDATE {table} SET lease_until = '2020-01-01 00:00:00' "
                f"WHERE lease_owner LIKE '%:{process}:%' AND lease_until > '2021-01-01 00:00:00'"
            )
    return bool(installation.one("SELECT COUNT(*) = 0 FROM journeys_enrolment WHERE state = 'active'"))


def _check(installation: Installation) -> None:
    ends = installation.execute("SELECT state, end_reason, COUNT(*) FROM journeys_enrolment GROUP BY state, end_reason")
    assert ends == [("done", "end", PEOPLE)]
    for step in ("first", "second"):
        count = f"SELECT COUNT(*), COUNT(DISTINCT person_id) FROM channels_delivery WHERE step = '{step}'"
        assert installation.execute(count) == [(PEOPLE, PEOPLE)]
    assert installation.execute("SELECT COUNT(*), COUNT(DISTINCT person_id) FROM sales_task") == [(PEOPLE, PEOPLE)]
    assert installation.one("SELECT COUNT(*) FROM journeys_steppass") == STEPS * PEOPLE
    changes = "SELECT COUNT(*) FROM people_attributechange WHERE key = 'city'"
    assert installation.one(changes) == 2 * PEOPLE
