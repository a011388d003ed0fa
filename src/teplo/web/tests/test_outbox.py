"""The outbox as colleagues see it, and what they may decide."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from teplo.accounts.models import User
from teplo.accounts.testing import make_user
from teplo.channels.models import Delivery, Sender
from teplo.channels.testing import make_delivery, make_sender
from teplo.content.testing import make_template
from teplo.kit.clock import at_moment, now
from teplo.people.testing import make_person
from teplo.tracking.models import InboxRow

pytestmark = pytest.mark.django_db


@pytest.fixture
def marketer(client: Client) -> Client:
    client.force_login(make_user(role="marketer", language="en"))
    return client


def delivered(**changes: Any) -> Delivery:
    person = make_person(email=f"p{Delivery.objects.count()}@example.com", first_name=f"Имя{Delivery.objects.count()}")
    return make_delivery(person_id=person.pk, template_id=make_template(name="Welcome letter").pk, **changes)


def decide(client: Client, decision: str, *deliveries: Delivery) -> int:
    ids = [f"{d.person_id}-{d.id}" for d in deliveries]
    return client.post(reverse("outbox-decide"), {"decision": decision, "ids": ids}).status_code


def state(delivery: Delivery) -> str:
    return Delivery.objects.get(pk=delivery.pk).state


def test_every_silence_is_explained(marketer: Client) -> None:
    until = (now() + timedelta(hours=9)).isoformat()
    delivered(reason="quiet-hours", reason_params={"local": "23:40", "zone": "Europe/Kyiv", "until": until})
    delivered(state="skipped", reason="no-consent")
    text = marketer.get(reverse("outbox")).content.decode()
    assert "it was 23:40 where Имя0 Иванова lives" in text
    assert "did not allow messages" in text


def test_the_list_takes_as_many_statements_for_thirty_as_for_three(
    marketer: Client, django_assert_max_num_queries: Any
) -> None:
    for _ in range(30):
        delivered()
    with django_assert_max_num_queries(14):
        assert marketer.get(reverse("outbox")).status_code == 200


def test_pages_follow_each_other_without_loss(marketer: Client) -> None:
    person, template = make_person(), make_template()
    moment = now()
    for _ in range(70):  # all of one moment: the id decides
        make_delivery(person_id=person.pk, template_id=template.pk, created_at=moment)
    first = marketer.get(reverse("outbox"))
    second = marketer.get(reverse("outbox"), {"after": first.context["further"]})
    seen = [row["delivery"].id for answer in (first, second) for row in answer.context["rows"]]
    assert len(seen) == len(set(seen)) == 70 and second.context["further"] == ""


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ({"state": "waiting"}, ["queued"]),
        ({"state": "uncertain"}, ["uncertain"]),
        ({"channel": "sms"}, ["sent"]),
        ({"reason": "no-consent"}, ["skipped"]),
        ({"journey": "5"}, ["failed"]),
        ({"state": "nonsense"}, ["queued", "uncertain", "sent", "skipped", "failed"]),
    ],
)
def test_filters_narrow_the_list(marketer: Client, query: dict[str, str], shown: list[str]) -> None:
    delivered()
    delivered(state="uncertain", reason="unconfirmed")
    delivered(state="sent", channel="sms", sent_at=now())
    delivered(state="skipped", reason="no-consent")
    delivered(state="failed", reason="refused", journey_id=5)
    rows = marketer.get(reverse("outbox"), query).context["rows"]
    assert sorted(row["delivery"].state for row in rows) == sorted(shown)


def test_an_uncertain_letter_is_sent_again_only_by_a_human_being(marketer: Client) -> None:
    delivery = delivered(state="uncertain", reason="unconfirmed", attempts=1, sent_at=now())
    assert decide(marketer, "again", delivery) == 302
    fresh = Delivery.objects.get(pk=delivery.pk)
    assert (fresh.state, fresh.reason, fresh.attempts, fresh.sent_at) == ("queued", "", 0, None)


def test_an_uncertain_letter_may_be_considered_sent_and_is_told_so_once(marketer: Client) -> None:
    delivery = delivered(state="uncertain", reason="unconfirmed", sent_at=now())
    decide(marketer, "sent", delivery)
    decide(marketer, "sent", delivery)
    assert state(delivery) == "sent"
    assert InboxRow.objects.count() == 1


def test_decisions_touch_only_what_stands_still(marketer: Client) -> None:
    sent, sending = delivered(state="sent"), delivered(state="sending")
    for decision in ("again", "sent", "drop"):
        decide(marketer, decision, sent, sending)
    assert (state(sent), state(sending)) == ("sent", "sending")


def test_a_waiting_letter_can_be_taken_out(marketer: Client) -> None:
    delivery = delivered()
    decide(marketer, "drop", delivery)
    assert state(delivery) == "skipped"


def test_what_failed_for_one_reason_goes_out_anew_together(marketer: Client) -> None:
    refused, gone = delivered(state="failed", reason="refused-content"), delivered(state="failed", reason="gave-up")
    marketer.post(reverse("outbox-retry"), {"reason": "refused-content"})
    assert (state(refused), state(gone)) == ("queued", "failed")


@pytest.mark.parametrize("role", ["salesperson", "analyst"])
def test_only_marketing_decides(client: Client, role: str) -> None:
    client.force_login(make_user(role=role))
    delivery = delivered(state="uncertain")
    assert decide(client, "again", delivery) == 403
    assert client.get(reverse("outbox")).status_code == 200


def test_a_letter_is_looked_at_without_being_opened(marketer: Client) -> None:
    delivery = delivered(state="sent", template_version=1)
    page = marketer.get(reverse("delivery", args=[delivery.person_id, delivery.id])).content.decode()
    look = marketer.get(reverse("delivery-look", args=[delivery.person_id, delivery.id]))
    text = look.content.decode()
    assert "Welcome letter" in page and "Здравствуйте, Имя0" in text
    assert "/l/o/" not in text and "/l/c/" not in text and "https://example.com/prices" in text
    assert look["X-Frame-Options"] == "SAMEORIGIN" and "sandbox" in look["Content-Security-Policy"]


def test_a_sender_is_paused_and_resumed(marketer: Client) -> None:
    sender = make_sender()
    marketer.post(reverse("sender-pause", args=[sender.pk]))
    assert Sender.objects.get().paused_until is not None
    marketer.post(reverse("sender-pause", args=[sender.pk]), {"resume": "1"})
    assert Sender.objects.get().paused_until is None


def test_the_letters_of_one_person_stand_alone(marketer: Client) -> None:
    delivery = delivered(state="sent", sent_at=now())
    delivered(state="sent")
    answer = marketer.get(reverse("outbox"), {"person": delivery.person_id})
    assert [row["delivery"].id for row in answer.context["rows"]] == [delivery.id]
    assert "Имя0 Иванова" in answer.content.decode()


def test_two_zones_in_one_row_are_both_named(marketer: Client) -> None:
    user = User.objects.get()
    User.objects.filter(pk=user.pk).update(timezone="Europe/Kyiv")
    until = datetime(2026, 3, 11, 4, tzinfo=UTC)
    params = {"local": "00:06", "zone": "Asia/Almaty", "until": until.isoformat()}
    waiting = delivered(reason="quiet-hours", reason_params=params, due_at=until)
    with at_moment(until - timedelta(hours=9)):
        marketer.force_login(user)
        text = marketer.get(reverse("outbox")).content.decode()
        page = marketer.get(reverse("delivery", args=[waiting.person_id, waiting.id])).content.decode()
    assert "will go at 09:00 (Almaty, UTC+5)" in text
    assert "tomorrow at 06:00" in text
    assert "Kyiv, UTC+2" in text
    assert "(Kyiv, UTC+2)" in page


def test_one_zone_is_not_named(marketer: Client) -> None:
    User.objects.update(timezone="Europe/Kyiv")
    until = now() + timedelta(hours=9)
    params = {"local": "23:40", "zone": "Europe/Kyiv", "until": until.isoformat()}
    delivered(reason="quiet-hours", reason_params=params, due_at=until)
    assert "UTC+" not in marketer.get(reverse("outbox")).content.decode()
