"""The screens of segments and what the condition builder asks of the server."""

from __future__ import annotations

import csv
import json
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.db import connection
from django.http import QueryDict
from django.template import Context, Template
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from teplo.accounts.testing import make_user
from teplo.conditions.reading import ConditionError
from teplo.people.models import AttributeDefinition, Segment
from teplo.people.segments import create_segment
from teplo.people.testing import make_company, make_identity, make_person
from teplo.web import conditions, segments
from teplo.web.conditions import posted_condition

pytestmark = pytest.mark.django_db

IN_KYIV = {"field": "city", "is": "Киев"}


@pytest.fixture
def marketer(client: Client) -> Client:
    client.force_login(make_user(role="marketer", language="ru"))
    return client


def ask(client: Client, name: str, data: Any, of: str = "people") -> Any:
    response = client.post(f"{reverse(name)}?of={of}", json.dumps(data), content_type="application/json")
    assert response.status_code == 200
    return response.json()


def make_segment(condition: Any = IN_KYIV, name: str = "Киев") -> Segment:
    return create_segment(name=name, condition=condition, by=None)


# screens


def test_a_marketer_defines_a_segment_and_sees_who_is_in_it(marketer: Client) -> None:
    make_person(first_name="Ярина", city="Киев")
    answer = marketer.post(
        reverse("segment-new"), {"name": "Киевляне", "description": "", "condition": json.dumps(IN_KYIV)}
    )
    segment = Segment.objects.get()
    assert answer["Location"] == reverse("segment", args=[segment.pk])
    text = marketer.get(answer["Location"]).content.decode()
    assert "Киевляне: 1 человек" in text
    assert "Город — «Киев»" in text
    assert "Ярина" in text


def test_a_refused_condition_is_told_and_what_was_built_stays(marketer: Client) -> None:
    wrong = {"field": "city", "at_least": 5}
    answer = marketer.post(reverse("segment-new"), {"name": "x", "condition": json.dumps(wrong)})
    assert answer.status_code == 422
    text = answer.content.decode()
    assert "«city» нельзя сравнивать" in text
    assert "at_least" in text
    assert not Segment.objects.exists()


def test_the_builder_is_filled_from_the_address(marketer: Client) -> None:
    text = marketer.get(reverse("segment-new"), {"condition": json.dumps(IN_KYIV)}).content.decode()
    assert "&quot;Киев&quot;" in text


def test_a_segment_is_changed_and_deleted(marketer: Client) -> None:
    segment = make_segment()
    changed = {"name": "Львов", "condition": json.dumps({"field": "city", "is": "Львов"})}
    marketer.post(reverse("segment-edit", args=[segment.pk]), changed)
    segment.refresh_from_db()
    assert (segment.name, segment.condition) == ("Львов", {"field": "city", "is": "Львов"})
    marketer.post(reverse("segment-delete", args=[segment.pk]))
    assert not Segment.objects.exists()


def test_a_segment_in_use_stays_and_the_page_says_why(marketer: Client) -> None:
    inner = make_segment()
    make_segment({"not": {"in": str(inner.pk)}}, name="Не Киев")
    answer = marketer.post(reverse("segment-delete", args=[inner.pk]), follow=True)
    assert "Не Киев" in answer.content.decode()
    assert Segment.objects.count() == 2


def test_a_broken_segment_has_a_page_that_says_what_is_wrong(marketer: Client) -> None:
    segment = make_segment()
    Segment.objects.update(condition={"field": "attr.gone", "is": 1})
    for address in (reverse("segments"), reverse("segment", args=[segment.pk])):
        assert "нет поля «attr.gone»" in marketer.get(address).content.decode()
    assert marketer.get(reverse("segment-edit", args=[segment.pk])).status_code == 200


