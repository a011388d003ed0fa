"""A condition nested thousands deep, or as wide, is refused at every door and never means everybody."""

from __future__ import annotations

import json

import pytest
from django.test import Client

from teplo.accounts.models import Role
from teplo.accounts.testing import make_user
from teplo.accounts.tokens import create_token
from teplo.conditions.reading import ConditionError, load_json, load_refusable, read_json
from teplo.conditions.testing import make_vocabulary
from teplo.conditions.text import read_text
from teplo.people.models import Person, Segment
from teplo.people.testing import make_person
from teplo.scoring.models import ScoreTable

VOCABULARY = make_vocabulary()
LEAF = '{"field": "city", "is": "Kyiv"}'
DEPTHS = (50, 90, 400, 900, 3_000, 20_000)
DEEP = [
    *('{"not": ' * depth + LEAF + "}" * depth for depth in DEPTHS),
    *('{"all": [' * depth + LEAF + "]}" * depth for depth in DEPTHS),
    *('{"any": [' * depth + LEAF + "]}" * depth for depth in DEPTHS),
    "[" * 3_000,
    "[" * 3_000 + "]" * 3_000,
    '{"field": "city", "in": ' + "[" * 3_000 + "]" * 3_000 + "}",
]
DEEP_TEXTS = [
    *("(" * depth + 'city is "Kyiv"' + ")" * depth for depth in (60, 3_000, 20_000)),
    *("not " * depth + 'city is "Kyiv"' for depth in (60, 3_000, 20_000)),
    *("not (" * depth + 'city is "Kyiv"' + ")" * depth for depth in (60, 3_000, 20_000)),
]
WIDE = [
    '{"any": [' + ",".join([LEAF] * 3_000) + "]}",
    json.dumps({"field": "city", "in": [f"city {number}" for number in range(40_000)]}),
]
WIDE_TEXTS = [
    " or ".join(['city is "Kyiv"'] * 20_000),
    "city in (" + ", ".join(f'"{number}"' for number in range(40_000)) + ")",
    f"attr.бюджет is {'9' * 6_000}",
]
JSON_IDS = [f"json-{number}" for number in range(len(DEEP) + len(WIDE))]
TEXT_IDS = [f"text-{number}" for number in range(len(DEEP_TEXTS) + len(WIDE_TEXTS))]


@pytest.mark.parametrize("text", [*DEEP, *WIDE], ids=JSON_IDS)
def test_json_is_refused_in_a_word(text):
    with pytest.raises(ConditionError) as refusal:
        read_json(load_json(text), VOCABULARY)
    assert refusal.value.code in ("too-deep", "too-many", "too-many-values", "not-an-object", "wrong-type")
    with pytest.raises(ConditionError):
        read_json(load_refusable(text), VOCABULARY)
    assert str(refusal.value)


@pytest.mark.parametrize("text", DEEP_TEXTS, ids=TEXT_IDS[: len(DEEP_TEXTS)])
def test_text_is_refused_for_its_depth(text):
    with pytest.raises(ConditionError) as refusal:
        read_text(text, VOCABULARY)
    assert refusal.value.code == "too-deep" and "20" in str(refusal.value)


@pytest.mark.parametrize("text", WIDE_TEXTS[:2], ids=TEXT_IDS[:2])
def test_text_is_refused_for_its_width(text):
    with pytest.raises(ConditionError) as refusal:
        read_text(text, VOCABULARY)
    assert refusal.value.code in ("too-many", "too-many-values")


@pytest.mark.parametrize("broken", ["{", "[]", "null", "5", '"x"', "{}}", "nonsense"])
def test_what_is_no_condition_never_becomes_everybody(broken):
    with pytest.raises(ConditionError):
        read_json(load_refusable(broken), VOCABULARY)


@pytest.fixture
def colleague(db) -> Client:
    make_person(city="Kyiv")
    make_person(city="Lviv")
    client = Client(raise_request_exception=False, headers={"accept-language": "en"})
    client.force_login(make_user())
    return client


