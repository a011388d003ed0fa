"""From the JSON form to a Condition, refusing with the place and the reason what cannot be asked."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from teplo.conditions.condition import (
    EVERYBODY,
    All,
    Compare,
    Condition,
    Did,
    DidNot,
    LastDid,
    Not,
    Operand,
    Operator,
    Scalar,
    Some,
    Span,
    SpanUnit,
)
from teplo.conditions.vocabulary import Field, Type, Vocabulary

Path = tuple[str | int, ...]
DEPTH = 20
SIZE = 500
VALUES = 10_000
LENGTH = 1000

TEXTS = {
    "not-an-object": gettext_noop("a condition is expected here"),
    "not-a-list": gettext_noop("a list of conditions is expected here"),
    "unknown-leaf": gettext_noop("there is no condition “%(found)s”"),
    "mixed-leaf": gettext_noop("“%(found)s” does not belong here"),
    "empty-any": gettext_noop("“any” needs at least one condition"),
    "too-deep": gettext_noop("conditions are nested too deeply (at most %(limit)s levels)"),
    "too-many": gettext_noop("there are too many conditions (at most %(limit)s)"),
    "too-many-values": gettext_noop("there are too many values (at most %(limit)s)"),
    "unknown-field": gettext_noop("there is no field “%(field)s”"),
    "no-operator": gettext_noop("say how to compare “%(field)s”"),
    "wrong-operator": gettext_noop("“%(field)s” cannot be compared with “%(operator)s”"),
    "wrong-type": gettext_noop("a value of another kind is expected: %(expected)s"),
    "empty-value": gettext_noop("a value is missing"),
    "too-long": gettext_noop("the value is too long (at most %(limit)s characters)"),
    "unknown-value": gettext_noop("“%(field)s” has no value “%(value)s”"),
    "unknown-activity": gettext_noop("there is no activity “%(activity)s”"),
    "bad-span": gettext_noop("“%(value)s” is not a length of time such as 7d, 2w, 3mo or 1y"),
    "hours-of-days": gettext_noop("days are the finest measure here, hours do not fit"),
    "bad-date": gettext_noop("“%(value)s” is not a date such as 2026-03-31"),
    "bad-count": gettext_noop("a whole number from %(least)s is expected"),
    "impossible-range": gettext_noop("the range ends before it begins"),
    "segment-cycle": gettext_noop("the segment would contain itself"),
}
EXPECTED = {
    Type.TEXT: gettext_noop("text"),
    Type.NUMBER: gettext_noop("a number"),
    Type.BOOLEAN: gettext_noop("yes or no"),
    Type.DATE: gettext_noop("a date"),
    Type.MOMENT: gettext_noop("a date"),
    Type.CHOICE: gettext_noop("one of the known values"),
    Type.LIST: gettext_noop("one of the known values"),
    Type.ANY: gettext_noop("text or a number"),
}


class ConditionError(ValueError):
    """The condition cannot be asked: `path` says where, `code` and `params` why; str() tells it localised."""

    def __init__(self, code: str, path: Path = (), **params: Any) -> None:
        super().__init__(code)
        self.code, self.path, self.params = code, path, params

    @property
    def place(self) -> str:
        """Where in the JSON: `all[0].is`."""
        return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in self.path).lstrip(".")

    @property
    def reason(self) -> str:
        """Why, without the place."""
        params = {key: _(value) if key == "expected" else value for key, value in self.params.items()}
        return _(TEXTS[self.code]) % params

    def __str__(self) -> str:
        return f"{self.place}: {self.reason}" if self.path else self.reason


def read_json(
    data: object, vocabulary: Vocabulary, *, of_known_values: bool = True, is_inside: bool = False
) -> Condition:
    """The Condition that `data` says; raises ConditionError.

    Unknown activities and choices are refused when a condition is saved. A stored condition may outlive the stage or
    segment it names: read with `of_known_values=False`, such a leaf matches nobody instead of stopping the pipeline.

    Where it would match *everybody* (`did_not`, `not`, none of these segments), it is refused all the same: an
    exclusion that has lost its sense must not let everybody through. Say `is_inside` of a condition that another one
    asks for, perhaps negated.
    """
    return _Reader(vocabulary, of_known_values, is_negated=is_inside).read(data, ())


def load_json(text: str) -> Any:
    """What a JSON text says; raises ConditionError, also for one nested deeper than can be read at all."""
    try:
        said = json.loads(text, object_pairs_hook=_pairs)
    except RecursionError:
        raise ConditionError("too-deep", limit=DEPTH) from None
    except ConditionError:
        raise
    except ValueError:
        raise ConditionError("not-an-object") from None
    if _levels(said) > DEPTH * 4:
        raise ConditionError("too-deep", limit=DEPTH)
    return said


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A name said twice in one object: the second would silently take the place of the first."""
    said = dict(pairs)
    if len(said) < len(pairs):
        names = [name for name, _value in pairs]
        raise ConditionError("mixed-leaf", found=next(name for name in said if names.count(name) > 1))
    return said


