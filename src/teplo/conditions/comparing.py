"""Typed tests as Q objects that are true or false for every row, whatever is missing.

A missing value (NULL, empty text, absent attribute) passes no test; the complements (is_not, not_in, not_contains,
has_not) are its exact opposite, so they hold where the value is missing. docs/conditions.md has the table.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from django.db.models import (
    BooleanField,
    CharField,
    DateField,
    DateTimeField,
    Exists,
    Expression,
    ExpressionWrapper,
    F,
    Field,
    FloatField,
    OuterRef,
    Q,
    QuerySet,
    TextField,
    Value,
)
from django.db.models.expressions import BaseExpression
from django.db.models.functions import Left, Right, StrIndex
from django.db.models.lookups import (
    Exact,
    GreaterThan,
    GreaterThanOrEqual,
    In,
    IsNull,
    LessThan,
    LessThanOrEqual,
)

from teplo.conditions.condition import Operator, Span, SpanUnit
from teplo.conditions.folding import Fold, fold
from teplo.conditions.json_values import JsonBoolean, JsonDate, JsonFilled, JsonHas, JsonNumber, JsonText
from teplo.conditions.vocabulary import Asking, Holds, Test, Type
from teplo.conditions.windows import end_moment, first_day, first_moment, last_day, start_of

TRUE = Q(ExpressionWrapper(Value(True), output_field=BooleanField()))
FALSE = Q(ExpressionWrapper(Value(False), output_field=BooleanField()))

_ORDER: dict[Operator, Any] = {
    Operator.GREATER: GreaterThan,
    Operator.LESS: LessThan,
    Operator.AT_LEAST: GreaterThanOrEqual,
    Operator.AT_MOST: LessThanOrEqual,
}


def typed(name: str, output: Field[Any, Any]) -> Expression:
    """A column as an expression of a known type (in SQL it stays the bare column)."""
    return ExpressionWrapper(F(name), output_field=output)


def known(value: Expression, comparison: Any) -> Q:
    """The comparison where the value is there, false where it is NULL."""
    return Q(IsNull(value, False)) & Q(comparison)


def text_holds(value: Expression, test: Test) -> Q:
    """Tests of a text; case and ё/е do not matter. Empty text is missing."""
    if test.operator is Operator.IS_SET:
        return known(value, ~Q(Exact(value, Value(""))))
    if test.operator is Operator.IN:
        several = [fold(str(item)) for item in test.value]
        return known(value, In(Fold(value, wanted=several), several))
    wanted = fold(str(test.value))
    folded = Fold(value, wanted=[wanted])
    if test.operator is Operator.CONTAINS:
        return known(value, GreaterThan(StrIndex(folded, Value(wanted)), 0))
    part = Left if test.operator is Operator.STARTS_WITH else Right
    return known(value, Exact(part(folded, len(wanted)), Value(wanted)))


def key_holds(value: Expression, test: Test) -> Q:
    """Tests of a stored key (choice): compared exactly. An empty key is missing."""
    if test.operator is Operator.IS_SET:
        return known(value, ~Q(Exact(value, Value(""))))
    return known(value, In(value, [str(item) for item in test.value]))


def id_holds(value: Expression, test: Test) -> Q:
    """Tests of a choice whose keys are ids; a key that is no number matches nothing."""
    if test.operator is Operator.IS_SET:
        return Q(IsNull(value, False))
    return known(value, In(value, [int(item) for item in test.value if str(item).isdigit()]))


def number_holds(value: Expression, test: Test) -> Q:
    """Tests of a number."""
    if test.operator is Operator.IS_SET:
        return Q(IsNull(value, False))
    if test.operator is Operator.IN:
        return known(value, In(value, list(test.value)))
    if test.operator is Operator.BETWEEN:
        least, most = test.value
        return known(value, GreaterThanOrEqual(value, least)) & Q(LessThanOrEqual(value, most))
    return known(value, _ORDER[test.operator](value, test.value))


def boolean_holds(value: Expression, test: Test) -> Q:
    """Tests of yes or no."""
    if test.operator is Operator.IS_SET:
        return Q(IsNull(value, False))
    return known(value, In(value, list(test.value)))


def date_holds(value: Expression, test: Test, asking: Asking, *, of_text: bool = False) -> Q:
    """Tests of a date; `of_text` when it is kept as ISO text (custom attributes)."""
    if test.operator is Operator.IS_SET:
        return Q(IsNull(value, False))
    since, until = _days(test, asking.today)
    shown: Callable[[date], Any] = (lambda day: Value(day.isoformat())) if of_text else Value
    q = Q(IsNull(value, False))
    if since is not None:
        q &= Q(GreaterThanOrEqual(value, shown(since)))
    return q & Q(LessThanOrEqual(value, shown(until))) if until is not None else q


def moment_holds(value: Expression, test: Test, asking: Asking) -> Q:
    """Tests of a moment, by days of the workspace's time zone; spans in hours are exact."""
    if test.operator is Operator.IS_SET:
        return Q(IsNull(value, False))
    since, until = _moments(test, asking)
    q = Q(IsNull(value, False))
    if since is not None:
        q &= Q(GreaterThanOrEqual(value, Value(since, output_field=DateTimeField())))
    return q & Q(LessThan(value, Value(until, output_field=DateTimeField()))) if until is not None else q


