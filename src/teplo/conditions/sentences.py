"""A condition said back as a sentence in Russian, Ukrainian or English."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from django.utils import translation
from django.utils.formats import date_format, number_format
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext

from teplo.conditions.condition import (
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
from teplo.conditions.reading import ConditionError, read_json
from teplo.conditions.vocabulary import Field, Type, Vocabulary


def say(condition: Condition, vocabulary: Vocabulary, language: str | None = None) -> str:
    """The sentence, in the active language when none is given; without a full stop."""
    with translation.override(language or translation.get_language()):
        return capfirst(_say(simplified(condition), vocabulary, 0))


def say_stored(data: object, vocabulary: Vocabulary, language: str | None = None) -> str:
    """The sentence of a stored JSON form; of a broken one, what is wrong with it. Never raises."""
    with translation.override(language or translation.get_language()):
        try:
            return say(read_json(data, vocabulary, of_known_values=False), vocabulary)
        except ConditionError as error:
            return _("cannot be asked: %(reason)s") % {"reason": error.reason}


def say_parts(condition: Condition, vocabulary: Vocabulary) -> list[str]:
    """One sentence per condition that must hold, for chips; empty when everybody is meant."""
    whole = simplified(condition)
    parts = whole.parts if isinstance(whole, All) else (whole,)
    return [capfirst(_say(part, vocabulary, 1)) for part in parts]


def _say(condition: Condition, vocabulary: Vocabulary, binding: int) -> str:
    """`binding`: 0 stands alone, 1 is joined by "and", 2 by "or" or under "not"."""
    if isinstance(condition, All):
        return _say_all(condition, vocabulary, binding)
    if isinstance(condition, Some):
        text = _(" or ").join(_say(part, vocabulary, 2) for part in condition.parts)
        return f"({text})" if binding else text
    if isinstance(condition, Not):
        return _("not true that %(condition)s") % {"condition": _say(condition.part, vocabulary, 2)}
    if isinstance(condition, Compare):
        return _say_comparison(condition, vocabulary)
    return _say_deed(condition, vocabulary)


def _say_all(condition: All, vocabulary: Vocabulary, binding: int) -> str:
    if not condition.parts:
        return _("everybody")
    text = _(" and ").join(_say(part, vocabulary, 1) for part in condition.parts)
    return f"({text})" if binding == 2 else text


# deeds


def _say_deed(condition: Did | DidNot | LastDid, vocabulary: Vocabulary) -> str:
    deed = quoted(str(vocabulary.activities.get(condition.activity, condition.activity)))
    if isinstance(condition, LastDid):
        return _say_last(condition, deed)
    when = say_last_days(condition.within) if condition.within else ""
    if isinstance(condition, DidNot):
        text = _("did not do %(deed)s") if when else _("never did %(deed)s")
        return _spaced(text % {"deed": deed}, when)
    return _spaced(_("did %(deed)s") % {"deed": deed}, _say_times(condition), when)


def _say_last(condition: LastDid, deed: str) -> str:
    if condition.within:
        return _spaced(_("last did %(deed)s") % {"deed": deed}, say_last_days(condition.within))
    assert condition.older_than is not None
    return _spaced(_("last did %(deed)s") % {"deed": deed}, say_ago(condition.older_than))


def _say_times(condition: Did) -> str:
    least, most = condition.at_least, condition.at_most
    if most is None:
        if least == 1:
            return ""
        return ngettext("at least %(n)s time", "at least %(n)s times", least) % {"n": least}
    if least == most:
        return ngettext("exactly %(n)s time", "exactly %(n)s times", most) % {"n": most}
    if least == 1:
        return ngettext("at most %(n)s time", "at most %(n)s times", most) % {"n": most}
    return ngettext("%(least)s to %(n)s time", "%(least)s to %(n)s times", most) % {"n": most, "least": least}


def _spaced(*parts: str) -> str:
    return " ".join(part for part in parts if part)


# spans


def say_last_days(span: Span) -> str:
    """in the last 7 days"""
    n = span.amount
    if span == Span(1, SpanUnit.DAY):
        return _("today")
    texts = {
        SpanUnit.HOUR: ngettext("in the last %(n)s hour", "in the last %(n)s hours", n),
        SpanUnit.DAY: ngettext("in the last %(n)s day", "in the last %(n)s days", n),
        SpanUnit.WEEK: ngettext("in the last %(n)s week", "in the last %(n)s weeks", n),
        SpanUnit.MONTH: ngettext("in the last %(n)s month", "in the last %(n)s months", n),
        SpanUnit.YEAR: ngettext("in the last %(n)s year", "in the last %(n)s years", n),
    }
    return texts[span.unit] % {"n": n}


def say_next_days(span: Span) -> str:
    """in the next 7 days"""
    n = span.amount
    texts = {
        SpanUnit.HOUR: ngettext("in the next %(n)s hour", "in the next %(n)s hours", n),
        SpanUnit.DAY: ngettext("in the next %(n)s day", "in the next %(n)s days", n),
        SpanUnit.WEEK: ngettext("in the next %(n)s week", "in the next %(n)s weeks", n),
        SpanUnit.MONTH: ngettext("in the next %(n)s month", "in the next %(n)s months", n),
        SpanUnit.YEAR: ngettext("in the next %(n)s year", "in the next %(n)s years", n),
    }
    return texts[span.unit] % {"n": n}


def say_ago(span: Span) -> str:
    """more than 7 days ago"""
    n = span.amount
    texts = {
        SpanUnit.HOUR: ngettext("more than %(n)s hour ago", "more than %(n)s hours ago", n),
        SpanUnit.DAY: ngettext("more than %(n)s day ago", "more than %(n)s days ago", n),
        SpanUnit.WEEK: ngettext("more than %(n)s week ago", "more than %(n)s weeks ago", n),
        SpanUnit.MONTH: ngettext("more than %(n)s month ago", "more than %(n)s months ago", n),
        SpanUnit.YEAR: ngettext("more than %(n)s year ago", "more than %(n)s years ago", n),
    }
    return texts[span.unit] % {"n": n}


# fields

_PATTERNS: dict[Operator, Any] = {
    Operator.IS: gettext_lazy("%(field)s is %(value)s"),
    Operator.IS_NOT: gettext_lazy("%(field)s is not %(value)s"),
    Operator.IN: gettext_lazy("%(field)s is %(value)s"),
    Operator.NOT_IN: gettext_lazy("%(field)s is neither %(value)s"),
    Operator.CONTAINS: gettext_lazy("%(field)s contains %(value)s"),
    Operator.NOT_CONTAINS: gettext_lazy("%(field)s does not contain %(value)s"),
    Operator.STARTS_WITH: gettext_lazy("%(field)s starts with %(value)s"),
    Operator.ENDS_WITH: gettext_lazy("%(field)s ends with %(value)s"),
    Operator.GREATER: gettext_lazy("%(field)s is more than %(value)s"),
    Operator.LESS: gettext_lazy("%(field)s is less than %(value)s"),
    Operator.AT_LEAST: gettext_lazy("%(field)s is at least %(value)s"),
    Operator.AT_MOST: gettext_lazy("%(field)s is at most %(value)s"),
    Operator.BEFORE: gettext_lazy("%(field)s is before %(value)s"),
    Operator.AFTER: gettext_lazy("%(field)s is after %(value)s"),
    Operator.ON: gettext_lazy("%(field)s is on %(value)s"),
    Operator.HAS: gettext_lazy("%(field)s has %(value)s"),
    Operator.HAS_NOT: gettext_lazy("%(field)s has not %(value)s"),
    Operator.AT_OR_AFTER: gettext_lazy("%(field)s is %(value)s or later"),
}
_OF_TIME: dict[Operator, Callable[[Span], str]] = {
    Operator.WITHIN: say_last_days,
    Operator.WITHIN_NEXT: say_next_days,
    Operator.OLDER_THAN: say_ago,
}


def _say_comparison(condition: Compare, vocabulary: Vocabulary) -> str:
    entry = vocabulary.find(condition.field)
    field = _inside(str(entry.name)) if entry else condition.field
    operator, value = condition.operator, condition.value
    if entry is not None and operator in entry.said and not isinstance(value, Span):
        return str(entry.said[operator]) % {"field": field, "value": _say_values(condition, entry, vocabulary)}
    if entry is not None and entry.type is Type.BOOLEAN and operator in (Operator.IS, Operator.IS_NOT):
        is_yes = bool(value) is (operator is Operator.IS)
        if entry.answers:
            return str(entry.answers[0 if is_yes else 1])
        return (_("%(field)s: yes") if is_yes else _("%(field)s: no")) % {"field": field}
    if operator is Operator.IS_SET:
        return (_("%(field)s is known") if value else _("%(field)s is not known")) % {"field": field}
    if isinstance(value, Span):
        return f"{field} {_OF_TIME[operator](value)}"
    if operator is Operator.BETWEEN:
        least, most = (say_value(item, entry, vocabulary) for item in value)  # type: ignore[union-attr]
        return _("%(field)s is from %(least)s to %(most)s") % {"field": field, "least": least, "most": most}
    return str(_PATTERNS[operator]) % {"field": field, "value": _say_values(condition, entry, vocabulary)}


def _inside(name: str) -> str:
    """A field's name within a sentence: lower case, unless it is an abbreviation."""
    return name if name[1:2].isupper() else name[:1].lower() + name[1:]


def _say_values(condition: Compare, entry: Field | None, vocabulary: Vocabulary) -> str:
    values = condition.value if isinstance(condition.value, tuple) else (condition.value,)
    said = [say_value(item, entry, vocabulary) for item in values]
    return (_(" nor ") if condition.operator is Operator.NOT_IN else _(" or ")).join(said)


def say_value(value: Any, entry: Field | None, vocabulary: Vocabulary) -> str:
    """A value as a reader of the active language writes it; a choice by its name."""
    if isinstance(value, bool):
        return pgettext("value", "yes") if value else pgettext("value", "no")
    if isinstance(value, int | float):
        return number_format(value)
    if isinstance(value, date):
        return date_format(value, "DATE_FORMAT")
    name = vocabulary.choices_of(entry).get(value) if entry is not None else None
    return quoted(str(name if name is not None else value))


def quoted(text: str) -> str:
    """A text in the quotation marks of the active language."""
    return _("“%(text)s”") % {"text": text}
