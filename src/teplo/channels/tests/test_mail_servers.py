"""The sender against servers that misbehave: what is surely not sent goes later, what perhaps was is uncertain."""

from __future__ import annotations

import asyncio
import socket
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from aiosmtpd.controller import Controller

from teplo.accounts.models import Workspace
from teplo.channels import reasons
from teplo.channels.email import connection
from teplo.channels.email.transport import close_transports
from teplo.channels.models import Delivery, DeliveryState, Sender
from teplo.channels.sending import send_due
from teplo.channels.testing import MailServer, make_delivery, make_sender
from teplo.content.models import Template
from teplo.kit.clock import at_moment
from teplo.people.testing import make_person

pytestmark = pytest.mark.django_db
Script = Callable[[str, str], "str | None"]


def queued(template: Template, count: int = 1) -> list[Delivery]:
    return [
        make_delivery(person_id=make_person(email=f"p{n}@example.com").pk, template_id=template.pk)
        for n in range(count)
    ]


def stood(*deliveries: Delivery) -> list[tuple[str, str]]:
    rows = Delivery.objects.in_bulk([d.pk for d in deliveries])
    return [(rows[d.pk].state, rows[d.pk].reason) for d in deliveries]


def fresh(delivery: Delivery) -> Delivery:
    return Delivery.objects.get(pk=delivery.pk)


def first_time(stage: str, reply: str) -> Script:
    """Answer `reply` at `stage` to the first one only."""
    seen = Counter[str]()

    def script(at: str, _line: str) -> str | None:
        seen[at] += at == stage
        return reply if at == stage and seen[at] == 1 else None

    return script


@pytest.fixture(autouse=True)
def closed() -> Any:
    yield
    close_transports()


def test_greylisting_is_tried_again_after_five_minutes(
    noon: datetime, workspace: Workspace, template: Template
) -> None:
    with MailServer(script=first_time("rcpt", "450 4.7.1 Greylisted, come back later")) as server:
        make_sender(port=server.port)
        (delivery,) = queued(template)
        send_due(owner="a")
        waiting = fresh(delivery)
        assert (waiting.state, waiting.reason) == (DeliveryState.QUEUED, reasons.LATER)
        assert waiting.due_at == noon + timedelta(minutes=5) and waiting.attempts == 1 and waiting.sent_at is None
        send_due(owner="a")
        assert server.letters == []
        with at_moment(waiting.due_at):
            send_due(owner="a")
    assert stood(delivery) == [(DeliveryState.SENT, "")]
    assert fresh(delivery).attempts == 2 and len(server.letters) == 1


def test_an_address_that_is_always_busy_is_given_up(noon: datetime, workspace: Workspace, template: Template) -> None:
    with MailServer(script=lambda stage, _: "452 4.2.2 Mailbox full" if stage == "rcpt" else None) as server:
        make_sender(port=server.port)
        (delivery,) = queued(template)
        Delivery.objects.update(is_service=True)  # so that no night lengthens it
        waits = []
        while (now_stands := fresh(delivery)).state == DeliveryState.QUEUED:
            waits.append(now_stands.due_at)
            with at_moment(now_stands.due_at):
                send_due(owner="a")
    assert stood(delivery) == [(DeliveryState.FAILED, reasons.GAVE_UP)]
    assert len(waits) == 8 and waits[-1] - waits[0] > timedelta(hours=12)


@pytest.mark.parametrize("offers", [(), ("PIPELINING",)])
def test_a_refused_neighbour_does_not_hinder_the_others(
    noon: datetime, workspace: Workspace, template: Template, offers: tuple[str, ...]
) -> None:
    def refuse(stage: str, line: str) -> str | None:
        return "550 5.2.1 disabled" if stage == "rcpt" and "p3@" in line else None

    with MailServer(script=refuse, offers=offers) as server:
        make_sender(port=server.port, settings={"connections": 1})
        deliveries = queued(template, 8)
        send_due(owner="a")
    assert Counter(stood(*deliveries)) == {(DeliveryState.SENT, ""): 7, (DeliveryState.FAILED, reasons.REFUSED): 1}
    assert {received.recipients[0] for received in server.letters} == {f"p{n}@example.com" for n in range(8) if n != 3}


