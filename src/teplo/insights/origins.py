"""Where people come from and what became of them, by the source of their first touch (R7, R44)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Count, Q, QuerySet, Sum

from teplo.sales.models import Deal, DealState
from teplo.scoring.models import Temperature
from teplo.tracking.models import Acquisition

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
    """One line per source of those first seen in the last `days` (None: ever), the largest first. Two statements."""
    return _lines(_acquired(at, days), ("first_source",))


def details(*, source: str, at: datetime, days: int | None, limit: int = DETAILS) -> list[Origin]:
    """The same within one source: its campaigns, referrers or fairs, the largest first."""
    return _lines(_acquired(at, days).filter(first_source=source), ("first_source", "first_detail"))[:limit]


def _acquired(at: datetime, days: int | None) -> QuerySet[Acquisition]:
    rows = Acquisition.objects.filter(first_at__lte=at)
    return rows.filter(first_at__gte=at - timedelta(days=days)) if days else rows


def _lines(acquired: QuerySet[Acquisition], by: tuple[str, ...]) -> list[Origin]:
    counted = acquired.order_by().values_list(*by).annotate(
        Count("person_id"),
        known=Count("person_id", filter=Q(person__is_anonymous=False)),
        warm=Count("person_id", filter=Q(person__score__temperature=Temperature.WARM)),
        hot=Count("person_id", filter=Q(person__score__temperature=Temperature.HOT)),
        customers=Count("person_id", filter=Q(person__standing__stage__is_customer=True)),
    )  # fmt: skip
    won = _won(acquired, by)
    lines = [_line(row, len(by), won) for row in counted]
    return sorted(lines, key=lambda line: (-line.people, line.source, line.detail))


def _line(row: tuple[Any, ...], by: int, won: dict[tuple[str, ...], Decimal]) -> Origin:
    names, counts = row[:by], row[by:]
    people, known, warm, hot, customers = counts
    return Origin(
        names[0], names[1] if by > 1 else "", people, known, warm, hot, customers, won.get(tuple(names), Decimal(0))
    )


def _won(acquired: QuerySet[Acquisition], by: tuple[str, ...]) -> dict[tuple[str, ...], Decimal]:
    """Money of won deals by the first source of their person."""
    deals = Deal.objects.filter(state=DealState.WON, person_id__in=acquired.values("person_id"))
    rows = deals.order_by().values_list(*(f"person__acquisition__{name}" for name in by)).annotate(Sum("amount"))
    return {tuple(row[: len(by)]): row[len(by)] or Decimal(0) for row in rows}
