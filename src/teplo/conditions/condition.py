"""A condition as read: a small tree of frozen values. The JSON is its stored form, SQL its only evaluator."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class Operator(StrEnum):
    """How a field is compared; the values are the keys of the JSON form."""

    IS = "is"
    IS_NOT = "is_not"
    IN = "in"
    NOT_IN = "not_in"
    CONTAINS = "contains"
    NOT_CONTAINS = "not_contains"
    STARTS_WITH = "starts_with"
    ENDS_WITH = "ends_with"
    GREATER = "greater"
    LESS = "less"
    AT_LEAST = "at_least"
    AT_MOST = "at_most"
    BETWEEN = "between"
    IS_SET = "is_set"
    BEFORE = "before"
    AFTER = "after"
    ON = "on"
    WITHIN = "within"
    WITHIN_NEXT = "within_next"
    OLDER_THAN = "older_than"
    HAS = "has"
    HAS_NOT = "has_not"
    AT_OR_AFTER = "at_or_after"


# The left one holds exactly where the right one does not, missing values included.
COMPLEMENTS = {
    Operator.IS_NOT: Operator.IS,
    Operator.NOT_IN: Operator.IN,
    Operator.NOT_CONTAINS: Operator.CONTAINS,
    Operator.HAS_NOT: Operator.HAS,
}


class SpanUnit(StrEnum):
    HOUR = "h"
    DAY = "d"
    WEEK = "w"
    MONTH = "mo"
    YEAR = "y"


@dataclass(frozen=True, slots=True)
class Span:
    """A length of time as a person says it: 7 days, 2 weeks, 3 months."""

    amount: int
    unit: SpanUnit

    def __str__(self) -> str:
        return f"{self.amount}{self.unit}"


Scalar = str | int | float | bool | date
Operand = Scalar | Span | tuple[Scalar, ...]


@dataclass(frozen=True, slots=True)
class Compare:
    """A field compared with a value: `{"field": "city", "is": "Москва"}`."""

    field: str
    operator: Operator
    value: Operand


@dataclass(frozen=True, slots=True)
class Did:
    """A deed done so many times, of all time or within the last days: `{"did": "visited-prices", "at_least": 2}`."""

    activity: str
    at_least: int = 1
    at_most: int | None = None
    within: Span | None = None


@dataclass(frozen=True, slots=True)
class DidNot:
    """A deed not done, ever or within the last days."""

    activity: str
    within: Span | None = None


@dataclass(frozen=True, slots=True)
class LastDid:
    """How long ago a deed was done last: within, or longer ago than, a span. Who never did it matches neither."""

    activity: str
    within: Span | None = None
    older_than: Span | None = None


@dataclass(frozen=True, slots=True)
class All:
    """Every part holds; without parts: everybody."""

    parts: tuple[Condition, ...] = ()


@dataclass(frozen=True, slots=True)
class Some:
    """At least one part holds: `{"any": […]}`."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """The part does not hold: exactly the rest of the people."""

    part: Condition


Condition = All | Some | Not | Compare | Did | DidNot | LastDid
EVERYBODY = All()


def walk(condition: Condition) -> Iterator[Condition]:
    """The condition and everything inside it, from the outside in."""
    yield condition
    if isinstance(condition, All | Some):
        for part in condition.parts:
            yield from walk(part)
    elif isinstance(condition, Not):
        yield from walk(condition.part)


def mentions(condition: Condition, field: str) -> bool:
    """Whether the condition speaks of this field anywhere."""
    return any(isinstance(node, Compare) and node.field == field for node in walk(condition))


def depends_on_time(condition: Condition) -> bool:
    """Whether people may enter or leave by the mere passing of time."""
    by_time = (Operator.WITHIN, Operator.WITHIN_NEXT, Operator.OLDER_THAN)
    for node in walk(condition):
        if isinstance(node, Compare) and node.operator in by_time:
            return True
        if isinstance(node, Did | DidNot) and node.within is not None:
            return True
        if isinstance(node, LastDid):
            return True
    return False


def simplified(condition: Condition) -> Condition:
    """The same people said shorter: no group of one, no "all" right inside "all", no "any" right inside "any"."""
    if isinstance(condition, All):
        return _grouped(All, condition.parts)
    if isinstance(condition, Some):
        return _grouped(Some, condition.parts)
    return Not(simplified(condition.part)) if isinstance(condition, Not) else condition


def _grouped(group: type[All] | type[Some], parts: tuple[Condition, ...]) -> Condition:
    flat: list[Condition] = []
    for part in map(simplified, parts):
        flat.extend(part.parts if isinstance(part, group) else [part])
    return flat[0] if len(flat) == 1 else group(tuple(flat))
