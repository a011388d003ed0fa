"""Conditions said back as sentences a marketer would say."""

from __future__ import annotations

from typing import Any

import pytest

from teplo.conditions.reading import read_json
from teplo.conditions.sentences import say, say_parts, say_stored
from teplo.conditions.testing import make_vocabulary


@pytest.mark.parametrize(
    ("data", "russian", "ukrainian", "english"),
    [
        ({}, "Все", "Усі", "Everybody"),
        (
            {"field": "city", "is": "Москва"},
            "Город — «Москва»",
            "Город — «Москва»",
            "Город is “Москва”",
        ),
        (
            {"did": "visited-prices", "at_least": 2, "within": "7d"},
            "«Смотрел цены» не меньше 2 раз за последние 7 дней",
            "«Смотрел цены» не менше 2 разів за останні 7 днів",
            "Did “Смотрел цены” at least 2 times in the last 7 days",
        ),
        (
            {"did": "visited-prices", "at_least": 21, "within": "1mo"},
            "«Смотрел цены» не меньше 21 раза за последний 1 месяц",
            "«Смотрел цены» не менше 21 разу за останній 1 місяць",
            "Did “Смотрел цены” at least 21 times in the last 1 month",
        ),
        (
            {"last_did": "replied", "older_than": "22d"},
            "Последний раз «Ответил на письмо» больше 22 дней назад",
            "Востаннє «Ответил на письмо» понад 22 дні тому",
            "Last did “Ответил на письмо” more than 22 days ago",
        ),
        ({"did_not": "replied"}, "Никогда не было «Ответил на письмо»", "Ніколи не було «Ответил на письмо»", None),
        (
            {"all": [{"score": {"at_least": 24}}, {"any": [{"in": "7001"}, {"stage": ["red", "blue"]}]}]},
            "Счёт не меньше 24 и (сегмент: есть «Весенняя распродажа» или этап — «Красный» или «Синий»)",
            None,
            None,
        ),
        (
            {"not": {"field": "born", "between": ["2026-01-31", "2026-03-01"]}},
            "Неверно, что родился от 31 января 2026 г. до 1 марта 2026 г.",
            None,
            None,
        ),
        ({"field": "anonymous", "is": False}, "Незнакомец: нет", None, "Незнакомец: no"),
        ({"field": "created", "within": "5h"}, "Известен с за последние 5 часов", None, None),
        ({"field": "attr.бюджет", "at_most": 1500.5}, "Бюджет не больше 1\xa0500,5", None, None),
    ],
)
def test_a_condition_is_said(data: Any, russian: str, ukrainian: str | None, english: str | None) -> None:
    vocabulary = make_vocabulary()
    condition = read_json(data, vocabulary)
    for language, sentence in (("ru", russian), ("uk", ukrainian), ("en", english)):
        if sentence:
            assert say(condition, vocabulary, language) == sentence


def test_every_operator_can_be_said_in_every_language() -> None:
    vocabulary = make_vocabulary()
    values: dict[str, Any] = {"within": "7d", "within_next": "2w", "older_than": "3mo", "is_set": True}
    by_type: dict[str, Any] = {"text": "а", "number": 5, "boolean": True, "date": "2026-01-01", "moment": "2026-01-01"}
    for entry in vocabulary.fields.values():
        for operator in entry.operators:
            value = values.get(operator, by_type.get(entry.type, "red"))
            value = [value] if operator in ("in", "not_in") else [value, value] if operator == "between" else value
            condition = read_json({"field": entry.key, operator: value}, vocabulary)
            for language in ("ru", "uk", "en"):
                assert say(condition, vocabulary, language)


def test_chips_say_what_must_hold_one_by_one() -> None:
    vocabulary = make_vocabulary()
    data = {"all": [{"field": "city", "is": "Москва"}, {"any": [{"stage": "red"}, {"score": 3}]}]}
    assert say_parts(read_json({}, vocabulary), vocabulary) == []
    assert len(say_parts(read_json(data, vocabulary), vocabulary)) == 2
    assert len(say_parts(read_json({"score": 1}, vocabulary), vocabulary)) == 1


def test_a_broken_stored_condition_says_what_is_wrong() -> None:
    assert say_stored({"field": "gone", "is": 1}, make_vocabulary(), "ru") == "нельзя проверить: нет поля «gone»"
