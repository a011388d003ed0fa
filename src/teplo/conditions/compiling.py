"""From a Condition to a Q with bound parameters: the only evaluator there is.

The Q belongs to a query over Person (or over events, with that vocabulary) and is true or false for every row, so it
may be negated, combined and used inside Case(When(…)).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from django.db.models import Q

from teplo.conditions.comparing import FALSE, TRUE
from teplo.conditions.condition import (
    COMPLEMENTS,
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
)
from teplo.conditions.reading import ConditionError, read_json
from teplo.conditions.vocabulary import Asking, Deed, Test, Vocabulary
from teplo.conditions.windows import first_day
from teplo.kit.clock import now


def to_q(
    condition: Condition, vocabulary: Vocabulary, *, as_of: datetime | None = None, among: Sequence[int] | None = None
) -> Q:
    """The Q of a condition, asked of now or of a moment in the past (R21).

    Give `among` (the ids the outer query is filtered by) when few people are asked, as in a batch or on a page: counts
    of deeds are then looked up person by person. Without it they are grouped once, which is right for a count over all.
    """
    return ask(condition, Asking(vocabulary, as_of or now(), of_past=as_of is not None, among=among))


def stored_to_q(
    data: object,
    vocabulary: Vocabulary,
    *,
    as_of: datetime | None = None,
    among: Sequence[int] | None = None,
    of_known_values: bool = False,
) -> Q:
    """`to_q` of a stored JSON form, forgiving to values that are gone since; raises ConditionError for the rest."""
    return to_q(read_json(data, vocabulary, of_known_values=of_known_values), vocabulary, as_of=as_of, among=among)


def ask(condition: Condition, asking: Asking) -> Q:
    """The Q of a condition within a question already begun (segments inside segments)."""
    if isinstance(condition, All):
        return _all(condition, asking)
    if isinstance(condition, Some):
        return _some(condition, asking)
    if isinstance(condition, Not):
        return ~ask(condition.part, asking)
    if isinstance(condition, Compare):
        return _compare(condition, asking)
    return _deed(condition, asking)


def _all(condition: All, asking: Asking) -> Q:
    q = Q()
    for part in condition.parts:
        q &= ask(part, asking)
    return q or TRUE


def _some(condition: Some, asking: Asking) -> Q:
    q = Q()
    for part in condition.parts:
        q |= ask(part, asking)
    return q or FALSE


def _compare(condition: Compare, asking: Asking) -> Q:
    entry = asking.vocabulary.find(condition.field)
    if entry is None:
        raise ConditionError("unknown-field", ("field",), field=condition.field)
    operator, value = condition.operator, condition.value
    is_negative = operator in COMPLEMENTS or value is False and operator is Operator.IS_SET
    operator = COMPLEMENTS.get(operator, operator)
    if operator is Operator.IS:
        operator, value = Operator.IN, (value,)  # type: ignore[assignment]
    q = entry.holds(Test(operator, value), asking)
    return ~q if is_negative else q


def _deed(condition: Did | DidNot | LastDid, asking: Asking) -> Q:
    if isinstance(condition, DidNot):
        return ~_done(
            condition.activity, asking, first_day(condition.within, asking.today) if condition.within else None
        )
    if isinstance(condition, Did):
        since = first_day(condition.within, asking.today) if condition.within else None
        return _done(condition.activity, asking, since, at_least=condition.at_least, at_most=condition.at_most)
    if condition.within is not None:
        return _done(condition.activity, asking, _since(condition.within, asking))
    assert condition.older_than is not None
    bound = first_day(condition.older_than, asking.today)
    return _done(condition.activity, asking, None) & ~_done(condition.activity, asking, bound)


def _since(within: Span | None, asking: Asking) -> date | None:
    return first_day(within, asking.today) if within else None


def _done(activity: str, asking: Asking, since: date | None, *, at_least: int = 1, at_most: int | None = None) -> Q:
    deeds = asking.vocabulary.deeds
    if deeds is None:
        raise ConditionError("unknown-leaf", ("did",), found="did")
    return deeds.holds(Deed(activity, at_least, at_most, since, asking.today), asking)