def _levels(data: Any) -> int:
    """How deep lists and objects are nested; without recursion, and no deeper than anybody needs to know."""
    levels, here = 0, [data]
    while here and levels <= DEPTH * 4:
        levels += 1
        inside: list[Any] = []
        for one in here:
            inside += one.values() if isinstance(one, dict) else one if isinstance(one, list) else ()
        here = [one for one in inside if isinstance(one, dict | list)]
    return levels


def load_refusable(text: str) -> dict[str, Any]:
    """What a JSON text says, for whoever reads and refuses it later: what is no condition never becomes everybody."""
    try:
        said = load_json(text or "{}")
    except ConditionError as error:
        return _too_deep() if error.code == "too-deep" else {"not": None}
    return said if isinstance(said, dict) else {"not": None}


def _too_deep() -> dict[str, Any]:
    """A condition that is refused for its depth, and can be shown and sent back."""
    said: dict[str, Any] = {}
    for _level in range(DEPTH * 2 + 2):
        said = {"not": said}
    return said


def read_span(text: object, path: Path, *, of_days: bool = False) -> Span:
    """A Span of "7d", "12h", "2w", "3mo", "1y"; a bare number means days."""
    if isinstance(text, int) and not isinstance(text, bool):
        text = f"{text}d"
    found = re.fullmatch(r"(\d{1,5})(h|d|w|mo|y)", text) if isinstance(text, str) else None
    if found is None or int(found[1]) < 1:
        raise ConditionError("bad-span", path, value=text)
    span = Span(int(found[1]), SpanUnit(found[2]))
    if of_days and span.unit is SpanUnit.HOUR:
        raise ConditionError("hours-of-days", path)
    if span.unit in (SpanUnit.YEAR, SpanUnit.MONTH) and span.amount > 1200 or span.amount > 40_000:
        raise ConditionError("bad-span", path, value=text)
    return span


