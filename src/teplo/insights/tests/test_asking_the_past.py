"""Asked of this very moment, the past answers what the present does: both are kept by the same hands."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from teplo.accounts.testing import make_user
from teplo.conditions import registry
from teplo.conditions.compiling import to_q
from teplo.conditions.reading import read_json
from teplo.kit.clock import at_moment
from teplo.people.attributes import Change, set_attributes
from teplo.people.consent import ConsentWord, record_consents
from teplo.people.models import AttributeDefinition, Person
from teplo.people.testing import make_company, make_person
from teplo.pipeline import working
from teplo.scoring.testing import behaviour, fit, make_table
from teplo.stages.moving import move_people
from teplo.stages.testing import make_ladder
from teplo.tracking.inbox import put_events
from teplo.tracking.models import Activity
from teplo.tracking.testing import make_event

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)

QUESTIONS: list[dict[str, Any]] = [
    {"field": "city", "is": "Киев"},
    {"field": "city", "is_set": False},
    {"field": "owner", "is_set": True},
    {"field": "attr.budget", "at_least": 10},
    {"field": "attr.likes", "has": "b"},
    {"field": "company.industry", "is": "опт"},
    {"consent": "email"},
    {"channel": "email"},
    {"did": "page-viewed"},
    {"did": "page-viewed", "at_least": 2, "within": "3d"},
    {"last_did": "page-viewed", "older_than": "2d"},
    {"score": {"at_least": 5}},
    {"score": {"at_most": 0}},
    {"temperature": ["warm", "hot"]},
    {"stage": "s2"},
    {"stage": {"is_set": False}},
    {"first_source": "direct"},
    {"last_source": {"is_set": True}},
    {"source": "direct"},
]


@pytest.fixture
def _a_little_history() -> None:
    """Six people to whom things happen on different days, through the functions that really do them."""
    AttributeDefinition.objects.create(key="budget", type="number")
    AttributeDefinition.objects.create(key="likes", type="list")
    seller = make_user()
    ladder = make_ladder({}, {}, {})
    key_page = Activity.objects.get(key="page-viewed")
    make_table(behaviour(key_page.pk, 3, is_per_time=True), fit({"field": "city", "is": "Киев"}, 4), warm_from=5)
    with at_moment(NOON - timedelta(days=9)):
        people = [make_person(first_name=f"p{n}", city="Львов", email=f"p{n}@example.com").pk for n in range(6)]
    company = make_company(name="Ромашка", industry="Опт")
    for days in range(5, 0, -1):
        at = NOON - timedelta(days=days)
        with at_moment(at):
            mine = people[days % 3 :: 3]
            changes = [Change(one, key, value) for one in mine for key, value in _values(days, seller.pk, company.pk)]
            set_attributes(changes, by="test", at=at)
            word = "given" if days % 2 else "withdrawn"
            record_consents([ConsentWord(one, "email", word, at=at) for one in mine])
            move_people(person_ids=mine, stage=ladder[days % 3], cause="hand", by="test", why={}, at=at)
            put_events([make_event(time=at.isoformat(), identities={"email": f"p{days}@example.com"})], origin="api")
            working.run_once("test")


def _values(days: int, seller: int, company: int) -> list[tuple[str, Any]]:
    return [
        ("city", ["Киев", "", "Львов"][days % 3]),
        ("budget", days * 5),
        ("likes", ["a", "b"][: days % 2 + 1]),
        ("owner", seller if days % 2 else None),
        ("company_id", company if days % 3 else None),
    ]


@pytest.mark.usefixtures("_a_little_history")
def test_the_past_asked_of_now_is_the_present() -> None:
    some = 0
    with at_moment(NOON):
        vocabulary = registry.people()
        for question in QUESTIONS:
            condition = read_json(question, vocabulary)
            present = set(Person.objects.filter(to_q(condition, vocabulary)).values_list("pk", flat=True))
            past = set(Person.objects.filter(to_q(condition, vocabulary, as_of=NOON)).values_list("pk", flat=True))
            assert past == present, question
            some += 0 < len(present) < Person.objects.count()
    assert some >= len(QUESTIONS) * 2 / 3  # the questions tell people apart
