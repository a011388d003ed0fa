"""From a Condition back to its JSON form, always the same for the same condition."""

from __future__ import annotations

from datetime import date
from typing import Any

from teplo.conditions.condition import (
    All,
    Compare,
    Condition,
    Did,
    DidNot,
    LastDid,
    Not,
    Operand,
    Operator,
    Some,
    Span,
)
from teplo.conditions.vocabulary import Type, Vocabulary

Json = dict[str, Any]


def write_json(condition: Condition, vocabulary: Vocabulary) -> Json:
    """The stored form; `read_json` of it gives an equal condition."""
    if isinstance(condition, All):
        return {"all": [write_json(part, vocabulary) for part in condition.parts]} if condition.parts else {}
    if isinstance(condition, Some):
        return {"any": [write_json(part, vocabulary) for part in condition.parts]}
    if isinstance(condition, Not):
        return {"not": write_json(condition.part, vocabulary)}
    return _comparison(condition, vocabulary) if isinstance(condition, Compare) else _deed(condition)


def _deed(condition: Did | DidNot | LastDid) -> Json:
    if isinstance(condition, Did):
        times = {"at_least": condition.at_least} if condition.at_least != 1 else {}
        most = {"at_most": condition.at_most} if condition.at_most is not None else {}
        return {"did": condition.activity, **times, **most, **_span("within", condition.within)}
    if isinstance(condition, DidNot):
        return {"did_not": condition.activity, **_span("within", condition.within)}
    spans = {**_span("within", condition.within), **_span("older_than", condition.older_than)}
    return {"last_did": condition.activity, **spans}


def _span(key: str, span: Span | None) -> Json:
    return {key: str(span)} if span else {}


def _comparison(condition: Compare, vocabulary: Vocabulary) -> Json:
    operator, value = str(condition.operator), _plain(condition.value)
    entry = vocabulary.find(condition.field)
    if entry is not None and entry.type is Type.LIST and isinstance(value, list) and len(value) == 1:
        value = value[0]
    if entry is None or not entry.is_short:
        return {"field": condition.field, operator: value}
    if condition.operator in (Operator.IS, Operator.HAS) or (
        condition.operator is Operator.IN and entry.type is not Type.LIST
    ):
        return {entry.json_key: value}
    return {entry.json_key: {operator: value}}


def _plain(value: Operand) -> Any:
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if isinstance(value, Span):
        return str(value)
    return value.isoformat() if isinstance(value, date) else value
