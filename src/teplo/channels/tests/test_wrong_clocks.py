"""A clock that was once wrong (a machine woke in 2031, and was put right): no letter waits for it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from teplo.accounts.models import Workspace
from teplo.channels import throttling
from teplo.channels.email.transport import close_transports
from teplo.channels.models import Delivery, DeliveryState, Sender
from teplo.channels.sending import look_again, send_due
from teplo.channels.testing import MailServer, make_delivery, make_sender
from teplo.content.models import Template
from teplo.kit.clock import at_moment
from teplo.people.models import Person
from teplo.people.testing import make_person

pytestmark = pytest.mark.django_db
AHEADS = [timedelta(hours=2), timedelta(days=3), timedelta(days=1500)]


@pytest.fixture(autouse=True)
def closed() -> Iterator[None]:
    yield
    close_transports()


def queued(template: Template, **changes: Any) -> Delivery:
    person = make_person(email=f"p{Person.objects.count()}@example.com")
    return make_delivery(person_id=person.pk, template_id=template.pk, **changes)


def state(delivery: Delivery) -> str:
    return Delivery.objects.get(pk=delivery.pk).state


@pytest.mark.parametrize("ahead", AHEADS)
@pytest.mark.parametrize("booked", ["booked_until", "paused_until", "troubled_at"])
def test_what_a_sender_was_booked_for_further_ahead_than_possible_is_dropped(
    noon: datetime, workspace: Workspace, template: Template, mail: MailServer, ahead: timedelta, booked: str
) -> None:
    make_sender(port=mail.port, health="timeout", failures=3, per_minute=60, **{booked: noon + ahead})
    letter = queued(template)
    assert send_due(owner="a") == 1
    assert state(letter) == DeliveryState.SENT
    sender = Sender.objects.get()
    assert sender.booked_until is not None and sender.booked_until <= noon + timedelta(seconds=1)


@pytest.mark.parametrize("per_minute", [1, 7, 600])
def test_a_booking_that_is_possible_is_kept(noon: datetime, per_minute: int) -> None:
    sender = make_sender(per_minute=per_minute)
    granted = throttling.book(sender, 10_000, now=noon)
    assert granted >= 1 and throttling.room(sender, now=noon) == 0
    assert throttling.book(sender, 1, now=noon) == 0
    assert throttling.book(sender, 1, now=noon + timedelta(minutes=1)) == 1


@pytest.mark.parametrize("ahead", AHEADS)
def test_a_lease_longer_than_any_holds_no_letter(
    noon: datetime, workspace: Workspace, template: Template, mail: MailServer, ahead: timedelta
) -> None:
    make_sender(port=mail.port)
    claimed = queued(template, lease_owner="dead", lease_until=noon + ahead)
    handed = queued(template, state="sending", lease_owner="dead", lease_until=noon + ahead)
    send_due(owner="a")
    assert (state(claimed), state(handed)) == (DeliveryState.SENT, DeliveryState.UNCERTAIN)


def test_a_letter_sent_tomorrow_is_no_touch_of_late(
    noon: datetime, workspace: Workspace, template: Template, mail: MailServer
) -> None:
    make_sender(port=mail.port)
    letter = queued(template)
    for number in range(5):
        Delivery.objects.create(
            person_id=letter.person_id, channel="email", state="sent", sent_at=noon + timedelta(days=900 + number)
        )
    send_due(owner="a")
    assert state(letter) == DeliveryState.SENT


def test_a_letter_put_off_for_longer_than_any_reason_allows_is_looked_at_again(
    noon: datetime, workspace: Workspace, template: Template, mail: MailServer
) -> None:
    make_sender(port=mail.port)
    far = queued(template, reason="quiet-hours", due_at=noon + timedelta(days=30))
    capped = queued(template, reason="frequency-cap", due_at=noon + timedelta(days=6))
    send_due(owner="a")
    assert (state(far), state(capped)) == (DeliveryState.SENT, DeliveryState.QUEUED)


def test_a_clock_put_right_has_everything_in_the_outbox_judged_anew(
    noon: datetime, workspace: Workspace, template: Template, mail: MailServer
) -> None:
    make_sender(port=mail.port)
    with at_moment(noon + timedelta(days=1, hours=10)):  # 00:00 in Kyiv: quiet
        letter = queued(template, due_at=noon)
        send_due(owner="a")
    assert state(letter) == DeliveryState.QUEUED
    assert send_due(owner="a") == 0
    assert look_again() == 1
    send_due(owner="a")
    assert state(letter) == DeliveryState.SENT
