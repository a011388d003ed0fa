"""What conditions can say of warmth: score, its two sides, grade and temperature, now and in the past (R14–R18)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from teplo.conditions.comparing import column, through
from teplo.conditions.condition import Operator
from teplo.conditions.vocabulary import Asking, Choice, Field, Holds, Test, Type
from teplo.scoring.models import ProfileKind, Score, ScoreChange, Temperature

WARMTH = _("Warmth")

GRADES = (
    Choice(ProfileKind.IDEAL, _("ideal")),
    Choice(ProfileKind.NEAR_IDEAL, _("near-ideal")),
    Choice(ProfileKind.UNACCEPTABLE, _("unacceptable")),
)
TEMPERATURES = (
    Choice(Temperature.COLD, _("cold")),
    Choice(Temperature.WARM, _("warm")),
    Choice(Temperature.HOT, _("hot")),
)


def fields() -> Iterator[Field]:
    """Who has not been scored yet has 0 points and is cold."""
    numbers = (
        ("score", "total", _("Score")),
        ("fit", "fit", _("Fit points")),
        ("behaviour", "behaviour", _("Behaviour points")),
    )
    for key, name, shown in numbers:
        yield Field(
            key, Type.NUMBER, shown, _scored(name, Type.NUMBER, 0), WARMTH, is_short=True, without=(Operator.IS_SET,)
        )
    cold, without = Temperature.COLD.value, (Operator.IS_SET,)
    temperature = _scored("temperature", Type.CHOICE, cold)
    yield Field(
        "temperature",
        Type.CHOICE,
        _("Temperature"),
        temperature,
        WARMTH,
        lambda: TEMPERATURES,
        is_short=True,
        without=without,
    )
    grade = _scored("grade", Type.CHOICE, "")
    yield Field("grade", Type.CHOICE, _("Profile"), grade, WARMTH, lambda: GRADES, is_short=True)
    yield Field("score_changed", Type.MOMENT, _("Score changed"), _changed_holds, WARMTH)


_changed_now = through(lambda asking: Score.objects.all(), {"person": "pk"}, column("changed_at", Type.MOMENT))
_changed_then = through(lambda asking: _last_changes(asking), {"person": "pk"}, column("at", Type.MOMENT))


def _changed_holds(test: Test, asking: Asking) -> Q:
    return _changed_then(test, asking) if asking.of_past else _changed_now(test, asking)


def _scored(name: str, kind: Type, unscored: Any) -> Holds:
    """A column of the score, or of the last change up to the moment asked; without a row the value is `unscored`."""
    value = column(name, kind)

    def holds(test: Test, asking: Asking) -> Q:
        rows = _last_changes(asking) if asking.of_past else Score.objects.all()
        mine = rows.filter(person=OuterRef("pk"))
        if _passes(unscored, test):
            return ~Q(Exists(mine.filter(~value(test, asking))))
        return Q(Exists(mine.filter(value(test, asking))))

    return holds


def _last_changes(asking: Asking) -> QuerySet[Any]:
    own = ScoreChange.objects.filter(at__lte=asking.at, is_brought=False)
    later = own.filter(
        Q(at__gt=OuterRef("at")) | Q(at=OuterRef("at"), id__gt=OuterRef("id")), person=OuterRef("person")
    )
    return own.filter(~Exists(later))


def _passes(value: Any, test: Test) -> bool:
    """Whether the value of an unscored person passes: the only test made outside the database, on a constant."""
    wanted = test.value
    if test.operator is Operator.IN:
        return value in wanted
    if test.operator is Operator.BETWEEN:
        return bool(wanted[0] <= value <= wanted[1])
    if test.operator in (Operator.GREATER, Operator.AT_LEAST):
        return bool(value > wanted or (value == wanted and test.operator is Operator.AT_LEAST))
    if test.operator in (Operator.LESS, Operator.AT_MOST):
        return bool(value < wanted or (value == wanted and test.operator is Operator.AT_MOST))
    return bool(value)