DOORS = [*DEEP[3:6], DEEP[9], DEEP[18], DEEP[19], *WIDE]
TEXT_DOORS = [DEEP_TEXTS[1], DEEP_TEXTS[4], *WIDE_TEXTS]


@pytest.mark.parametrize("text", DOORS, ids=JSON_IDS[: len(DOORS)])
def test_no_form_takes_it(colleague, text):
    table = ScoreTable.objects.create(name="Draft", state="draft", warm_from=5, hot_from=10)
    answers = [
        colleague.post("/people/segments/new/", {"name": "x", "condition": text}),
        colleague.post("/conditions/count/", f'{{"condition": {text}}}', content_type="application/json"),
        colleague.post("/conditions/check/", f'{{"condition": {text}}}', content_type="application/json"),
        colleague.post("/people/people.csv", {"condition": text}),
        colleague.get("/scoring/tables/condition/", {"condition": text[:30_000]}),
    ]
    assert [answer.status_code for answer in answers if answer.status_code >= 500] == []
    assert not Segment.objects.filter(name="x").exists()
    assert answers[2].json()["ok"] is False and answers[2].json()["reason"]
    assert answers[1].json().get("people") is None
    assert ScoreTable.objects.filter(pk=table.pk).exists()


@pytest.mark.parametrize("text", TEXT_DOORS, ids=TEXT_IDS[: len(TEXT_DOORS)])
def test_no_form_takes_it_as_text(colleague, text):
    saved = colleague.post("/people/segments/new/", {"name": "x", "condition_text": text})
    checked = colleague.post("/conditions/check/", json.dumps({"text": text}), content_type="application/json")
    assert saved.status_code < 500 and not Segment.objects.filter(name="x").exists()
    assert checked.status_code == 200 and checked.json()["ok"] is False


@pytest.mark.parametrize("text", DOORS, ids=JSON_IDS[: len(DOORS)])
def test_an_address_with_it_is_answered_and_says_why(colleague, text):
    answer = colleague.get("/people/", {"condition": text[:60_000]})
    assert answer.status_code in (200, 422)
    assert Person.objects.count() == 2
    page = answer.content.decode()
    assert "notice-bad" in page or "nested too deeply" in page or "expected" in page or "too many" in page


@pytest.mark.parametrize("text", DOORS, ids=JSON_IDS[: len(DOORS)])
def test_the_api_refuses_it(db, text):
    _token, token = create_token(name="t", role=Role.ADMINISTRATOR, by=None)
    body = f'{{"name": "x", "lines": [{{"side": "fit", "name": "y", "points": 3, "condition": {text}}}]}}'
    client = Client(raise_request_exception=False, headers={"authorization": f"Bearer {token}"})
    answer = client.post("/api/v1/score-tables", body, content_type="application/json")
    assert answer.status_code in (400, 422), answer.content[:500]
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert not ScoreTable.objects.filter(name="x").exists()


@pytest.mark.parametrize("text", TEXT_DOORS, ids=TEXT_IDS[: len(TEXT_DOORS)])
def test_the_api_refuses_it_as_text_and_in_a_sheet(db, text):
    _token, token = create_token(name="t", role=Role.ADMINISTRATOR, by=None)
    client = Client(raise_request_exception=False, headers={"authorization": f"Bearer {token}"})
    line = {"side": "fit", "name": "y", "points": 3, "condition": text}
    body = json.dumps({"name": "x", "lines": [line]})
    answer = client.post("/api/v1/score-tables", body, content_type="application/json")
    assert answer.status_code == 422, answer.content[:500]
    sheet = 'criterion;condition;points\ny;"' + text.replace('"', '""') + '";3\n'
    answer = client.post("/api/v1/score-tables?name=x", sheet, content_type="text/csv")
    assert answer.status_code in (400, 413, 415, 422), answer.content[:500]
    assert not ScoreTable.objects.filter(name="x").exists()