def _days(test: Test, today: date) -> tuple[date | None, date | None]:
    """Which days pass, both ends included; None: open."""
    day = date.resolution
    if test.operator is Operator.WITHIN:
        return first_day(test.value, today), today
    if test.operator is Operator.WITHIN_NEXT:
        return today, last_day(test.value, today)
    if test.operator is Operator.OLDER_THAN:
        return None, first_day(test.value, today) - day
    if test.operator is Operator.BETWEEN:
        since, until = test.value
        return since, until
    if test.operator is Operator.BEFORE:
        return None, test.value - day
    return (test.value + day, None) if test.operator is Operator.AFTER else (test.value, test.value)


def _moments(test: Test, asking: Asking) -> tuple[datetime | None, datetime | None]:
    """From which moment on and before which; None: open."""
    if isinstance(test.value, Span):
        if test.operator is Operator.WITHIN:
            return first_moment(test.value, asking.at, asking.zone), _until_now(test.value, asking)
        if test.operator is Operator.WITHIN_NEXT:
            return asking.at, end_moment(test.value, asking.at, asking.zone)
        return None, first_moment(test.value, asking.at, asking.zone)
    since, until = _days(test, asking.today)
    start = start_of(since, asking.zone) if since else None
    return start, start_of(until + date.resolution, asking.zone) if until else None


def _until_now(span: Span, asking: Asking) -> datetime:
    """Where a window that ends now ends. Of the present, with the day: the statement stays the same all day long."""
    if asking.of_past or span.unit is SpanUnit.HOUR:
        return asking.at + datetime.resolution
    return start_of(asking.today + date.resolution, asking.zone)


def any_holds(source: str, key: str, test: Test) -> Q:
    """Tests of a free JSON member: by the type of the value compared with."""
    if test.operator is Operator.IS_SET:
        return Q(JsonFilled(source, key))
    sample = test.value[0] if isinstance(test.value, tuple) else test.value
    if isinstance(sample, bool):
        return boolean_holds(JsonBoolean(source, key), test)
    if isinstance(sample, int | float):
        return number_holds(JsonNumber(source, key), test)
    return text_holds(JsonText(source, key), test)


def json_holds(source: str | BaseExpression, key: str | None, kind: Type, test: Test, asking: Asking) -> Q:
    """Tests of a custom attribute of a defined type inside a JSON source."""
    if test.operator is Operator.IS_SET:
        return Q(JsonFilled(source, key))
    if kind is Type.NUMBER:
        return number_holds(JsonNumber(source, key), test)
    if kind is Type.BOOLEAN:
        return boolean_holds(JsonBoolean(source, key), test)
    if kind is Type.DATE:
        return date_holds(JsonDate(source, key), test, asking, of_text=True)
    if kind is Type.LIST:
        q = Q()
        for item in test.value:
            q |= Q(JsonHas(source, key, str(item)))
        return q
    value = JsonText(source, key)
    return key_holds(value, test) if kind is Type.CHOICE else text_holds(value, test)


def value_holds(value: Expression, kind: Type, test: Test, asking: Asking) -> Q:
    """Tests of an expression of a column, by the type of its field."""
    if kind is Type.TEXT:
        return text_holds(value, test)
    if kind is Type.CHOICE:
        return key_holds(value, test)
    if kind is Type.NUMBER:
        return number_holds(value, test)
    if kind is Type.BOOLEAN:
        return boolean_holds(value, test)
    return date_holds(value, test, asking) if kind is Type.DATE else moment_holds(value, test, asking)


_OUTPUT: dict[Type, Callable[[], Field[Any, Any]]] = {
    Type.TEXT: TextField,
    Type.CHOICE: CharField,
    Type.NUMBER: FloatField,
    Type.BOOLEAN: BooleanField,
    Type.DATE: DateField,
    Type.MOMENT: DateTimeField,
}


def column(name: str, kind: Type) -> Holds:
    """`holds` of a field that is a column of the row itself."""
    value = typed(name, _OUTPUT[kind]())
    return lambda test, asking: value_holds(value, kind, test, asking)


def through(rows: Callable[[Asking], QuerySet[Any]], link: dict[str, str], holds: Holds) -> Holds:
    """`holds` of a field kept in another table: some linked row passes. `link`: its column → the outer one."""

    def linked(test: Test, asking: Asking) -> Q:
        outer = {inner: OuterRef(name) for inner, name in link.items()}
        return Q(Exists(rows(asking).filter(holds(test, asking), **outer)))

    return linked
