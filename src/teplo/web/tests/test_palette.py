"""The palette finds every noun whatever the case or alphabet, offers acts, and only what the user may see."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from teplo.accounts.models import Role
from teplo.accounts.testing import make_user
from teplo.content.models import Template
from teplo.journeys.models import Journey, JourneyState
from teplo.kit.models import ready_texts
from teplo.people.models import AttributeDefinition, ImportRun, Segment
from teplo.people.tagging import find_or_create_tags
from teplo.people.testing import make_company, make_person
from teplo.sales.models import Deal
from teplo.scoring.models import ScoreTable
from teplo.stages.models import Stage
from teplo.tracking.models import Activity

pytestmark = pytest.mark.django_db


def found(client: Client, text: str, **headers: str) -> str:
    return client.get("/search/", {"q": text}, headers={"HX-Request": "true", **headers}).content.decode()


def test_ready_things_are_found_and_said_in_the_language_of_whoever_looks(client: Client) -> None:
    names = {"en": "Warm welcome", "ru": "Тёплый приём", "uk": "Теплий прийом"}
    ready = ready_texts(name=names)
    Journey.objects.create(name=names["en"], ready=ready, state=JourneyState.LIVE)
    for thing in (Segment, ScoreTable):
        thing.objects.create(name=names["en"], ready=ready)
    Template.objects.create(name=names["en"], ready=ready, channel="email", subject="", body="x")
    Segment.objects.create(name="Warm welcome of ours")
    client.force_login(make_user(role="administrator", language="ru"))
    said = found(client, "теплый прием")
    assert said.count("Тёплый приём") >= 5 and "Приостановить цепочку «Тёплый приём»" in said
    assert "Warm welcome" not in said
    assert "Warm welcome of ours" in found(client, "warm") and "Тёплый" not in found(client, "warm")
    composer = client.get(f"/people/{make_person().pk}/write/letter/").content.decode()
    assert "Тёплый приём" in composer and "Warm welcome" not in composer


@pytest.fixture
def things() -> None:
    person = make_person(first_name="Олексій", last_name="Коваль-Єременко", company=make_company(name="ООО «Ромашка»"))
    Deal.objects.create(person=person, title="Утепление крыши")
    Segment.objects.create(name="Владельцы домов")
    Journey.objects.create(name="Знакомство с тёплыми", state=JourneyState.LIVE)
    Template.objects.create(name="Перше слово", subject="", body="x")
    Activity.objects.create(key="asked-price", names={"ru": "Попросил цену", "en": "Asked price"})
    Stage.objects.create(key="friend-x", position=77, names={"ru": "Друг дома", "en": "House friend"})
    ScoreTable.objects.create(name="Таблица Ёлка")
    ImportRun.objects.create(name="выставка-2026.csv", path="x")
    AttributeDefinition.objects.create(key="roof", type="text", names={"ru": "Площадь крыши", "en": "Roof"})
    find_or_create_tags(["Партнёр"], by="")


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("ременко", "Коваль-Єременко"), ("ЕРЕМЕНКО", "Коваль-Єременко"), ("ромаш", "Ромашка"), ("омашк", "Ромашка"),
        ("КРЫШИ", "Утепление крыши"), ("владельцы", "Владельцы домов"), ("ДОМОВ влад", "Владельцы домов"),
        ("теплыми", "Знакомство с тёплыми"), ("СЛОВО", "Перше слово"), ("цену", "Попросил цену"),
        ("друг", "Друг дома"), ("елка", "Таблица Ёлка"), ("2026.CSV", "выставка-2026.csv"),
        ("площадь", "Площадь крыши"), ("партнер", "Партнёр"), ("входящ", ""), ("ИСХОД", "Исходящие"),
        ("новый сегмент", "Новый сегмент"), ("сегмент новый", "Новый сегмент"), ("импорт", "Импорт"),
        ("приостан знаком", "Знакомство с тёплыми"),
    ],
)  # fmt: skip
def test_everything_is_found_by_a_part_of_its_name(client: Client, things: None, text: str, label: str) -> None:
    client.force_login(make_user(role="administrator", language="ru"))
    said = found(client, text)
    if label:
        assert label in said.replace("&quot;", '"')
    else:
        assert "found-line" not in said


def test_a_journey_is_paused_and_goes_on(client: Client, things: None) -> None:
    client.force_login(make_user(role="marketer", language="en"))
    said = found(client, "pause знаком")
    assert 'name="to" value="pause"' in said
    journey = Journey.objects.get()
    client.post(f"/journeys/{journey.pk}/state/", {"to": "pause"})
    assert "Resume the journey" in found(client, "resume")
    assert "Pause the journey" not in found(client, "pause")


@pytest.mark.parametrize("role", [Role.SALESPERSON, Role.ANALYST])
def test_only_what_one_may_do_is_offered(client: Client, things: None, role: str) -> None:
    client.force_login(make_user(role=role, language="en"))
    for text in ("new segment", "import", "выставка", "pause", "tokens", "colleagues", "invite", "крыши площадь"):
        assert "found-line" not in found(client, text), text
    assert "Владельцы" in found(client, "владельцы")


def test_the_number_of_statements_does_not_depend_on_what_there_is(
    client: Client, things: None, django_assert_max_num_queries: Any
) -> None:
    client.force_login(make_user(role="administrator", language="en"))
    make_person(last_name="Домов")
    found(client, "дом")
    with django_assert_max_num_queries(60) as few:
        found(client, "дом")
    for n in range(20):
        Segment.objects.create(name=f"Дома {n}")
        make_person(last_name=f"Домов{n}")
    with django_assert_max_num_queries(len(few.captured_queries)):
        found(client, "дом")


@pytest.mark.parametrize("text", ["", " ", "%", "<script>", "a" * 5000, "'", "нет такого совсем"])
def test_nonsense_is_answered(client: Client, text: str) -> None:
    client.force_login(make_user(role="administrator"))
    answer = client.get("/search/", {"q": text})
    assert answer.status_code == 200
    assert "<title>" in answer.content.decode()
    assert "<script>alert" not in answer.content.decode()