def test_an_estimate_is_called_one(marketer: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(segments, "count_segment", lambda segment, limit: segments.Count(1200, is_estimate=True))
    make_person(city="Киев")
    text = marketer.get(reverse("segment", args=[make_segment().pk])).content.decode().replace("\xa0", " ")
    assert "около 1 200 человек" in text
    assert "Оценено по выборке" in text


def test_the_list_asks_as_little_with_many_segments(marketer: Client) -> None:
    make_segment()
    marketer.get(reverse("segments"))
    with CaptureQueriesContext(connection) as few:
        marketer.get(reverse("segments"))
    for number in range(30):
        make_segment(name=f"n{number}")
    with CaptureQueriesContext(connection) as many:
        marketer.get(reverse("segments"))
    assert len(many) == len(few)


def test_the_file_holds_everybody_with_contacts_and_own_attributes(marketer: Client) -> None:
    AttributeDefinition.objects.create(key="k", type="list", names={"ru": "Интересы"})
    company = make_company(name="=cmd|' /C calc'!A0")
    person = make_person(
        first_name="Ї", city="Киев", email="a@example.com", company=company, attributes={"k": ["a", "b"]}
    )
    make_identity(person=person, kind="phone", value="+380501112233")
    make_person(city="Львов")
    answer = marketer.get(reverse("segment-export", args=[make_segment().pk]))
    text = b"".join(answer.streaming_content).decode()  # type: ignore[attr-defined]
    assert text.startswith("\ufeff")
    rows = list(csv.DictReader(StringIO(text[1:])))
    assert len(rows) == 1
    assert {"a@example.com", "+380501112233"} <= set(rows[0].values())
    assert rows[0]["Интересы"] == "a, b"
    assert rows[0]["Company"].startswith("'=")


def test_keeping_entries_is_switched_on_by_hand(marketer: Client) -> None:
    segment = make_segment()
    marketer.post(reverse("segment-keep", args=[segment.pk]))
    segment.refresh_from_db()
    assert segment.is_kept


# what the builder asks


@pytest.mark.parametrize("of", ["people", "events"])
def test_the_vocabulary_names_every_field_with_operators_it_knows(marketer: Client, of: str) -> None:
    AttributeDefinition.objects.create(key="бюджет", type="number", names={"ru": "Бюджет"})
    known = marketer.get(reverse("condition-vocabulary"), {"of": of}).json()
    fields = [field for group in known["groups"] for field in group["fields"]]
    assert len({field["key"] for field in fields}) == len(fields) > 5
    for field in fields:
        assert field["name"]
        assert set(field["operators"]) <= set(known["operators"][field["type"]])
    assert bool(known["activities"]) is (of == "people")
    if of == "people":
        assert "attr.бюджет" in {field["key"] for field in fields}


def test_a_check_answers_all_forms(marketer: Client) -> None:
    said = ask(marketer, "condition-check", {"condition": {"all": [IN_KYIV, {"score": {"at_least": 5}}]}})
    assert said["ok"]
    assert said["sentence"] == "Город — «Киев» и баллы не меньше 5"
    assert said["chips"] == ["Город — «Киев»", "Баллы не меньше 5"]
    assert said["text"] == 'city is "Киев" and score at least 5'
    assert ask(marketer, "condition-check", {"text": said["text"]})["condition"] == said["condition"]


def test_a_mistake_is_shown_where_it_stands(marketer: Client) -> None:
    said = ask(marketer, "condition-check", {"condition": {"all": [IN_KYIV, {"field": "city", "is": ""}]}})
    assert (said["ok"], said["path"]) == (False, ["all", 1, "is"])
    said = ask(marketer, "condition-check", {"text": "city is Киев and\n  cty is 5"})
    assert (said["line"], said["column"], said["start"], said["length"]) == (2, 3, 19, 3)


@pytest.mark.parametrize("body", ["", "[]", "{", '"x"', '{"condition": []}', '{"condition": 5}', '{"text": 5}'])
def test_nonsense_is_answered_not_crashed_on(marketer: Client, body: str) -> None:
    for name in ("condition-check", "condition-count"):
        answer = marketer.post(reverse(name), body, content_type="application/json")
        assert answer.status_code == 200


def test_a_count_is_said_in_words_of_the_language(marketer: Client) -> None:
    for _ in range(3):
        make_person(city="Киев")
    assert ask(marketer, "condition-count", {"condition": IN_KYIV})["said"] == "3 человека"


def test_a_count_that_cannot_be_made_in_time_says_so(marketer: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    limits: list[timedelta] = []

    def count(condition: Any, vocabulary: Any, limit: timedelta) -> None:
        limits.append(limit)

    monkeypatch.setattr(conditions, "count_people", count)
    assert "слишком много" in ask(marketer, "condition-count", {"condition": IN_KYIV})["said"]
    assert limits == [timedelta(seconds=2)]


def test_values_are_suggested_by_their_beginning_without_case(marketer: Client) -> None:
    for city in ("Москва", "Москва", "Мончегорск", "Киев", ""):
        make_person(city=city)
    found = marketer.get(reverse("condition-values"), {"field": "city", "q": "мО"}).json()
    assert found == {"values": ["Москва", "Мончегорск"]}
    assert marketer.get(reverse("condition-values"), {"field": "score", "q": "1"}).json() == {"values": []}


def test_without_scripts_the_text_form_is_sent() -> None:
    posted = QueryDict(mutable=True)
    posted.update({"condition": "{}", "condition_text": "city is Киев"})
    assert posted_condition(posted, "condition") == IN_KYIV
    with pytest.raises(ConditionError):
        posted_condition({"condition": "{{"}, "condition")


def test_a_condition_is_said_by_tags_and_filters() -> None:
    tags = "{{ c|say_condition }}|{% condition_chips value=c %}|{{ e|say_event_condition }}"
    template = Template("{% load conditions %}" + tags)
    said = template.render(Context({"c": {"all": [IN_KYIV, {"score": 1}]}, "e": {"event": "page-viewed"}}))
    assert said.count("chip") == 2
    assert "page-viewed" in said
