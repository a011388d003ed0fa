"""Where people come from and what became of them, by the source of their first touch (R7, R44)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import CharField, Count, Q, QuerySet, Sum, Value
from django.db.models.functions import Coalesce

from teplo.insights.figures import came, known
from teplo.people.models import Person
from teplo.sales.models import Deal, DealState
from teplo.scoring.models import Temperature

DETAILS = 12


@dataclass(frozen=True)
class Origin:
    """People of one source (or of one campaign, referrer, fair within it) and how far they have come."""

    source: str
    detail: str
    people: int
    known: int
    warm: int
    hot: int
    customers: int
    won: Decimal

    @property
    def share_known(self) -> float | None:
        """Share who have left a contact."""
        return self.known / self.people if self.people else None

    @property
    def share_customers(self) -> float | None:
        return self.customers / self.people if self.people else None


def origins(*, at: datetime, days: int | None) -> list[Origin]:
    """One line per source of those who came in the last `days` (None: ever), the largest first. Two statements.

    Whose first touch nobody knows stands in a line without a source, so that the lines add up to all who came.
    """
    return _lines(came(at=at, days=days), ("first_source",))


def details(*, source: str, at: datetime, days: int | None, limit: int = DETAILS) -> list[Origin]:
    """The same within one source: its campaigns, referrers or fairs, the largest first."""
    people = came(at=at, days=days).filter(acquisition__first_source=source)
    return _lines(people, ("first_source", "first_detail"))[:limit]


def _lines(people: QuerySet[Person], by: tuple[str, ...]) -> list[Origin]:
    names = [Coalesce(f"acquisition__{name}", Value(""), output_field=CharField()) for name in by]
    grouped = people.order_by().annotate(**dict(zip(by, names, strict=True))).values_list(*by)
    counted = grouped.annotate(
        Count("id"),
        known_people=Count("id", filter=known()),
        warm=Count("id", filter=known() & Q(score__temperature=Temperature.WARM)),
        hot=Count("id", filter=known() & Q(score__temperature=Temperature.HOT)),
        customers=Count("id", filter=Q(standing__stage__is_customer=True)),
    )
    won = _won(people, by)
    lines = [_line(row, len(by), won) for row in counted]
    return sorted(lines, key=lambda line: (-line.people, line.source, line.detail))


def _line(row: tuple[Any, ...], by: int, won: dict[tuple[str, ...], Decimal]) -> Origin:
    names, counts = row[:by], row[by:]
    everybody, known_people, warm, hot, customers = counts
    money = won.get(tuple(names), Decimal(0))
    return Origin(names[0], names[1] if by > 1 else "", everybody, known_people, warm, hot, customers, money)


def _won(people: QuerySet[Person], by: tuple[str, ...]) -> dict[tuple[str, ...], Decimal]:
    """Money of won deals by the first source of their person."""
    deals = Deal.objects.filter(state=DealState.WON, person_id__in=people.values("id"))
    rows = deals.order_by().values_list(*(f"person__acquisition__{name}" for name in by)).annotate(Sum("amount"))
    return {tuple(name or "" for name in row[: len(by)]): row[len(by)] or Decimal(0) for row in rows}
