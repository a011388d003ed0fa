"""A colleague's letter to one person goes through the outbox and all its rules; a refusal says why."""

from __future__ import annotations

import email
import email.policy
from datetime import datetime, timedelta
from typing import Any

import pytest

from teplo.accounts.models import Workspace
from teplo.channels import reasons
from teplo.channels.models import Delivery, DeliveryState
from teplo.channels.personal_letters import LetterRefused, PersonalLetter, send_letter
from teplo.channels.sending import send_due
from teplo.channels.testing import MailServer, make_sender
from teplo.channels.viewing import look_at
from teplo.content.models import Template
from teplo.kit.clock import at_moment
from teplo.people.consent import ConsentWord, record_consents
from teplo.people.models import Person
from teplo.people.personal_data import erase_people
from teplo.people.suppression import suppress
from teplo.people.testing import make_person

pytestmark = pytest.mark.django_db
WORDS = "Добрый день!\n\nЦены: https://example.com/a?b=1&c=2.\n{{ person.first_name }} <b>&amp; {% if %}"


@pytest.fixture
def olga(workspace: Workspace) -> Person:
    return make_person(email="olga@example.com", language="ru")


def letter_to(person: Person, **changes: Any) -> PersonalLetter:
    return PersonalLetter(**{"person_id": person.pk, "by": 7, "subject": "О {{ цене }}", "text": WORDS, **changes})


def test_own_words_arrive_as_they_were_written(noon: datetime, olga: Person, mail: MailServer) -> None:
    make_sender(port=mail.port)
    assert send_letter(letter_to(olga, is_service=True)) is None
    assert send_due(owner="a") == 1
    (received,) = mail.letters
    letter: Any = email.message_from_bytes(received.letter, policy=email.policy.default)
    assert letter["subject"] == "О {{ цене }}"
    html = letter.get_body(("html",)).get_content()
    assert "{{ person.first_name }} &lt;b&gt;&amp;amp; {% if %}" in html
    assert "<p>Добрый день!</p>" in html
    assert 'href="https://t.example/' in html  # traced, as in every letter
    text = letter.get_body(("plain",)).get_content()
    assert "{{ person.first_name }} <b>&amp; {% if %}" in text
    assert Delivery.objects.get().state == DeliveryState.SENT
    assert "Добрый день!" in look_at(Delivery.objects.get(), records=False).html


def test_two_letters_at_once_keep_their_words(noon: datetime, workspace: Workspace, mail: MailServer) -> None:
    make_sender(port=mail.port)
    for n in range(2):
        send_letter(letter_to(make_person(email=f"p{n}@example.com"), text=f"слова {n}", is_service=True))
    send_due(owner="a")
    said = {
        received.recipients[0]: email.message_from_bytes(received.letter, policy=email.policy.default)  # type: ignore[arg-type]
        for received in mail.letters
    }
    for n in range(2):
        assert f"слова {n}" in said[f"p{n}@example.com"].get_body(("plain",)).get_content()  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("says", "is_service", "reason"),
    [
        ("nothing", False, reasons.NO_CONSENT),
        ("nothing", True, ""),
        ("given", False, ""),
        ("withdrawn", False, reasons.UNSUBSCRIBED),
        ("withdrawn", True, ""),
        ("bounced", True, reasons.SUPPRESSED),
        ("bounced", False, reasons.SUPPRESSED),
        ("complained", True, reasons.SUPPRESSED),
        ("no address", True, reasons.NO_ADDRESS),
        ("erased", True, reasons.ERASED),
    ],
)
def test_the_rules_of_the_outbox_hold(noon: datetime, olga: Person, says: str, is_service: bool, reason: str) -> None:
    make_sender()
    Workspace.objects.update(requires_consent=True)
    if says in ("given", "withdrawn"):
        record_consents([ConsentWord(olga.pk, "email", says)])
    elif says in ("bounced", "complained"):
        suppress([("email", "olga@example.com")], reason=says)
    elif says == "no address":
        olga = make_person()
    elif says == "erased":
        erase_people(person_ids=[olga.pk], by="user:1")
    if not reason:
        assert send_letter(letter_to(olga, is_service=is_service)) is None
        assert Delivery.objects.get().state == DeliveryState.QUEUED
        return
    with pytest.raises(LetterRefused) as refused:
        send_letter(letter_to(olga, is_service=is_service))
    assert refused.value.change.reason == reason
    assert not Delivery.objects.exists()


def test_at_night_it_waits_and_says_until_when(noon: datetime, olga: Person) -> None:
    make_sender()
    with at_moment(noon + timedelta(hours=10)):
        waits = send_letter(letter_to(olga))
    assert waits is not None
    assert waits.reason == reasons.QUIET_HOURS
    assert Delivery.objects.get().state == DeliveryState.QUEUED


def test_a_template_goes_as_it_is(noon: datetime, olga: Person, template: Template) -> None:
    make_sender()
    send_letter(letter_to(olga, template_id=template.pk))
    delivery = Delivery.objects.get()
    assert (delivery.template_id, delivery.context) == (template.pk, {"by": "user:7"})


def test_an_erased_persons_letter_keeps_no_words(noon: datetime, olga: Person) -> None:
    make_sender()
    send_letter(letter_to(olga))
    erase_people(person_ids=[olga.pk], by="user:1")
    assert (Delivery.objects.get().context, Delivery.objects.get().state) == ({}, DeliveryState.SKIPPED)