class _Reader:
    def __init__(self, vocabulary: Vocabulary, of_known_values: bool, *, is_negated: bool = False) -> None:
        self.vocabulary = vocabulary
        self.of_known_values = of_known_values
        self.is_negated = is_negated
        """Whether a leaf that matches nobody could make the whole match everybody."""
        self.left = SIZE
        self.values_left = VALUES

    def read(self, data: object, path: Path) -> Condition:
        if not isinstance(data, Mapping):
            raise ConditionError("not-an-object", path)
        self._count(path)
        if not data:
            return EVERYBODY
        for key, read in (("all", self._all), ("any", self._any), ("not", self._not)):
            if key in data:
                self._only(data, (key,), path)
                return read(data[key], (*path, key))
        for key, read_leaf in (("did", self._did), ("did_not", self._did_not), ("last_did", self._last_did)):
            if key in data:
                return read_leaf(data, path)
        if "field" in data:
            return self._field(data, path)
        return self._short(data, path)

    def _count(self, path: Path) -> None:
        self.left -= 1
        if self.left < 0:
            raise ConditionError("too-many", path, limit=SIZE)
        if len(path) > DEPTH * 2:
            raise ConditionError("too-deep", path, limit=DEPTH)

    def _only(self, data: Mapping[str, Any], allowed: tuple[str, ...], path: Path) -> None:
        for key in data:
            if key not in allowed:
                raise ConditionError("mixed-leaf", (*path, str(key)), found=key)

    def _parts(self, data: object, path: Path) -> tuple[Condition, ...]:
        if not isinstance(data, list | tuple):
            raise ConditionError("not-a-list", path)
        return tuple(self.read(part, (*path, index)) for index, part in enumerate(data))

    def _all(self, data: object, path: Path) -> Condition:
        return All(self._parts(data, path))

    def _any(self, data: object, path: Path) -> Condition:
        parts = self._parts(data, path)
        if not parts:
            raise ConditionError("empty-any", path)
        return Some(parts)

    def _not(self, data: object, path: Path) -> Condition:
        was_negated, self.is_negated = self.is_negated, True
        part = self.read(data, path)
        self.is_negated = was_negated
        return Not(part)

    # deeds

    def _activity(self, data: Mapping[str, Any], key: str, path: Path, *, must_be_known: bool = False) -> str:
        activity = data[key]
        if not isinstance(activity, str) or not activity:
            raise ConditionError("empty-value", (*path, key))
        if self.vocabulary.deeds is None:
            raise ConditionError("unknown-leaf", (*path, key), found=key)
        must_be_known = must_be_known or self.of_known_values or self.is_negated
        if must_be_known and activity not in self.vocabulary.activities:
            raise ConditionError("unknown-activity", (*path, key), activity=activity)
        return activity

    def _span(self, data: Mapping[str, Any], key: str, path: Path) -> Span | None:
        return read_span(data[key], (*path, key), of_days=True) if data.get(key) is not None else None

    def _did(self, data: Mapping[str, Any], path: Path) -> Did:
        self._only(data, ("did", "at_least", "at_most", "within"), path)
        at_least = _whole(data.get("at_least", 1), 0, (*path, "at_least"))
        at_most = data.get("at_most")
        if at_most is not None and _whole(at_most, 0, (*path, "at_most")) < at_least:
            raise ConditionError("impossible-range", (*path, "at_most"))
        activity = self._activity(data, "did", path, must_be_known=at_least == 0)
        return Did(activity, at_least, at_most, self._span(data, "within", path))

    def _did_not(self, data: Mapping[str, Any], path: Path) -> DidNot:
        self._only(data, ("did_not", "within"), path)
        activity = self._activity(data, "did_not", path, must_be_known=True)
        return DidNot(activity, self._span(data, "within", path))

    def _last_did(self, data: Mapping[str, Any], path: Path) -> LastDid:
        self._only(data, ("last_did", "within", "older_than"), path)
        within, older_than = self._span(data, "within", path), self._span(data, "older_than", path)
        if (within is None) == (older_than is None):
            raise ConditionError("no-operator", (*path, "last_did"), field="last_did")
        return LastDid(self._activity(data, "last_did", path), within, older_than)

    # fields

    def _field(self, data: Mapping[str, Any], path: Path) -> Compare:
        key = data["field"]
        entry = self.vocabulary.find(key) if isinstance(key, str) else None
        if entry is None:
            raise ConditionError("unknown-field", (*path, "field"), field=key)
        rest = {name: value for name, value in data.items() if name != "field"}
        return self._comparison(entry, rest, path)

    def _short(self, data: Mapping[str, Any], path: Path) -> Compare:
        key = next(iter(data))
        entry = self.vocabulary.leaves.get(key)
        if entry is None:
            raise ConditionError("unknown-leaf", (*path, str(key)), found=key)
        value, inside = data[key], (*path, key)
        if isinstance(value, Mapping):
            self._only(data, (key,), path)
            return self._comparison(entry, value, inside)
        self._only(data, (key, "at_or_after"), path)
        operator = Operator.AT_OR_AFTER if data.get("at_or_after") else _plain_operator(entry, value)
        return Compare(entry.key, operator, self._operand(entry, operator, value, inside))

    def _comparison(self, entry: Field, data: Mapping[str, Any], path: Path) -> Compare:
        if not data:
            raise ConditionError("no-operator", path, field=entry.key)
        name, value = next(iter(data.items()))
        if name not in entry.operators:
            raise ConditionError("wrong-operator", (*path, str(name)), field=entry.key, operator=name)
        self._only(data, (name,), path)
        operator = Operator(name)
        return Compare(entry.key, operator, self._operand(entry, operator, value, (*path, name)))

    def _operand(self, entry: Field, operator: Operator, value: Any, path: Path) -> Operand:
        if operator not in entry.operators:
            raise ConditionError("wrong-operator", path, field=entry.key, operator=str(operator))
        if operator is Operator.IS_SET:
            return _boolean(value, path)
        if operator in (Operator.WITHIN, Operator.WITHIN_NEXT, Operator.OLDER_THAN):
            return read_span(value, path, of_days=entry.type is Type.DATE)
        if operator is Operator.BETWEEN:
            return self._range(entry, value, path)
        if operator in (Operator.IN, Operator.NOT_IN):
            return self._several(entry, value, path)
        if operator in (Operator.HAS, Operator.HAS_NOT):
            values = self._several(entry, value if isinstance(value, list | tuple) else [value], path)
            if entry.is_definition and (self.is_negated or operator is Operator.HAS_NOT):
                self._refuse_gone(entry, values, path)
            return values
        return self._scalar(entry, value, path)

    def _several(self, entry: Field, value: Any, path: Path) -> tuple[Scalar, ...]:
        if not isinstance(value, list | tuple):
            raise ConditionError("wrong-type", path, expected=EXPECTED[entry.type])
        if not value:
            raise ConditionError("empty-value", path)
        self.values_left -= len(value)
        if self.values_left < 0:
            raise ConditionError("too-many-values", path, limit=VALUES)
        return tuple(dict.fromkeys(self._scalar(entry, item, (*path, i)) for i, item in enumerate(value)))

    def _range(self, entry: Field, value: Any, path: Path) -> tuple[Scalar, ...]:
        if not isinstance(value, list | tuple) or len(value) != 2:
            raise ConditionError("wrong-type", path, expected=gettext_noop("two values, from and to"))
        least, most = (self._scalar(entry, item, (*path, index)) for index, item in enumerate(value))
        if type(least) is str or type(most) is str:
            raise ConditionError("wrong-type", path, expected=EXPECTED[Type.NUMBER])
        if least > most:  # type: ignore[operator]
            raise ConditionError("impossible-range", path)
        return least, most

    def _scalar(self, entry: Field, value: Any, path: Path) -> Scalar:
        if value is None or value == "":
            raise ConditionError("empty-value", path)
        if entry.type is Type.NUMBER:
            return _number(value, path)
        if entry.type is Type.BOOLEAN:
            return _boolean(value, path)
        if entry.type in (Type.DATE, Type.MOMENT):
            return _date(value, path)
        if entry.type is Type.ANY:
            return self._any_scalar(value, path)
        text = _text(str(value) if type(value) is int else value, path, entry.type)
        return self._known(entry, text, path) if entry.type in (Type.CHOICE, Type.LIST) else text

    def _any_scalar(self, value: Any, path: Path) -> Scalar:
        if path and path[-1] in (Operator.GREATER, Operator.LESS, Operator.AT_LEAST, Operator.AT_MOST):
            return _number(value, path)
        return value if isinstance(value, bool | int | float) else _text(value, path, Type.ANY)

    def _refuse_gone(self, entry: Field, values: tuple[Scalar, ...], path: Path) -> None:
        known = self.vocabulary.choices_of(entry)
        gone = next((value for value in values if value not in known), None)
        if gone is not None:
            raise ConditionError("unknown-value", path, field=entry.key, value=gone)

    def _known(self, entry: Field, value: str, path: Path) -> str:
        if entry.choices is None or entry.is_open or not self.of_known_values:
            return value
        if value not in self.vocabulary.choices_of(entry):
            raise ConditionError("unknown-value", path, field=entry.key, value=value)
        return value


def _plain_operator(entry: Field, value: object) -> Operator:
    if entry.type is Type.LIST:
        return Operator.HAS
    return Operator.IN if isinstance(value, list | tuple) else Operator.IS


def _text(value: object, path: Path, kind: Type) -> str:
    if not isinstance(value, str) or "\0" in value:
        raise ConditionError("wrong-type", path, expected=EXPECTED[kind])
    if not value.strip():
        raise ConditionError("empty-value", path)
    if len(value) > LENGTH:
        raise ConditionError("too-long", path, limit=LENGTH)
    return value.strip()


def _number(value: object, path: Path) -> int | float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < 1e18:
        raise ConditionError("wrong-type", path, expected=EXPECTED[Type.NUMBER])
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _whole(value: object, least: int, path: Path) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value < 2**31:
        raise ConditionError("bad-count", path, least=least)
    return value


def _boolean(value: object, path: Path) -> bool:
    if not isinstance(value, bool):
        raise ConditionError("wrong-type", path, expected=EXPECTED[Type.BOOLEAN])
    return value


def _date(value: object, path: Path) -> date:
    if isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\d(T.*)?", value):
        try:
            return date.fromisoformat(value[:10])
        except ValueError:
            pass
    raise ConditionError("bad-date", path, value=value)
