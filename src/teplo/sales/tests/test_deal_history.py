"""Every state a deal gets is kept with its date, so that the past can be asked."""

from __future__ import annotations

import importlib
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.apps import apps
from django.db.models import Q

from teplo.people.testing import make_person
from teplo.sales.deals import DealClosed, lose_deal, open_deal, reopen_deal, win_deal
from teplo.sales.models import Deal, DealChange
from teplo.sales.outcomes import deal_facts

pytestmark = pytest.mark.django_db
AT = datetime(2026, 3, 1, 9, tzinfo=UTC)


def days(count):
    return AT + timedelta(days=count)


def told(person):
    """(state, at, until) of each fact, in the order of telling."""
    rows = deal_facts(Q(person_id=person.pk)).order_by("id")
    return [(state, at, until) for _person, at, until, state, *_more in rows]


@pytest.fixture
def deal(db):
    return open_deal(person_id=make_person().pk, title="A", amount=Decimal(100), currency="UAH", at=AT)


def test_each_state_holds_until_the_next(deal):
    win_deal(deal=deal, amount=Decimal(250), at=days(3))
    reopen_deal(deal=deal, at=days(5))
    lose_deal(deal=deal, reason="no-need", at=days(9))
    assert told(deal.person) == [
        ("open", AT, days(3)), ("won", days(3), days(5)), ("open", days(5), days(9)), ("lost", days(9), None)
    ]  # fmt: skip
    amounts = DealChange.objects.order_by("id").values_list("amount", "lost_reason")
    assert list(amounts) == [(100, ""), (250, ""), (250, ""), (250, "no-need")]


def test_what_is_refused_or_changes_nothing_leaves_no_word(deal):
    reopen_deal(deal=deal, at=days(1))
    win_deal(deal=deal, at=days(2))
    with pytest.raises(DealClosed):
        lose_deal(deal=deal, reason="other", at=days(3))
    assert [state for state, *_ in told(deal.person)] == ["open", "won"]


def test_deals_of_one_person_do_not_speak_for_each_other(deal):
    other = open_deal(person_id=deal.person_id, title="B", currency="UAH", at=days(1))
    win_deal(deal=other, at=days(2))
    assert told(deal.person) == [("open", AT, None), ("open", days(1), days(2)), ("won", days(2), None)]


def test_deals_of_before_get_what_is_known_of_their_past():
    person = make_person()
    Deal.objects.create(person=person, title="Old", state="won", amount=5, opened_at=AT, closed_at=days(4))
    Deal.objects.create(person=person, title="New", opened_at=days(1))
    importlib.import_module("teplo.sales.migrations.0002_deal_changes").tell_states(apps, None)
    assert sorted(told(person), key=str) == sorted(
        [("open", AT, days(4)), ("won", days(4), None), ("open", days(1), None)], key=str
    )
