"""Settings of channels: kept secrets, plain diagnoses, signed words of mail services."""

from __future__ import annotations

import hashlib
import hmac
import json
import socket
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from teplo.accounts.testing import make_user
from teplo.channels import hooks
from teplo.channels.email import checking
from teplo.channels.links import LETTER, Links
from teplo.channels.models import Delivery, Sender
from teplo.channels.testing import MailServer, make_delivery, make_sender
from teplo.kit.clock import now
from teplo.kit.secrets import decrypt
from teplo.people.models import Suppression
from teplo.people.testing import make_person

pytestmark = pytest.mark.django_db
FILLED = {
    "name": "Анна", "address": "anna@lad.example", "host": "127.0.0.1", "port": "587", "security": "none",
    "username": "u",
    "password": "secret-1", "per_minute": "100", "connections": "2", "is_default": "on", "imap_port": "993",
    "imap_security": "tls", "imap_password": "secret-2",
}  # fmt: skip


@pytest.fixture
def owner(client: Client) -> Client:
    client.force_login(make_user(language="en"))
    return client


def test_passwords_are_kept_encrypted_and_never_shown(owner: Client) -> None:
    owner.post(reverse("sender-new"), FILLED)
    sender = Sender.objects.get()
    assert decrypt(sender.secret) == "secret-1" and decrypt(sender.settings["imap_secret"]) == "secret-2"
    page = owner.get(reverse("sender", args=[sender.pk])).content.decode()
    assert "secret-1" not in page and "secret-2" not in page
    assert "secret-1" not in json.dumps(sender.settings) + sender.secret


def test_an_empty_password_field_keeps_the_password(owner: Client) -> None:
    owner.post(reverse("sender-new"), FILLED)
    sender = Sender.objects.get()
    owner.post(reverse("sender", args=[sender.pk]), {**FILLED, "password": "", "imap_password": "", "name": "Ольга"})
    fresh = Sender.objects.get()
    assert (fresh.name, decrypt(fresh.secret), decrypt(fresh.settings["imap_secret"])) == (
        "Ольга",
        "secret-1",
        "secret-2",
    )


def test_there_is_one_usual_sender(owner: Client) -> None:
    owner.post(reverse("sender-new"), FILLED)
    owner.post(reverse("sender-new"), {**FILLED, "address": "second@lad.example"})
    assert list(Sender.objects.filter(is_default=True).values_list("address", flat=True)) == ["second@lad.example"]


def test_letters_that_waited_for_a_sender_go_when_there_is_one(owner: Client) -> None:
    delivery = make_delivery(person_id=make_person().pk, reason="not-configured", due_at=now().replace(year=2099))
    owner.post(reverse("sender-new"), FILLED)
    assert Delivery.objects.get(pk=delivery.pk).due_at <= now()


@pytest.fixture
def no_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checking, "_texts", lambda place: {"lad.example": ["v=spf1 -all"]}.get(place, []))


def checked(client: Client, sender: Sender) -> str:
    return client.post(reverse("sender-check", args=[sender.pk])).content.decode()


def test_a_good_server_is_told_as_good(owner: Client, no_names: None) -> None:
    with MailServer() as server:
        text = checked(owner, make_sender(port=server.port, address="anna@lad.example"))
    assert "takes letters from this sender" in text and not server.letters
    assert text.count("there") >= 1 and "missing" in text


@pytest.mark.parametrize(
    ("script", "settings", "said"),
    [
        ({"auth": "535 5.7.8 no"}, {"username": "u"}, "refused the user name or the password"),
        ({"mail": "553 5.7.1 not yours"}, {}, "not with this sender address"),
        ({"connect": "554 go away"}, {}, "does not take letters from here"),
        ({"connect": "drop"}, {}, "ended the connection"),
        ({}, {"security": "starttls"}, "does not offer STARTTLS"),
        ({}, {"security": "tls"}, "does not speak TLS"),
    ],
)
def test_a_bad_server_is_explained(
    owner: Client, no_names: None, script: dict[str, str], settings: dict[str, Any], said: str
) -> None:
    with MailServer(script=lambda stage, _: script.get(stage), offers=("AUTH PLAIN",)) as server:
        text = checked(owner, make_sender(port=server.port, settings=settings))
    assert said in text


def test_a_port_on_which_nobody_listens_is_explained(owner: Client, no_names: None) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    assert "Nothing listens on this port" in checked(owner, make_sender(port=port))


def post_hook(client: Client, sender: Sender, data: Any, *, secret: str | None = None) -> Any:
    body = json.dumps(data).encode()
    key = (secret or hooks.hook_secret(sender.pk)).encode()
    signature = hmac.new(key, body, hashlib.sha256).hexdigest()
    url = reverse("mail-hook", args=[sender.pk])
    return client.post(url, body, content_type="application/json", headers={"X-Teplo-Signature": signature})


def test_a_mail_service_tells_bounces_and_complaints(client: Client) -> None:
    sender = make_sender()
    person = make_person(email="olga@example.com")
    delivery = make_delivery(person_id=person.pk, state="sent", address="olga@example.com")
    token = Links("", person.pk, delivery.id).token(LETTER)
    events = [
        {"type": "bounced", "message_id": f"<{token}@lad.example>", "status": "5.1.1"},
        {"type": "opened", "message_id": f"{token}@lad.example"},
        {"type": "bounced", "message_id": "unknown@lad.example"},
        "nonsense",
    ]
    answer = post_hook(client, sender, {"events": events})
    assert (answer.status_code, answer.json()) == (200, {"taken": 1})
    assert Suppression.objects.get().reason == "bounced"


def test_an_unsigned_word_of_a_mail_service_is_refused(client: Client) -> None:
    sender = make_sender()
    assert post_hook(client, sender, {"events": []}, secret="wrong").status_code == 403
    assert post_hook(client, sender, ["no", "events"]).status_code == 400
