"""The text form: what it understands, where it says it does not, and that writing and reading agree."""

from __future__ import annotations

from datetime import date

import pytest
from django.utils import translation
from hypothesis import given, settings
from hypothesis import strategies as st

from teplo.conditions.condition import (
    EVERYBODY,
    All,
    Compare,
    Condition,
    Did,
    DidNot,
    LastDid,
    Not,
    Operator,
    Some,
    Span,
    SpanUnit,
    simplified,
)
from teplo.conditions.reading import read_json
from teplo.conditions.testing import make_vocabulary
from teplo.conditions.text import read_text, write_text
from teplo.conditions.tokens import TextError
from teplo.conditions.writing import write_json
from teplo.kit.testing import examples

WEEK = Span(7, SpanUnit.DAY)

words = st.text(min_size=1, max_size=12).map(str.strip).filter(lambda text: text and "\0" not in text)
numbers = st.integers(-(10**9), 10**9) | st.floats(-1e6, 1e6).filter(lambda x: not x.is_integer())
days = st.dates(date(1900, 1, 1), date(2100, 1, 1))
day_spans = st.builds(Span, st.integers(1, 999), st.sampled_from([SpanUnit.DAY, SpanUnit.WEEK, SpanUnit.MONTH]))
spans = day_spans | st.builds(Span, st.integers(1, 99), st.just(SpanUnit.HOUR))
choices = st.sampled_from(["red", "blue", "7001"])


def several(values: st.SearchStrategy) -> st.SearchStrategy:
    return st.lists(values, min_size=1, max_size=3, unique=True).map(tuple)


def ordered(values: st.SearchStrategy) -> st.SearchStrategy:
    return st.tuples(values, values).map(lambda pair: tuple(sorted(pair)))


def compare(fields: list[str], operators: list[Operator], values: st.SearchStrategy) -> st.SearchStrategy[Condition]:
    return st.builds(Compare, st.sampled_from(fields), st.sampled_from(operators), values)


O = Operator  # noqa: E741
leaves = st.one_of(
    compare(["city", "company.industry"], [O.IS, O.IS_NOT, O.CONTAINS, O.NOT_CONTAINS, O.STARTS_WITH], words),
    compare(["city"], [O.IN, O.NOT_IN], several(words)),
    compare(["attr.бюджет", "score"], [O.IS, O.AT_LEAST, O.AT_MOST, O.GREATER, O.LESS], numbers),
    compare(["attr.бюджет"], [O.BETWEEN], ordered(numbers)),
    compare(["city", "born", "anonymous"], [O.IS_SET], st.booleans()),
    compare(["anonymous"], [O.IS, O.IS_NOT], st.booleans()),
    compare(["born", "created"], [O.BEFORE, O.AFTER, O.ON], days),
    compare(["born", "created"], [O.BETWEEN], ordered(days)),
    compare(["born"], [O.WITHIN, O.WITHIN_NEXT, O.OLDER_THAN], day_spans),
    compare(["created"], [O.WITHIN, O.OLDER_THAN], spans),
    compare(["stage"], [O.IS, O.IS_NOT, O.AT_OR_AFTER], choices),
    compare(["stage"], [O.IN, O.NOT_IN], several(choices)),
    compare(["segment"], [O.HAS, O.HAS_NOT], several(choices)),
    compare(["property.sum", "property.два слова"], [O.IS, O.AT_LEAST], st.integers(-99, 99)),
    compare(["property.a`b"], [O.IS, O.CONTAINS], words),
    st.builds(Did, st.just("visited-prices"), st.integers(0, 9), st.none() | st.integers(9, 20), st.none() | day_spans),
    st.builds(DidNot, st.just("replied"), st.none() | day_spans),
    st.builds(LastDid, st.just("replied"), day_spans, st.none()),
    st.builds(LastDid, st.just("replied"), st.none(), day_spans),
)
conditions = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda parts: All(tuple(parts))),
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: Some(tuple(parts))),
        inner.map(Not),
    ),
    max_leaves=8,
)


@settings(max_examples=examples(300), deadline=None)
@given(conditions)
def test_reading_what_was_written_gives_the_same_condition(condition: Condition) -> None:
    vocabulary = make_vocabulary()
    assert read_json(write_json(condition, vocabulary), vocabulary) == condition
    assert read_text(write_text(condition, vocabulary), vocabulary) == simplified(condition)


