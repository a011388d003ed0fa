"""Whatever the vocabulary allows to be said can be read, written, said back and asked, and divides people in two."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from teplo.accounts.testing import make_user
from teplo.conditions import registry
from teplo.conditions.compiling import to_q
from teplo.conditions.condition import Operator, simplified
from teplo.conditions.reading import read_json
from teplo.conditions.sentences import say
from teplo.conditions.text import read_text, write_text
from teplo.conditions.vocabulary import Field, Type, Vocabulary
from teplo.conditions.writing import write_json
from teplo.people.models import AttributeDefinition, Person, Segment
from teplo.people.testing import make_company, make_person, make_stranger
from teplo.tracking.models import Event

pytestmark = pytest.mark.django_db

SPANS = (Operator.WITHIN, Operator.WITHIN_NEXT, Operator.OLDER_THAN)


def any_value(field: Field, operator: Operator, known: Vocabulary, dice: random.Random) -> Any:
    if operator is Operator.IS_SET:
        return dice.random() < 0.5
    if operator in SPANS:
        return dice.choice(["1d", "7d", "2w", "3mo", "1y", *(["5h"] if field.type is Type.MOMENT else [])])
    if operator is Operator.BETWEEN:
        return sorted(any_scalar(field, operator, known, dice) for _ in range(2))
    if operator in (Operator.IN, Operator.NOT_IN, Operator.HAS, Operator.HAS_NOT):
        return [any_scalar(field, operator, known, dice) for _ in range(dice.randint(1, 3))]
    return any_scalar(field, operator, known, dice)


def any_scalar(field: Field, operator: Operator, known: Vocabulary, dice: random.Random) -> Any:
    if field.type is Type.NUMBER or operator in (Operator.GREATER, Operator.LESS, Operator.AT_LEAST, Operator.AT_MOST):
        return dice.choice([-3, 0, 5, 7.5, 100])
    if field.type is Type.ANY and operator is Operator.BETWEEN:
        return dice.choice([1, 2.5])
    if field.type is Type.BOOLEAN:
        return dice.random() < 0.5
    if field.type in (Type.DATE, Type.MOMENT):
        return dice.choice(["2026-03-01", "2024-02-29", "1999-12-31"])
    choices = list(known.choices_of(field))
    return dice.choice(choices) if choices else dice.choice(["Київ", "ёж", "100%", "a_b", 'q"\\`', "x"])


def any_leaf(known: Vocabulary, dice: random.Random) -> dict[str, Any]:
    if known.deeds and dice.random() < 0.25:
        activity = dice.choice(list(known.activities))
        return dice.choice(
            [
                {"did": activity, "at_least": dice.randint(0, 3), "at_most": dice.choice([None, 3])},
                {"did": activity, "at_least": dice.randint(1, 3), "within": "30d"},
                {"did_not": activity, "within": dice.choice([None, "2w"])},
                {"last_did": activity, "older_than": "1mo"},
            ]
        )
    field = dice.choice(list(known.fields.values()))
    operator = dice.choice(field.operators)
    return {"field": field.key, operator.value: any_value(field, operator, known, dice)}


def any_condition(known: Vocabulary, dice: random.Random, depth: int = 0) -> dict[str, Any]:
    if depth < 3 and dice.random() < 0.5:
        parts = [any_condition(known, dice, depth + 1) for _ in range(dice.randint(1, 3))]
        return dice.choice([{"all": parts}, {"any": parts}, {"not": parts[0]}])
    return any_leaf(known, dice)


@pytest.fixture
def _people() -> None:
    for kind in ("text", "number", "boolean", "date", "choice", "list"):
        choices = [{"key": "red"}, {"key": "blue"}] if kind in ("choice", "list") else []
        AttributeDefinition.objects.create(key=f"свой-{kind}", type=kind, choices=choices)
        AttributeDefinition.objects.create(key=kind, type=kind, choices=choices, of_company=True)
    Segment.objects.create(name="Киев", condition={"field": "city", "is": "Київ"})
    company = make_company(name="Ромашка", industry="Опт", size=5, attributes={"number": 5, "date": "2026-03-01"})
    make_person(city="Київ", company=company, owner_id=make_user().pk, email="a@example.com")
    make_person(city="", attributes={"свой-number": 7.5, "свой-list": ["red"], "свой-boolean": False})
    make_person(city="100%", attributes={"свой-text": "ёж", "свой-choice": "blue", "свой-date": "1999-12-31"})
    make_stranger()


@pytest.mark.usefixtures("_people")
@pytest.mark.parametrize("seed", range(3))
def test_every_question_about_people_divides_them_in_two(seed: int) -> None:
    known, dice, people = registry.people(), random.Random(seed), Person.objects.count()
    ids = list(Person.objects.values_list("pk", flat=True))
    for _ in range(40):
        data = any_condition(known, dice)
        condition = read_json(data, known)
        assert read_json(write_json(condition, known), known) == condition
        assert read_text(write_text(condition, known), known) == simplified(condition)
        assert all(say(condition, known, language) for language in ("ru", "uk", "en"))
        for as_of in (None, datetime(2026, 1, 1, tzinfo=UTC)):
            q = to_q(condition, known, as_of=as_of)
            found = set(Person.objects.filter(q).values_list("pk", flat=True))
            rest = set(Person.objects.filter(~q).values_list("pk", flat=True))
            assert len(found) + len(rest) == people, data
            assert not found & rest, data
            few = to_q(condition, known, as_of=as_of, among=ids)
            assert set(Person.objects.filter(few, pk__in=ids).values_list("pk", flat=True)) == found, data


@pytest.mark.parametrize("seed", range(2))
def test_every_question_about_events_divides_them_in_two(seed: int) -> None:
    person, at = make_person(), datetime(2026, 3, 1, tzinfo=UTC)
    rows: list[dict[str, Any]] = [{}, {"x": 5}, {"x": "5"}, {"x": True, "б в": "ёж"}, {"x": None}, {"x": [1]}]
    for number, properties in enumerate(rows):
        event = {"name": "page-viewed", "at": at, "received_at": at, "origin": "api", "properties": properties}
        Event.objects.create(person=person, id=number, path="/x" * number, **event)
    known, dice = registry.events(), random.Random(seed)
    extra = {key: known.find(f"property.{key}") for key in ("x", "б в")}
    known = Vocabulary({**known.fields, **{f.key: f for f in extra.values() if f}}, known.zone, None, known.families)
    for _ in range(80):
        data = any_condition(known, dice)
        condition = read_json(data, known)
        assert read_text(write_text(condition, known), known) == simplified(condition)
        q = to_q(condition, known)
        assert Event.objects.filter(q).count() + Event.objects.filter(~q).count() == len(rows), data


def test_the_examples_of_the_documentation_can_be_read() -> None:
    AttributeDefinition.objects.create(key="budget", type="number")
    Segment.objects.create(name="Крупный бюджет", condition={})
    text = (Path(__file__).resolve().parents[4] / "docs" / "conditions.md").read_text()
    section = text.partition("\n## Text\n")[2].partition("\n## ")[0]
    examples = [line.strip() for line in section.splitlines() if line.startswith("    ")]
    assert len(examples) >= 5
    known = registry.people()
    for example in examples:
        condition = read_text(example, known)
        assert read_text(write_text(condition, known), known) == simplified(condition)
