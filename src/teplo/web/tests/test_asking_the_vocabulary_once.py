"""A page asks once what conditions can speak of, however many conditions it says in words."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from teplo.accounts.models import Role
from teplo.accounts.testing import make_user
from teplo.conditions import registry
from teplo.people.models import AttributeDefinition
from teplo.scoring.models import Profile, ScoreTable
from teplo.scoring.testing import fit, make_table
from teplo.stages.models import Stage

pytestmark = pytest.mark.django_db


@pytest.fixture
def marketer(client: Client) -> Client:
    client.force_login(make_user(role=Role.MARKETER, language="en", timezone="UTC"))
    return client


def count(client: Client, name: str, *args: object) -> int:
    """Queries of a page whose caches are warm."""
    address = reverse(name, args=args)
    client.get(address)
    with CaptureQueriesContext(connection) as queries:
        assert client.get(address).status_code == 200
    return len(queries)


def city(number: int) -> dict[str, object]:
    return {"all": [{"field": "city", "is": f"City {number}"}, {"stage": "pal"}, {"did": "video-watched"}]}


def live_with(criteria: int) -> None:
    ScoreTable.objects.all().delete()
    Profile.objects.all().delete()
    make_table(
        *(fit(city(number), 5, name=f"From {number}") for number in range(criteria)),
        *(fit({"did": "video-watched", "at_least": n + 1}, 2, side="behaviour") for n in range(criteria)),
    )
    for number in range(criteria):
        Profile.objects.create(kind="ideal", name=str(number), condition=city(number))


def test_scoring_asks_as_little_with_many_conditions(marketer: Client) -> None:
    live_with(1)
    few = count(marketer, "scoring")
    live_with(30)
    assert count(marketer, "scoring") == few


def test_the_sheet_of_a_draft_asks_as_little_with_many_conditions(marketer: Client) -> None:
    few, many = ScoreTable.objects.create(name="few"), ScoreTable.objects.create(name="many")
    for table, criteria in ((few, 1), (many, 30)):
        for number in range(criteria):
            table.criteria.create(side="fit", name=str(number), points=1, condition=city(number))
    assert count(marketer, "score-table", many.pk) == count(marketer, "score-table", few.pk)


def test_stages_ask_as_little_with_many_signs(marketer: Client) -> None:
    Stage.objects.update(sign={})
    Stage.objects.filter(key="pal").update(sign=city(0))
    few = count(marketer, "stages")
    Stage.objects.update(sign=city(1))
    assert count(marketer, "stages") == few


def test_the_next_page_knows_a_field_made_meanwhile(marketer: Client) -> None:
    table = ScoreTable.objects.create(name="Draft")
    table.criteria.create(side="fit", name="Hat", points=1, condition={"field": "attr.hat", "is": "red"})
    assert "Hat size" not in marketer.get(reverse("score-table", args=[table.pk])).content.decode()
    AttributeDefinition.objects.create(key="hat", type="text", names={"en": "Hat size"})
    assert "Hat size" in marketer.get(reverse("score-table", args=[table.pk])).content.decode()


def test_outside_of_a_page_everybody_gets_his_own() -> None:
    with registry.sharing():
        assert registry.people() is registry.people()
        assert registry.events() is not registry.people()
    assert registry.people() is not registry.people()