def test_a_connection_that_breaks_within_the_letter_means_surely_not_sent(
    noon: datetime, workspace: Workspace, template: Template
) -> None:
    with MailServer(script=first_time("half", "drop"), is_narrow=True) as server:
        make_sender(port=server.port, settings={"connections": 1})
        template.body = f"<p>{'слово ' * 20_000}</p>"
        template.save(update_fields=["body"])
        deliveries = queued(template, 3)
        send_due(owner="a")
        states = Counter(stood(*deliveries))
        assert states == {(DeliveryState.SENT, ""): 2, (DeliveryState.QUEUED, reasons.CUT_OFF): 1}
        with at_moment(noon + timedelta(minutes=3)):
            send_due(owner="a")
    assert set(stood(*deliveries)) == {(DeliveryState.SENT, "")}
    assert len(server.letters) == 3


def test_an_answer_that_is_lost_after_the_letter_makes_it_uncertain(
    noon: datetime, workspace: Workspace, template: Template
) -> None:
    def lose(stage: str, line: str) -> str | None:
        return "drop" if stage == "dot" and "p1@" in line else None

    with MailServer(script=lose) as server:
        make_sender(port=server.port, settings={"connections": 1})
        deliveries = queued(template, 3)
        send_due(owner="a")
        assert stood(*deliveries) == [
            (DeliveryState.SENT, ""),
            (DeliveryState.UNCERTAIN, reasons.UNCONFIRMED),
            (DeliveryState.SENT, ""),
        ]
        with at_moment(noon + timedelta(hours=2)):
            assert send_due(owner="a") == 0
    assert len(server.begun) == 3


def test_a_server_that_ends_the_session_after_each_letter_is_put_up_with(
    noon: datetime, workspace: Workspace, template: Template
) -> None:
    sessions: Counter[str] = Counter()

    def tired(stage: str, _line: str) -> str | None:
        sessions[stage] += 1
        return "421 4.7.0 enough for this session" if stage == "mail" and sessions["mail"] % 2 == 0 else None

    with MailServer(script=tired, offers=()) as server:
        make_sender(port=server.port, settings={"connections": 1})
        deliveries = queued(template, 4)
        send_due(owner="a")
    assert set(stood(*deliveries)) == {(DeliveryState.SENT, "")}
    assert server.connections == 4


def test_a_server_that_has_enough_of_the_sender_pauses_it_and_nothing_is_lost(
    noon: datetime, workspace: Workspace, template: Template
) -> None:
    with MailServer(script=lambda stage, _: "451 4.7.1 slow down" if stage == "mail" else None) as server:
        sender = make_sender(port=server.port)
        deliveries = queued(template, 20)
        send_due(owner="a")
        sender.refresh_from_db()
        assert sender.paused_until == noon + timedelta(seconds=30) and "slow down" in sender.health
        assert set(stood(*deliveries)) == {(DeliveryState.QUEUED, reasons.SENDER_TROUBLE)}
        tried = [d for d in deliveries if fresh(d).attempts]
        assert 3 <= len(tried) <= 3 + 4 and {fresh(d).attempts for d in tried} == {1}
        server.script = lambda _stage, _line: None
        with at_moment(noon + timedelta(seconds=31)):
            send_due(owner="a")
    sender.refresh_from_db()
    assert set(stood(*deliveries)) == {(DeliveryState.SENT, "")}
    assert (sender.health, sender.failures, sender.paused_until) == ("", 0, None)


