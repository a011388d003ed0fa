"""What the condition builder asks of the server: the vocabulary, a check with its sentence, a count, suggestions."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext
from django.views.decorators.http import require_GET, require_POST

from teplo.accounts.access import Right, requires
from teplo.conditions import registry
from teplo.conditions.condition import Condition, Operator
from teplo.conditions.reading import ConditionError, load_json, read_json
from teplo.conditions.sentences import say, say_parts
from teplo.conditions.text import read_text, write_text
from teplo.conditions.tokens import TextError
from teplo.conditions.vocabulary import Field, Type, Vocabulary
from teplo.conditions.writing import Json, write_json
from teplo.people.counting import count_people
from teplo.web.formatting import as_number

PREVIEW = timedelta(seconds=2)
"""How long a count may run while somebody is building; then it is estimated."""


def vocabulary_of(what: str) -> Vocabulary:
    """Over people, or over events."""
    return registry.events() if what == "events" else registry.people()


def posted_condition(data: Mapping[str, Any], name: str, *, of: str = "people") -> Json:
    """The condition a builder of that name sent, in its stored form; raises ConditionError.

    Browsers without scripts send the text form as `name_text`.
    """
    vocabulary = vocabulary_of(of)
    if f"{name}_text" in data:
        return write_json(read_text(str(data[f"{name}_text"]), vocabulary), vocabulary)
    return write_json(read_json(load_json(str(data.get(name, "{}"))), vocabulary), vocabulary)


def needed_condition(data: Mapping[str, Any], name: str, *, of: str = "people") -> Json:
    """`posted_condition` of a form that always sends one: without it something was lost, and nobody is meant."""
    if name not in data and f"{name}_text" not in data:
        raise ConditionError("not-an-object")
    return posted_condition(data, name, of=of)


def _sent(request: HttpRequest) -> Any:
    """The JSON of the request; a form has been read already and is none."""
    return load_json("" if request.content_type == "multipart/form-data" else request.body.decode(errors="replace"))


@requires(Right.SEE)
@require_GET
def vocabulary(request: HttpRequest) -> HttpResponse:
    known = vocabulary_of(request.GET.get("of", ""))
    groups: dict[str, list[Json]] = {}
    for entry in known.fields.values():
        groups.setdefault(str(entry.group), []).append(_field(entry, known))
    return JsonResponse(
        {
            "groups": [{"name": name, "fields": fields} for name, fields in groups.items()],
            "leaves": {key: entry.key for key, entry in known.leaves.items()},
            "families": [{"prefix": family.prefix, "name": str(family.name)} for family in known.families],
            "activities": [{"key": key, "name": str(name)} for key, name in known.activities.items()],
            "has_deeds": known.deeds is not None,
            "operators": {kind: _operators(kind) for kind in Type},
            "texts": _texts(),
        }
    )


def _field(entry: Field, known: Vocabulary) -> Json:
    choices = [{"key": key, "name": str(name)} for key, name in known.choices_of(entry).items()]
    return {
        "key": entry.key,
        "name": str(entry.name),
        "type": entry.type,
        "operators": list(entry.operators),
        "choices": choices if entry.choices is not None else None,
        "is_open": entry.is_open or entry.choices is None,
        "suggests": entry.suggest is not None,
    }


def _operators(kind: str) -> dict[str, str]:
    """How the builder names operators; a few sound different by type."""
    names = {
        Operator.IS: pgettext("comparison", "is"),
        Operator.IS_NOT: pgettext("comparison", "is not"),
        Operator.IN: pgettext("comparison", "is one of"),
        Operator.NOT_IN: pgettext("comparison", "is none of"),
        Operator.CONTAINS: pgettext("comparison", "contains"),
        Operator.NOT_CONTAINS: pgettext("comparison", "does not contain"),
        Operator.STARTS_WITH: pgettext("comparison", "starts with"),
        Operator.ENDS_WITH: pgettext("comparison", "ends with"),
        Operator.GREATER: pgettext("comparison", "more than"),
        Operator.LESS: pgettext("comparison", "less than"),
        Operator.AT_LEAST: pgettext("comparison", "at least"),
        Operator.AT_MOST: pgettext("comparison", "at most"),
        Operator.BETWEEN: pgettext("comparison", "between"),
        Operator.IS_SET: pgettext("comparison", "is known"),
        Operator.BEFORE: pgettext("comparison", "before"),
        Operator.AFTER: pgettext("comparison", "after"),
        Operator.ON: pgettext("comparison", "on"),
        Operator.WITHIN: pgettext("comparison", "in the last"),
        Operator.WITHIN_NEXT: pgettext("comparison", "in the next"),
        Operator.OLDER_THAN: pgettext("comparison", "longer ago than"),
        Operator.HAS: pgettext("comparison", "has"),
        Operator.HAS_NOT: pgettext("comparison", "has not"),
        Operator.AT_OR_AFTER: pgettext("comparison", "is here or further"),
    }
    if kind == Type.LIST:
        names |= {Operator.HAS: pgettext("comparison", "any of"), Operator.HAS_NOT: pgettext("comparison", "none of")}
    return {str(operator): name for operator, name in names.items()}


def _texts() -> dict[str, str]:
    return {
        "all": _("All of these hold"),
        "any": _("Any of these holds"),
        "none": _("None of these holds"),
        "not_all": _("Not all of these hold"),
        "add": _("Condition"),
        "add_group": _("Group"),
        "remove": _("Remove"),
        "choose": _("Choose…"),
        "deeds": _("What he did"),
        "did": pgettext("condition", "did"),
        "did_not": pgettext("condition", "did not do"),
        "last_did": pgettext("condition", "last did"),
        "any_times": pgettext("condition", "once or more"),
        "at_least": pgettext("condition", "at least, times"),
        "at_most": pgettext("condition", "at most, times"),
        "exactly": pgettext("condition", "exactly, times"),
        "ever": pgettext("condition", "ever"),
        "within": pgettext("condition", "in the last"),
        "older_than": pgettext("condition", "longer ago than"),
        "not_set": pgettext("condition", "is not known"),
        "yes": pgettext("value", "yes"),
        "no": pgettext("value", "no"),
        "and": pgettext("condition", "and"),
        "h": _("hours"),
        "d": _("days"),
        "w": _("weeks"),
        "mo": _("months"),
        "y": _("years"),
        "value": pgettext("condition", "Value"),
        "property": _("Name of the property"),
        "counting": _("counting…"),
        "as_text": _("As text"),
        "as_blocks": _("As blocks"),
        "operator": _("Comparison"),
        "field": _("What is asked"),
        "times": _("Times"),
        "unit": _("Unit of time"),
        "activity": _("Activity"),
        "joined": _("How conditions are joined"),
        "legend": _("What can be written here"),
        "failed": _("The server did not answer. Your condition is kept here."),
    }


@requires(Right.SEE)
@require_POST
def check(request: HttpRequest) -> HttpResponse:
    """Whether a condition (JSON or text) can be asked; all its forms, or where and why not."""
    known = vocabulary_of(request.GET.get("of", ""))
    try:
        condition = _read(_sent(request), known)
    except TextError as error:
        place = {"start": error.start, "length": error.length, "line": error.line, "column": error.column}
        return JsonResponse({"ok": False, "reason": str(error), **place})
    except ConditionError as error:
        return JsonResponse({"ok": False, "reason": error.reason, "path": list(error.path)})
    return JsonResponse({"ok": True, **_forms(condition, known)})


def _read(asked: Any, known: Vocabulary) -> Condition:
    """The condition of a question; without one, nobody is asked for."""
    if not isinstance(asked, dict):
        raise ConditionError("not-an-object")
    if "text" in asked:
        return read_text(str(asked["text"]), known)
    return read_json(asked.get("condition"), known)


def _forms(condition: Condition, known: Vocabulary) -> Json:
    return {
        "condition": write_json(condition, known),
        "sentence": say(condition, known),
        "chips": say_parts(condition, known),
        "text": write_text(condition, known),
    }


@requires(Right.SEE)
@require_POST
def count(request: HttpRequest) -> HttpResponse:
    """How many people a condition holds for, within two seconds: counted, or estimated and said so."""
    known = registry.people()
    try:
        condition = _read(_sent(request), known)
    except ConditionError:
        return JsonResponse({"said": ""})
    found = count_people(condition, known, limit=PREVIEW)
    if found is None:
        return JsonResponse({"said": _("too many to count at once")})
    said = ngettext("%(n)s person", "%(n)s people", found.people) % {"n": as_number(found.people)}
    said = _("about %(people)s") % {"people": said} if found.is_estimate else said
    return JsonResponse({"people": found.people, "is_estimate": found.is_estimate, "said": said})


@requires(Right.SEE)
@require_GET
def values(request: HttpRequest) -> HttpResponse:
    """Values of a field that begin with what was typed."""
    entry = vocabulary_of(request.GET.get("of", "")).find(request.GET.get("field", ""))
    if entry is None or entry.suggest is None:
        return JsonResponse({"values": []})
    return JsonResponse({"values": list(entry.suggest(request.GET.get("q", "")[:100]))})


urlpatterns = [
    path("conditions/vocabulary/", vocabulary, name="condition-vocabulary"),
    path("conditions/check/", check, name="condition-check"),
    path("conditions/count/", count, name="condition-count"),
    path("conditions/values/", values, name="condition-values"),
]
