"""What a stored condition speaks of, whether or not it can still be read: fields, values, activities."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from teplo.kit.uses import Thing

DEEDS = ("did", "did_not", "last_did")
_JOINTS = ("all", "any", "not")
_BESIDE = ("at_least", "at_most", "within", "older_than", "at_or_after")
_OF_LEAF = {"in": "segment"}


def speaks_of(condition: Any, thing: Thing) -> bool:
    """Whether the condition would lose its sense without the thing."""
    found = set(mentioned(condition))
    if thing.kind == "attribute":
        return any(field == thing.key for field, _value in found)
    if thing.kind == "choice":
        return (thing.key, thing.value) in found
    if thing.kind == "activity":
        return ("did", thing.key) in found
    if thing.kind == "segment":
        return ("segment", str(thing.id)) in found
    if thing.kind in ("stage", "grade", "tag"):
        return (thing.kind, thing.key) in found
    return False


def mentioned(condition: Any) -> Iterator[tuple[str, str]]:
    """(field, value) of every leaf; an empty value beside each field; ("did", key) of activities."""
    if isinstance(condition, list | tuple):
        for part in condition:
            yield from mentioned(part)
    elif isinstance(condition, Mapping):
        yield from _of_object(condition)


def _of_object(data: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    field = data.get("field")
    for key, value in data.items():
        if key in _JOINTS:
            yield from mentioned(value)
        elif key in DEEDS:
            yield from (("did", word) for word in _words(value))
        elif isinstance(field, str) and key != "field":
            yield from ((field, word) for word in _words(value))
        elif key not in ("field", *_BESIDE):
            name = _OF_LEAF.get(key, key)
            yield from ((name, word) for word in ("", *_words(value)))
    if isinstance(field, str):
        yield field, ""


def _words(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        value = list(value.values())
    if isinstance(value, list | tuple):
        for part in value:
            yield from _words(part)
    elif isinstance(value, str | int) and not isinstance(value, bool):
        yield str(value)