@pytest.mark.parametrize(
    ("text", "condition"),
    [
        ("", EVERYBODY),
        ("everybody", EVERYBODY),
        ('city is "Москва"', Compare("city", O.IS, "Москва")),
        ("city is Москва", Compare("city", O.IS, "Москва")),
        ("city = «Москва»", Compare("city", O.IS, "Москва")),
        ('city in ("Киев", "Львов")', Compare("city", O.IN, ("Киев", "Львов"))),
        ("attr.бюджет >= 1.5", Compare("attr.бюджет", O.AT_LEAST, 1.5)),
        ("attr.бюджет between -1 and 5", Compare("attr.бюджет", O.BETWEEN, (-1, 5))),
        ("created in 7 days", Compare("created", O.WITHIN, WEEK)),
        ("created older than 1 year", Compare("created", O.OLDER_THAN, Span(1, SpanUnit.YEAR))),
        ('stage is "Красный"', Compare("stage", O.IS, "red")),
        ('segment has "весенняя распродажа"', Compare("segment", O.HAS, ("7001",))),
        ('did "visited-prices" at least 2 times in 7 days', Did("visited-prices", 2, None, WEEK)),
        ('did "Смотрел цены" at most 3 times', Did("visited-prices", 1, 3)),
        ('did not "replied" in 7 days', DidNot("replied", WEEK)),
        ('last did "replied" older than 7 days', LastDid("replied", None, WEEK)),
        ('city это "Москва" и делал "visited-prices" не меньше 2 раз за 7 дней',
         All((Compare("city", O.IS, "Москва"), Did("visited-prices", 2, None, WEEK)))),
        ('не робив "replied" за останні 7 днів або score >= 24',
         Some((DidNot("replied", WEEK), Compare("score", O.AT_LEAST, 24)))),
        ("city is set or born is not set and anonymous is no",
         Some((Compare("city", O.IS_SET, True),
               All((Compare("born", O.IS_SET, False), Compare("anonymous", O.IS, False)))))),
        ("not (score > 1 or score < -1)", Not(Some((Compare("score", O.GREATER, 1), Compare("score", O.LESS, -1))))),
    ],
)  # fmt: skip
def test_a_text_says(text: str, condition: Condition) -> None:
    assert read_text(text, make_vocabulary()) == condition


@pytest.mark.parametrize(
    ("text", "code", "line", "column"),
    [
        ("cty is 5", "unknown-field", 1, 1),
        ("city", "expected-at-end", 1, 5),
        ("city is", "expected-at-end", 1, 8),
        ('city is "Мос', "unclosed", 1, 9),
        ("score >= много", "wrong-type", 1, 10),
        ("score between 5 and 1", "impossible-range", 1, 15),
        ("city at least 5", "wrong-operator", 1, 6),
        ('stage is "green"', "unknown-value", 1, 10),
        ('did "walked"', "unknown-activity", 1, 5),
        ('did "replied" in 7 hours', "hours-of-days", 1, 18),
        ('did "replied"\n  and (score > 5', "expected-at-end", 2, 17),
        ('city is "a"\n and born before "вчера"', "bad-date", 2, 18),
        ("city is a city is b", "expected", 1, 11),
        ("(score > 5) and (city is a or stage is x)", "unknown-value", 1, 40),
        ("score > 5 ; 1", "strange-sign", 1, 11),
        ("stage in (red, green)", "unknown-value", 1, 16),
    ],
)
def test_a_mistake_is_shown_where_it_stands(text: str, code: str, line: int, column: int) -> None:
    with pytest.raises(TextError) as caught:
        read_text(text, make_vocabulary())
    assert (caught.value.code, caught.value.line, caught.value.column) == (code, line, column)


def test_the_mistake_is_told_in_the_language_of_the_reader() -> None:
    with pytest.raises(TextError) as caught:
        read_text("cty is 5", make_vocabulary())
    with translation.override("ru"):
        assert str(caught.value) == "строка 1, знак 1: нет поля «cty»"


def test_deep_nesting_is_refused_rather_than_exhausting_the_stack() -> None:
    with pytest.raises(TextError):
        read_text("(" * 5000 + "score > 1" + ")" * 5000, make_vocabulary())
    with pytest.raises(TextError):
        read_text("not " * 5000 + "score > 1", make_vocabulary())
