"""What became of people: dated facts of won, lost and open, lent by whoever owns them (R19–R21).

Deals, hand-offs and stage moves lend theirs through `config/wiring.py`; what an import, the API or a colleague tells
stands in `Outcome`. A fact speaks from `at` until something of the same matter replaced it (`until`), so any moment of
the past can be asked and what came later says nothing.
"""

# ruff: noqa: S608, S611 - the text is made of our own names; values are parameters

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import connection, transaction
from django.db.models import DateTimeField, F, Q, QuerySet, Window
from django.db.models.functions import Lead

from teplo.kit import bulk
from teplo.kit.clock import now
from teplo.kit.ids import new_ids
from teplo.scoring.models import Outcome, OutcomeState
from teplo.scoring.statement import Sql

COLUMNS = "person_id, at, until, state, reason, value, currency, source"
"""Of a fact. `until`: when another word on the same matter replaced it, NULL while it stands."""

Facts = Callable[[Q], QuerySet[Any, Any]]
"""Given which people (a Q over `person_id`), rows of COLUMNS without the source, in that order (`values_list`)."""

_TOLD = "told"
_lenders: dict[str, Facts] = {}


def lend(name: str, facts: Facts) -> None:
    """Let an app's table say what became of people; `name` (ours, never a user's) is shown as the source."""
    _lenders[name] = facts


def people_between(first: int | None, last: int | None) -> Q:
    """A Q over `person_id` for a closed range; everybody where both are None."""
    q = Q()
    if first is not None:
        q &= Q(person_id__gte=first)
    if last is not None:
        q &= Q(person_id__lte=last)
    return q


def facts_sql(people: Q) -> Sql:
    """All facts of these people as one SELECT of COLUMNS, in that order."""
    texts: list[str] = []
    params: list[Any] = []
    for name, facts in sorted((_lenders | {_TOLD: _told}).items()):
        text, own = facts(people).order_by().query.get_compiler(connection=connection).as_sql()
        source = "" if name == _TOLD else f", '{name}'"
        texts.append(f"SELECT f.*{source} FROM ({text}) f")
        params += own
    return Sql(" UNION ALL ".join(texts), tuple(params))


def _told(people: Q) -> QuerySet[Any, Any]:
    replaced = Window(
        Lead("at"), partition_by=[F("person_id"), F("source"), F("key")], order_by=[F("at").asc()],
        output_field=DateTimeField(),
    )  # fmt: skip
    rows = Outcome.objects.filter(people).annotate(replaced_at=replaced)
    return rows.values_list("person_id", "at", "replaced_at", "state", "reason", "value", "currency", "source")


@dataclass(frozen=True)
class Told:
    """One word on what became of a person. The same `key` at a later date replaces what was so far, from then on."""

    person_id: int
    state: str
    at: datetime
    key: str = ""
    reason: str = ""
    value: Decimal | None = None
    currency: str = ""


class OutcomeUnknown(ValueError):
    """An outcome is won, lost or open."""


def tell_outcomes(rows: Iterable[Told], *, source: str) -> int:
    """Keep what an import, the API or a colleague says (`source`: import, api, hand); answers how many rows stand.

    Idempotent: told again for the same person, key and date it replaces. Two statements whatever the number of rows.
    """
    latest = {(row.person_id, row.key, row.at): row for row in rows}
    if not latest:
        return 0
    if any(row.state not in OutcomeState.values for row in latest.values()):
        raise OutcomeUnknown
    with transaction.atomic():
        bulk.upsert(Outcome, _NAMES, _values(latest.values(), source), key=_KEY, replace=_REPLACED)
    return len(latest)


_NAMES = ("person_id", "id", "state", "reason", "value", "currency", "at", "source", "key", "told_at")
_KEY = ("person_id", "source", "key", "at")
_REPLACED = ("state", "reason", "value", "currency", "told_at")


def _values(rows: Iterable[Told], source: str) -> Sequence[tuple[Any, ...]]:
    ordered = sorted(rows, key=lambda row: (row.person_id, row.key, row.at))
    moment = now()
    return [
        (row.person_id, id_, row.state, row.reason[:200], row.value, row.currency, row.at, source, row.key, moment)
        for row, id_ in zip(ordered, new_ids(len(ordered)), strict=True)
    ]
