"""Letters with links wait while no public address is set; names in other alphabets go out as xn--."""

from __future__ import annotations

import email
import email.policy
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
from django.test import override_settings

from teplo.accounts.models import Workspace
from teplo.channels import links, reasons
from teplo.channels.email.transport import close_transports
from teplo.channels.models import Delivery, DeliveryState
from teplo.channels.senders import release, server_of
from teplo.channels.sending import send_due
from teplo.channels.testing import MailServer, make_delivery, make_sender
from teplo.content.models import Template
from teplo.content.testing import make_template
from teplo.people.testing import make_person

pytestmark = pytest.mark.django_db
SENDER, BASE = "hello@тепло.укр", "https://тепло.укр"
WIRE = "xn--e1amjcn.xn--j1amh"


@pytest.fixture(autouse=True)
def closed() -> Iterator[None]:
    yield
    close_transports()


@pytest.fixture
def nowhere(workspace: Workspace) -> Workspace:
    Workspace.objects.update(public_url="")
    return workspace


def queued(template: Template, **changes: Any) -> Delivery:
    person = make_person(email="olga@example.com")
    return make_delivery(person_id=person.pk, template_id=template.pk, **changes)


def stood(delivery: Delivery) -> tuple[str, str]:
    now_stands = Delivery.objects.get(pk=delivery.pk)
    return now_stands.state, now_stands.reason


@override_settings(PUBLIC_URL="")
@pytest.mark.parametrize(
    ("body", "is_service"),
    [
        ("<p>Без ссылок, но с отпиской</p>", False),
        ('<p><a href="https://x.ua">Ссылка</a></p>', True),
        ('<p><a href="{{ view_url }}">В браузере</a></p>', True),
        ('<p><a href="{{ workspace.public_url }}/x">Тут</a></p>', True),
        ('<p><a href="{{ workspace.site_url }}">Сайт</a></p>', True),
    ],
)
def test_a_letter_with_links_waits_for_the_public_address(
    noon: datetime, nowhere: Workspace, mail: MailServer, body: str, is_service: bool
) -> None:
    make_sender(port=mail.port)
    letter = queued(make_template(body=body, is_service=is_service), is_service=is_service)
    send_due(owner="a")
    assert stood(letter) == (DeliveryState.QUEUED, reasons.NO_PUBLIC_ADDRESS) and mail.letters == []
    assert "Settings" in reasons.say(reasons.NO_PUBLIC_ADDRESS, {}, language="en")
    Workspace.objects.update(public_url="https://t.example")
    release(reasons.NO_PUBLIC_ADDRESS)
    send_due(owner="a")
    assert stood(letter) == (DeliveryState.SENT, "")


@override_settings(PUBLIC_URL="")
def test_a_service_letter_without_links_goes_and_names_no_localhost(
    noon: datetime, nowhere: Workspace, mail: MailServer
) -> None:
    make_sender(port=mail.port)
    letter = queued(make_template(body="<p>Заявка принята</p>", is_service=True), is_service=True)
    send_due(owner="a")
    assert stood(letter) == (DeliveryState.SENT, "")
    (received,) = mail.letters
    parsed: Any = email.message_from_bytes(received.letter, policy=email.policy.default)
    assert "localhost" not in parsed.as_string() and "localhost" not in parsed.get_body(("html",)).get_content()


@override_settings(PUBLIC_URL="https://installed.example")
def test_the_installations_own_address_is_enough(noon: datetime, nowhere: Workspace, mail: MailServer) -> None:
    make_sender(port=mail.port)
    letter = queued(make_template())
    send_due(owner="a")
    assert stood(letter)[0] == DeliveryState.SENT
    assert b"List-Unsubscribe: <https://installed.example/l/u/" in mail.letters[0].letter


def test_a_sender_and_an_address_in_cyrillic_travel_as_xn(
    noon: datetime, workspace: Workspace, template: Template
) -> None:
    said: list[str] = []

    def listen(_stage: str, line: str) -> None:
        said.append(line)

    Workspace.objects.update(public_url=f"{BASE}/")
    with MailServer(script=listen, offers=()) as server:
        sender = make_sender(
            port=server.port,
            address=SENDER,
            reply_to="ответ@тепло.укр",
            settings={"hello": "почта.тепло.укр", "bounce_address": "bounces@тепло.укр"},
        )
        person = make_person(email="olga@пошта.укр")
        make_delivery(person_id=person.pk, template_id=template.pk)
        assert send_due(owner="a") == 1
    (received,) = server.letters
    head, _, _body = received.letter.partition(b"\r\n\r\n")
    assert any(line.startswith(f"EHLO xn--80a1acny.{WIRE}") for line in said)
    assert received.sender.startswith("bounces+") and received.sender.endswith(f"@{WIRE}")
    assert received.recipients == ["olga@xn--80a1acn3a.xn--j1amh"]
    assert all(line.isascii() for line in said)
    for line in (f"<hello@{WIRE}>", "Message-ID: <", f"@{WIRE}>", f"List-Unsubscribe: <https://{WIRE}/l/u/"):
        assert line.encode() in head
    letter: Any = email.message_from_bytes(received.letter, policy=email.policy.default)
    page = letter.get_body(("html",)).get_content()
    assert f'href="https://{WIRE}/l/c/' in page and "тепло.укр" not in page
    assert server_of(sender).hello.isascii()


def test_the_base_of_links_is_ascii_without_a_slash() -> None:
    assert links.public_base(f" {BASE}/ ") == f"https://{WIRE}"
