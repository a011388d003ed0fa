"""Deals end won or lost with a reason, and the pipeline hears of it (R36, R39)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from teplo.people.testing import make_person
from teplo.sales.deals import (
    DealClosed,
    LostWithoutReason,
    lose_deal,
    move_deal,
    note_payment,
    open_deal,
    reopen_deal,
    win_deal,
)
from teplo.sales.models import Deal
from teplo.tracking.incoming import unpack
from teplo.tracking.models import InboxRow

pytestmark = pytest.mark.django_db


def told() -> list[str]:
    return [event.name for row in InboxRow.objects.order_by("id") for event in unpack(row.payload)]


def test_a_deal_opens_in_the_workspaces_currency() -> None:
    deal = open_deal(person_id=make_person().pk, title="Годовая лицензия", amount=Decimal("12000"))
    assert (deal.currency, deal.step, deal.state) == ("UAH", "talks", "open")


def test_a_won_and_paid_deal_tells_both() -> None:
    deal = open_deal(person_id=make_person().pk, title="x", amount=Decimal(100))
    win_deal(deal=deal, amount=Decimal(90), is_paid=True)
    assert told() == ["deal-won", "payment-received"]
    assert (deal.state, deal.amount) == ("won", Decimal(90))
    assert deal.closed_at is not None


def test_a_deal_is_not_lost_without_a_reason() -> None:
    deal = open_deal(person_id=make_person().pk, title="x")
    with pytest.raises(LostWithoutReason):
        lose_deal(deal=deal, reason=" ")
    lose_deal(deal=deal, reason="too-expensive")
    assert told() == ["deal-lost"]
    assert Deal.objects.get().lost_reason == "too-expensive"


def test_a_closed_deal_stays_closed_until_it_is_opened_again() -> None:
    deal = open_deal(person_id=make_person().pk, title="x")
    win_deal(deal=deal)
    with pytest.raises(DealClosed):
        lose_deal(deal=deal, reason="other")
    with pytest.raises(DealClosed):
        move_deal(deal=deal, step="offer")
    reopen_deal(deal=deal)
    move_deal(deal=deal, step="offer")
    assert Deal.objects.get().step == "offer"


def test_each_payment_of_a_deal_is_an_event_of_its_own() -> None:
    deal = open_deal(person_id=make_person().pk, title="x", amount=Decimal(100))
    at = datetime(2026, 3, 1, 12, tzinfo=UTC)
    win_deal(deal=deal, is_paid=True, at=at)
    note_payment(deal=deal, at=at + timedelta(days=30))
    note_payment(deal=deal, at=at + timedelta(days=60))
    note_payment(deal=deal, at=at + timedelta(days=60))  # told twice by mistake
    events = [event for row in InboxRow.objects.order_by("id") for event in unpack(row.payload)]
    assert len({event.id for event in events if event.name == "payment-received"}) == 3
