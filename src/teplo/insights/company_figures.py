"""What stands on a company's card beside its people: how warm they are, deals, whose they are, the last touch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import Count, Max, Q, QuerySet, Sum

from teplo.accounts.models import User
from teplo.channels.models import Delivery
from teplo.people.models import Person
from teplo.sales.models import Call, Deal, DealState, Task, TaskState
from teplo.scoring.models import Score, Temperature
from teplo.tracking.models import Presence

DEALS_SHOWN = 8
OWNERS_SHOWN = 3


@dataclass(frozen=True)
class Warmth:
    """Of how many people each temperature is, and the highest score among them."""

    hot: int = 0
    warm: int = 0
    cold: int = 0
    highest: int | None = None
    temperature: str = ""


@dataclass(frozen=True)
class Touch:
    """What happened last and when."""

    kind: str
    at: datetime


@dataclass(frozen=True)
class CompanyFigures:
    """All figures of the card; sums are by currency."""

    warmth: Warmth
    owners: Sequence[tuple[str, int]]
    deals: Sequence[Deal]
    open_sums: Sequence[tuple[str, Decimal, int]]
    won_sums: Sequence[tuple[str, Decimal, int]]
    ours: Touch | None
    theirs: datetime | None
    further_deals: int = field(default=0)


def read_figures(*, company_id: int) -> CompanyFigures:
    """Nine statements, whatever the number of people."""
    people = Person.objects.filter(company_id=company_id, erased_at=None)
    deals = Deal.objects.filter(person__company_id=company_id, person__erased_at=None)
    shown = list(deals.select_related("person").order_by("-opened_at")[:DEALS_SHOWN])
    sums = _sums(deals)
    return CompanyFigures(
        warmth=_warmth(company_id),
        owners=_owners(people),
        deals=shown,
        open_sums=sums.get(DealState.OPEN, []),
        won_sums=sums.get(DealState.WON, []),
        ours=_our_last(company_id),
        theirs=_last(Presence.objects, company_id, "last_seen_at"),
        further_deals=max(0, sum(count for rows in sums.values() for _c, _s, count in rows) - len(shown)),
    )


def _of(rows: Any, company_id: int) -> QuerySet[Any]:
    found: QuerySet[Any] = rows.filter(person__company_id=company_id, person__erased_at=None)
    return found


def _warmth(company_id: int) -> Warmth:
    told = _of(Score.objects, company_id).aggregate(
        highest=Max("total"),
        **{heat.value: Count("person_id", filter=Q(temperature=heat)) for heat in Temperature},
    )
    warmest = next(
        (heat.value for heat in (Temperature.HOT, Temperature.WARM, Temperature.COLD) if told[heat.value]), ""
    )
    return Warmth(told["hot"], told["warm"], told["cold"], told["highest"], warmest)


def _owners(people: QuerySet[Person]) -> list[tuple[str, int]]:
    """Colleagues whose people these are, whoever has most of them first."""
    counts = people.exclude(owner_id=None).order_by().values_list("owner_id").annotate(n=Count("id"))
    found = list(counts.order_by("-n", "owner_id")[:OWNERS_SHOWN])
    names = dict(User.objects.filter(pk__in=[owner for owner, _n in found]).values_list("pk", "name"))
    return [(names[owner], n) for owner, n in found if owner in names]


def _sums(deals: QuerySet[Deal]) -> Mapping[str, list[tuple[str, Decimal, int]]]:
    """State → (currency, sum, how many)."""
    rows = deals.order_by().values_list("state", "currency").annotate(total=Sum("amount"), n=Count("id"))
    found: dict[str, list[tuple[str, Decimal, int]]] = {}
    for state, currency, total, n in rows.order_by("state", "-n", "currency"):
        found.setdefault(state, []).append((currency, Decimal(total or 0), n))
    return found


def _last(rows: Any, company_id: int, column: str) -> datetime | None:
    moment: datetime | None = _of(rows, company_id).aggregate(last=Max(column))["last"]
    return moment


def _our_last(company_id: int) -> Touch | None:
    """Our own last letter that went out, call, or task done."""
    moments = {
        "letter": _last(Delivery.objects, company_id, "sent_at"),
        "call": _last(Call.objects, company_id, "at"),
        "task": _last(Task.objects.filter(state=TaskState.DONE), company_id, "done_at"),
    }
    touches = [Touch(kind, at) for kind, at in moments.items() if at is not None]
    return max(touches, key=lambda touch: touch.at) if touches else None
