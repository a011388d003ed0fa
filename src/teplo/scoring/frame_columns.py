"""Which columns a frame of the base has: what is known of people and companies, how they came, what they do."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from django.utils.translation import gettext as _

from teplo.conditions import registry
from teplo.conditions.vocabulary import Field, Type, Vocabulary
from teplo.kit.wording import in_language
from teplo.scoring.frame import Column
from teplo.scoring.known_then import CARD, COMPANY
from teplo.scoring.models import Side
from teplo.scoring.moments import WINDOWS
from teplo.tracking.models import Activity

CAME = ("first_source", "last_source", "source", "utm_source", "utm_campaign")
REACH = ("channel", "consent")
LISTS = ("source", "utm_source", "utm_campaign", *REACH)
PEOPLE, COMPANIES = "people", "companies"
"""What a search may be about: people by themselves (B2C), or the companies they are in (B2B)."""
LATER = "@now"
"""Ends the key of a column that holds what is known now instead of what was known then."""

_KINDS: Mapping[Type, str] = {
    Type.TEXT: "text", Type.CHOICE: "text", Type.NUMBER: "number", Type.BOOLEAN: "boolean", Type.DATE: "date",
    Type.LIST: "list",
}  # fmt: skip


def all_columns(*, without: Iterable[str] = (), about: str = "") -> list[Column]:
    """Every column, but for the fields and activities named in `without`, and what `about` does not ask for."""
    vocabulary, left_out = registry.people(), frozenset(without)
    fields = [key for key in field_keys(vocabulary) if key not in left_out and _is_about(key, about)]
    return [*(_of_field(key, vocabulary) for key in fields), *_of_activities(left_out)]


def _is_about(key: str, about: str) -> bool:
    of_company = key.startswith("company.")
    if about == COMPANIES:
        return of_company or key not in ("city", "country", "language") and not key.startswith("attr.")
    return not (of_company and about == PEOPLE)


def field_keys(vocabulary: Vocabulary) -> list[str]:
    """Fields of the condition language that say who a person is or how he came."""
    own = [key for key in vocabulary.fields if key.startswith(("attr.", "company.attr."))]
    wanted = [*CARD, *(f"company.{name}" for name in COMPANY), *own, *CAME, *REACH]
    return [key for key in wanted if key in vocabulary.fields]


def later_column(column: Column) -> Column:
    """The same field as it is now."""
    return Column(
        key=column.key + LATER, label=_("%(field)s, as it is now") % {"field": column.label}, kind=column.kind,
        condition=column.condition, group=column.group, levels=column.levels, later=True,
    )  # fmt: skip


def _of_field(key: str, vocabulary: Vocabulary) -> Column:
    entry = vocabulary.fields[key]
    return Column(
        key=key,
        label=str(entry.name),
        kind="list" if key in LISTS else _KINDS[entry.type],
        condition={"field": key},
        group=str(entry.group),
        levels=_levels(entry, vocabulary),
        operator="is" if key in LISTS and entry.type is Type.TEXT else "",
        is_dated=not key.startswith("company.") and key not in (*CAME, *REACH),
    )


def _levels(entry: Field, vocabulary: Vocabulary) -> dict[str, str]:
    return {key: str(name) for key, name in vocabulary.choices_of(entry).items()}


def _of_activities(left_out: frozenset[str]) -> Iterator[Column]:
    for activity in Activity.objects.filter(is_active=True).order_by("id"):
        if activity.key not in left_out:
            yield from _of_activity(activity.key, in_language(activity.names) or activity.key)


def _of_activity(key: str, name: str) -> Iterator[Column]:
    """Times in each window and ever, and days since the last time."""
    shared: dict[str, Any] = {"group": _("What he does"), "side": Side.BEHAVIOUR.value, "is_dated": False}
    for days in WINDOWS:
        label = _("%(activity)s, in %(days)s days") % {"activity": name, "days": days}
        yield Column(times_key(key, days), label, "times", {"did": key, "within": f"{days}d"}, **shared)
    label = _("%(activity)s, at any time") % {"activity": name}
    yield Column(times_key(key, None), label, "times", {"did": key}, **shared)
    label = _("%(activity)s, days since") % {"activity": name}
    yield Column(since_key(key), label, "recency", {"last_did": key}, **shared)


def times_key(activity: str, days: int | None) -> str:
    return f"did.{activity}.{days}d" if days else f"did.{activity}"


def since_key(activity: str) -> str:
    return f"last.{activity}"
