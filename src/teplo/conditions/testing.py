"""A small vocabulary without tables, for tests of reading, writing and saying."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC

from teplo.conditions.comparing import column
from teplo.conditions.condition import Operator
from teplo.conditions.vocabulary import Choice, Deeds, Family, Field, Type, Vocabulary, by_key

COLOURS = (Choice("red", "Красный"), Choice("blue", "Синий"), Choice("7001", "Весенняя распродажа"))
ACTIVITIES = (Choice("visited-prices", "Смотрел цены"), Choice("replied", "Ответил на письмо"))


def _colours() -> Sequence[Choice]:
    return COLOURS


def make_vocabulary() -> Vocabulary:
    """One field of every type, two activities, properties of any name."""
    fields = [
        Field("city", Type.TEXT, "Город", column("city", Type.TEXT)),
        Field("company.industry", Type.TEXT, "Отрасль", column("industry", Type.TEXT)),
        Field("attr.бюджет", Type.NUMBER, "Бюджет", column("size", Type.NUMBER)),
        Field("score", Type.NUMBER, "Счёт", column("total", Type.NUMBER), is_short=True),
        Field("anonymous", Type.BOOLEAN, "Незнакомец", column("is_anonymous", Type.BOOLEAN)),
        Field("born", Type.DATE, "Родился", column("born", Type.DATE)),
        Field("created", Type.MOMENT, "Известен с", column("created_at", Type.MOMENT)),
        Field(
            "stage",
            Type.CHOICE,
            "Этап",
            column("stage", Type.CHOICE),
            choices=_colours,
            is_short=True,
            extra=(Operator.AT_OR_AFTER,),
        ),
        Field("segment", Type.LIST, "Сегмент", column("x", Type.CHOICE), choices=_colours, is_short=True, leaf="in"),
    ]
    deeds = Deeds(choices=lambda: ACTIVITIES, holds=lambda deed, asking: column("x", Type.CHOICE))  # type: ignore[arg-type,return-value]
    prefix = "property."
    family = Family(
        prefix, lambda key: Field(key, Type.ANY, key.removeprefix(prefix), column("x", Type.TEXT)), "Свойство"
    )
    return Vocabulary(fields=by_key(fields), zone=UTC, deeds=deeds, families=(family,))