def test_letters_refused_for_their_content_three_in_a_row_pause_the_sender(
    noon: datetime, workspace: Workspace, template: Template
) -> None:
    with MailServer(script=lambda stage, _: "554 5.7.1 spam" if stage == "dot" else None) as server:
        sender = make_sender(port=server.port, settings={"connections": 1})
        deliveries = queued(template, 5)
        send_due(owner="a")
    sender.refresh_from_db()
    assert sender.paused_until is not None
    assert Counter(state for state, _ in stood(*deliveries)) == {"failed": 3, "queued": 2}
    assert stood(*deliveries)[0] == (DeliveryState.FAILED, reasons.REFUSED_CONTENT)


def test_while_the_server_is_gone_letters_wait_and_go_when_it_is_back(
    noon: datetime, workspace: Workspace, template: Template
) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    sender = make_sender(port=port)
    deliveries = queued(template, 5)
    at = noon
    for _failure in range(4):
        with at_moment(at):
            send_due(owner="a")
        sender.refresh_from_db()
        assert sender.paused_until is not None and sender.health == "refused"
        at = sender.paused_until + timedelta(seconds=1)
    assert sender.paused_until - at > timedelta(minutes=-1) and sender.failures == 4
    with MailServer(port=port) as server, at_moment(at):
        send_due(owner="a")
    assert set(stood(*deliveries)) == {(DeliveryState.SENT, "")} and len(server.letters) == 5


def test_a_connection_that_opens_when_nothing_waits_any_more_is_no_error(
    noon: datetime, workspace: Workspace, template: Template, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = Counter[str]()
    usual = connection.Connection.open

    async def slowly(self: connection.Connection) -> None:
        opened["all"] += 1
        await asyncio.sleep(0 if opened["all"] == 1 else 0.3)
        await usual(self)

    monkeypatch.setattr(connection.Connection, "open", slowly)
    with MailServer() as server:
        make_sender(port=server.port)
        deliveries = queued(template, 8)
        send_due(owner="a")
    assert opened["all"] == 2 and stood(*deliveries) == [(DeliveryState.SENT, "")] * 8


def test_a_server_that_does_not_answer_in_time_is_left(
    noon: datetime, workspace: Workspace, template: Template, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "DOT_SECONDS", 0.2)
    with MailServer(delay=1.0) as server:
        make_sender(port=server.port)
        (delivery,) = queued(template)
        send_due(owner="a")
    assert stood(delivery) == [(DeliveryState.UNCERTAIN, reasons.UNCONFIRMED)]


def test_a_wrong_password_is_the_senders_trouble(noon: datetime, workspace: Workspace, template: Template) -> None:
    with MailServer(
        script=lambda stage, _: "535 5.7.8 no" if stage == "auth" else None, offers=("AUTH PLAIN LOGIN",)
    ) as server:
        sender = make_sender(port=server.port, settings={"username": "u"})
        (delivery,) = queued(template)
        send_due(owner="a")
    sender.refresh_from_db()
    assert sender.health.startswith("sign-in: 535")
    assert stood(delivery) == [(DeliveryState.QUEUED, reasons.SENDER_TROUBLE)]


def test_letters_go_through_a_server_of_another_make(noon: datetime, workspace: Workspace, template: Template) -> None:
    """aiosmtpd knows the protocol independently of us."""
    taken: list[tuple[str, list[str], bytes]] = []

    class Handler:
        async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
            taken.append((envelope.mail_from, envelope.rcpt_tos, envelope.content))
            return "250 2.0.0 fine"

    controller = Controller(Handler(), hostname="127.0.0.1", port=_free_port())
    controller.start()
    try:
        template.text = ".\n..\nстрока\n.конец"
        template.save(update_fields=["text"])
        make_sender(port=controller.port)
        deliveries = queued(template, 10)
        send_due(owner="a")
    finally:
        controller.stop()
    assert set(stood(*deliveries)) == {(DeliveryState.SENT, "")}
    assert sorted(rcpts[0] for _, rcpts, _ in taken) == [f"p{n}@example.com" for n in range(10)]
    assert Sender.objects.get().health == ""


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
