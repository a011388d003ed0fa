"""The condition builder and conditions said in words: `{% load conditions %}`."""

from __future__ import annotations

import json
from typing import Any

from django import template
from django.utils.translation import gettext as _

from teplo.conditions import registry
from teplo.conditions.reading import ConditionError, load_refusable, read_json
from teplo.conditions.sentences import say_parts, say_stored
from teplo.conditions.text import write_text

register = template.Library()


@register.inclusion_tag("conditions/builder.html")
def condition_builder(
    name: str = "condition", value: Any = None, of: str = "people", count: bool = True, empty: str = ""
) -> dict[str, Any]:
    """An editor of a condition that keeps the hidden input `name` true; `value` is the stored JSON or its text."""
    data = _data(value)
    return {
        "name": name,
        "value": json.dumps(data, ensure_ascii=False),
        "text": _as_text(data, of),
        "of": of,
        "count": count and of == "people",
        "empty": empty or (_("Everybody") if of == "people" else _("Every event")),
    }


@register.inclusion_tag("conditions/chips.html")
def condition_chips(value: Any, of: str = "people") -> dict[str, Any]:
    """One readable chip per condition that must hold."""
    known = registry.events() if of == "events" else registry.people()
    data = _data(value)
    try:
        return {"chips": say_parts(read_json(data, known, of_known_values=False), known)}
    except ConditionError:
        return {"chips": [say_stored(data, known)]}


@register.filter
def say_condition(value: Any) -> str:
    """A condition over people as a sentence."""
    return say_stored(_data(value), registry.people())


@register.filter
def say_event_condition(value: Any) -> str:
    """A condition over events as a sentence."""
    return say_stored(_data(value), registry.events())


def _data(value: Any) -> Any:
    if isinstance(value, str):
        return load_refusable(value)
    return value or {}


def _as_text(data: Any, of: str) -> str:
    known = registry.events() if of == "events" else registry.people()
    try:
        return write_text(read_json(data, known, of_known_values=False), known)
    except ConditionError:  # never empty: sent back by a browser without scripts, that would mean everybody
        return json.dumps(data, ensure_ascii=False)
