"""What comes back: reports of the post, complaints, answers; read from a real mailbox."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from email.message import EmailMessage, Message
from email.mime.message import MIMEMessage
from email.mime.multipart import MIMEMultipart
from email.mime.nonmultipart import MIMENonMultipart
from email.mime.text import MIMEText
from time import process_time
from typing import Any

import pytest

from teplo.channels import bounces
from teplo.channels.email.mailbox import Mailbox, MailboxAway, Place, read_new
from teplo.channels.email.news import Row, human_text
from teplo.channels.email.reports import Report, read_report
from teplo.channels.links import LETTER, Links
from teplo.channels.models import Delivery, Sender
from teplo.channels.testing import make_delivery, make_sender
from teplo.channels.tests.imap_server import Folder, serving
from teplo.kit.secrets import encrypt
from teplo.people.consent import may_write
from teplo.people.merging import merge_people
from teplo.people.models import Suppression
from teplo.people.testing import make_person
from teplo.tracking.incoming import unpack
from teplo.tracking.models import InboxRow

TOKEN = Links("", 5, 6).token(LETTER)


def original(token: str = TOKEN) -> EmailMessage:
    letter = EmailMessage()
    letter["From"], letter["To"], letter["Subject"] = "hello@teplo.example", "olga@example.com", "Привет"
    letter["Message-ID"] = f"<{token}@teplo.example>"
    letter.set_content("text")
    return letter


def delivery_report(status: str, action: str = "failed", token: str = TOKEN, to: str = "hello@teplo.example") -> bytes:
    report = MIMEMultipart("report", **{"report-type": "delivery-status"})
    report["From"], report["To"], report["Return-Path"] = "MAILER-DAEMON@mx.example", to, "<>"
    report.attach(MIMEText("Your letter could not be delivered."))
    parts = MIMENonMultipart("message", "delivery-status")
    head, recipient = Message(), Message()
    head["Reporting-MTA"] = "dns; mx.example"
    recipient["Final-Recipient"], recipient["Action"] = "rfc822; olga@example.com", action
    recipient["Status"], recipient["Diagnostic-Code"] = status, f"smtp; 550 {status} no such user"
    parts._payload = [head, recipient]  # type: ignore[attr-defined]
    report.attach(parts)
    report.attach(MIMEMessage(original(token)))
    return report.as_bytes()


def complaint(token: str = TOKEN) -> bytes:
    report = MIMEMultipart("report", **{"report-type": "feedback-report"})
    report["From"], report["To"] = "feedback@post.example", "hello@teplo.example"
    report.attach(MIMEText("This is a spam report."))
    feedback = MIMENonMultipart("message", "feedback-report")
    feedback._payload = "Feedback-Type: abuse\nUser-Agent: Post/1.0\nVersion: 1\n"  # type: ignore[attr-defined]
    report.attach(feedback)
    report.attach(MIMEMessage(original(token)))
    return report.as_bytes()


def answer(token: str = TOKEN, **heads: str) -> bytes:
    letter = EmailMessage()
    letter["From"], letter["To"], letter["In-Reply-To"] = "olga@example.com", "hello@teplo.example", f"<{token}@t.ua>"
    for name, value in heads.items():
        letter[name.replace("_", "-")] = value
    letter.set_content("Спасибо, расскажите подробнее. 5.1.1")
    return letter.as_bytes()


@pytest.mark.parametrize(
    ("raw", "kind", "is_bad_address"),
    [
        (delivery_report("5.1.1"), "bounced", True),
        (delivery_report("5.2.2"), "bounced", False),
        (delivery_report("5.1.8"), "bounced", False),
        (delivery_report("4.4.1", action="delayed"), "delayed", False),
        (complaint(), "complained", False),
        (answer(), "replied", False),
    ],
)
def test_a_report_is_understood(raw: bytes, kind: str, is_bad_address: bool) -> None:
    report = read_report(raw)
    assert report is not None
    assert (report.kind, report.person_id, report.delivery_id) == (kind, 5, 6)
    assert report.is_bad_address == is_bad_address


def test_a_report_to_the_return_path_of_a_copy_is_found_without_the_letter() -> None:
    raw = delivery_report("5.1.1", token="nothing", to=f"bounces+{TOKEN.upper()}@teplo.example")
    assert read_report(raw) == Report("bounced", 5, 6, "5.1.1")


@pytest.mark.parametrize(
    "raw",
    [
        answer(token="a" * 44),
        answer(Auto_Submitted="auto-replied"),
        answer(Precedence="bulk"),
        delivery_report("2.0.0", action="delivered"),
        delivery_report("5.1.1", token=TOKEN[:-1] + ("0" if TOKEN[-1] != "0" else "1")),
        b"",
        b"\xff\xfe garbage \x00",
    ],
)
def test_what_is_not_about_our_letters_or_comes_from_a_robot_is_left(raw: bytes) -> None:
    assert read_report(raw) is None


@pytest.fixture
def delivery(db: None, noon: datetime) -> Delivery:
    person = make_person(email="olga@example.com")
    return make_delivery(person_id=person.pk, state="sent", sent_at=noon, address="olga@example.com")


def report_of(delivery: Delivery, kind: str, status: str = "") -> Report:
    return Report(kind, delivery.person_id, delivery.id, status)


def told() -> list[str]:
    return [event.name for row in InboxRow.objects.order_by("id") for event in unpack(row.payload)]


def test_a_dead_address_is_blocked_and_told(delivery: Delivery, noon: datetime) -> None:
    bounces.record_reports([report_of(delivery, "bounced", "5.1.1")])
    delivery.refresh_from_db()
    assert (delivery.bounced_at, delivery.reason, delivery.reason_params) == (noon, "bounced", {"code": "5.1.1"})
    assert Suppression.objects.get().reason == "bounced" and told() == ["letter-bounced"]


def test_a_full_mailbox_blocks_nobody(delivery: Delivery) -> None:
    bounces.record_reports([report_of(delivery, "bounced", "5.2.2")])
    assert not Suppression.objects.exists()


def test_a_complaint_ends_everything(delivery: Delivery) -> None:
    bounces.record_reports([report_of(delivery, "complained")])
    assert Suppression.objects.get().reason == "complained"
    assert may_write([delivery.person_id], "email") == set() and told() == ["unsubscribed"]


def letters_to(delivery: Delivery, number: int, *, day: int = 1) -> list[Delivery]:
    """Further letters to the same address, a day apart."""
    assert delivery.sent_at is not None
    return [
        make_delivery(
            person_id=delivery.person_id, state="sent", address=delivery.address, enrolment_id=n,
            sent_at=delivery.sent_at + timedelta(days=day + n),
        )
        for n in range(number)
    ]  # fmt: skip


def is_blocked() -> bool:
    return Suppression.objects.filter(reason="bounced").exists()


@pytest.mark.parametrize("status", ["5.2.2", "5.0.0", "4.4.1", ""])
def test_an_address_whose_letters_come_back_three_times_in_a_row_is_blocked(delivery: Delivery, status: str) -> None:
    letters = [delivery, *letters_to(delivery, 2)]
    blocked = []
    for letter in letters:
        bounces.record_reports([report_of(letter, "bounced", status)])
        bounces.record_reports([report_of(letter, "bounced", status)])  # the same report again counts once
        blocked.append(is_blocked())
    assert blocked == [False, False, True]


@pytest.mark.parametrize("status", ["5.7.1", "5.7.26", "5.3.4", "5.1.8", "5.6.0"])
def test_what_speaks_of_us_never_counts_against_an_address(delivery: Delivery, status: str) -> None:
    for letter in [delivery, *letters_to(delivery, 9)]:
        bounces.record_reports([report_of(letter, "bounced", status)])
    assert not is_blocked()


def test_a_letter_that_arrived_in_between_ends_the_row(delivery: Delivery) -> None:
    first, second, _arrived, fourth, fifth = [delivery, *letters_to(delivery, 4)]
    for letter in (first, second, fourth, fifth):
        bounces.record_reports([report_of(letter, "bounced", "5.2.2")])
    assert not is_blocked()


def test_delays_block_nobody_and_an_opening_shows_that_somebody_reads(delivery: Delivery) -> None:
    letters = [delivery, *letters_to(delivery, 5)]
    bounces.record_reports([report_of(letter, "delayed", "4.2.2") for letter in letters])
    assert not is_blocked()
    Delivery.objects.filter(pk=letters[-1].pk).update(opened_at=letters[-1].sent_at)
    bounces.record_reports([report_of(letter, "bounced", "5.2.2") for letter in letters])
    assert not is_blocked()


def test_an_opt_out_reported_by_the_post_is_an_unsubscription_and_no_complaint(delivery: Delivery) -> None:
    bounces.record_reports([report_of(delivery, "opted-out")])
    assert Suppression.objects.get().reason == "unsubscribed" and told() == ["unsubscribed"]
    assert may_write([delivery.person_id], "email") == set()


def test_a_report_about_another_recipient_changes_nothing(delivery: Delivery) -> None:
    rows = (Row("bounced", "5.1.1", "ivan@example.com"), Row("bounced", "5.1.1", "anna@example.com"))
    report = Report("bounced", delivery.person_id, delivery.id, "5.1.1", rows)
    assert bounces.record_reports([report]) == 0
    delivery.refresh_from_db()
    assert delivery.bounced_at is None and not is_blocked()


def test_a_letter_forwarded_to_a_dead_address_came_back_and_blocks_nobody(delivery: Delivery) -> None:
    rows = (Row("bounced", "5.1.1", "olga@elsewhere.example"),)
    bounces.record_reports([Report("bounced", delivery.person_id, delivery.id, "5.1.1", rows)])
    delivery.refresh_from_db()
    assert delivery.bounced_at is not None and not is_blocked()


def test_an_answer_is_a_deed(delivery: Delivery) -> None:
    bounces.record_reports([report_of(delivery, "replied")])
    assert told() == ["letter-replied"]


def test_a_report_about_a_merged_person_reaches_the_letter_where_it_is_now(delivery: Delivery) -> None:
    report = report_of(delivery, "bounced", "5.1.1")
    winner = make_person()
    merge_people(winner_id=winner.pk, loser_id=delivery.person_id, reason="test", by="user:1")
    assert bounces.record_reports([report]) == 1
    assert Delivery.objects.get(person_id=winner.pk).bounced_at is not None


def test_a_mailbox_is_read_on_from_where_it_was_left(delivery: Delivery) -> None:
    token = Links("", delivery.person_id, delivery.id).token(LETTER)
    folder = Folder(letters={3: delivery_report("5.1.1", token=token), 4: b"Subject: hello\r\n\r\nnothing"})
    with serving(folder):
        sender = make_sender(settings={"imap_host": "127.0.0.1", "imap_port": folder.port, "imap_security": "none"})
        secret = {"username": "u", **sender.settings}
        Sender.objects.update(settings=secret, secret=encrypt("right"))
        assert bounces.read_mailboxes() == 1
        assert bounces.read_mailboxes() == 0
        folder.letters[9] = answer(token=token)
        assert bounces.read_mailboxes() == 1
        folder.validity, folder.letters = 2, {1: complaint(token=token)}
        assert bounces.read_mailboxes() == 1
    assert told() == ["letter-bounced", "letter-replied", "unsubscribed"]
    assert Sender.objects.get().poll_state["uid"] == 1


@contextmanager
def mailbox_with(letters: dict[int, bytes]) -> Iterator[None]:
    with serving(Folder(letters=letters)) as folder:
        settings = {"imap_host": "127.0.0.1", "imap_port": folder.port, "imap_security": "none", "username": "u"}
        make_sender(settings=settings)
        Sender.objects.update(settings=settings, secret=encrypt("right"))
        yield


def test_a_report_with_an_empty_field_is_read_by_its_code() -> None:
    raw = delivery_report("5.1.1").replace(b"Action: failed", b"Action: \n \t")
    assert read_report(raw) == Report("bounced", 5, 6, "5.1.1")


def test_a_letter_that_cannot_be_read_holds_up_no_other(delivery: Delivery, monkeypatch: pytest.MonkeyPatch) -> None:
    def read(raw: bytes) -> Report | None:
        if raw.startswith(b"Strange"):
            raise IndexError
        return read_report(raw)

    monkeypatch.setattr(bounces, "read_report", read)
    token = Links("", delivery.person_id, delivery.id).token(LETTER)
    with mailbox_with({3: b"Strange: 1\r\n\r\n", 7: delivery_report("5.1.1", token=token)}):
        assert bounces.read_mailboxes() == 1
    assert (Sender.objects.get().poll_state["uid"], told()) == (7, ["letter-bounced"])


@pytest.mark.parametrize("piece", ["\n", "-", "- ", "a", "5.", "--copy ", "отправитель"])
@pytest.mark.parametrize("is_by_parts", [True, False])
def test_a_letter_made_to_take_long_is_read_in_seconds(piece: str, is_by_parts: bool) -> None:
    """Seconds of the processor, ten times what it takes; what took cubes of the length took hours."""
    filling = (piece * (200_000 // len(piece.encode()))).encode()
    raw = delivery_report("5.1.1" if is_by_parts else "none", to=f"bounces+{TOKEN}@teplo.example")
    raw = raw.replace(b"Your letter could not be delivered.", b"No such user\n" + filling)
    raw = raw.replace(b'charset="us-ascii"', b'charset="utf-8"').replace(b"7bit", b"8bit")
    if not is_by_parts:
        raw = raw.replace(b"message/delivery-status", b"application/x-report")
    began = process_time()
    report = read_report(raw)
    assert process_time() - began < 10
    assert report is not None and (report.kind, report.status) == ("bounced", "5.1.1")


@pytest.mark.parametrize(
    "line",
    [
        "--- Below this line is a copy of the message.",
        "------ This is a copy of the message, including all the headers. ------",
        "  -----Original message-----",
        "----- Исходное сообщение -----",
        "Заголовки письма:",
        "This is a copy of your message.",
        "Received: from mx.example",
        ">> Return-Path: <>",
    ],
)
def test_words_of_the_letter_brought_back_are_not_the_servers(line: str) -> None:
    letter = MIMEText(f"Sorry.\n\n--\nCopy that.\n{line}\nno such user", _charset="utf-8")
    assert human_text(letter) == "Sorry.\n\n--\nCopy that."


def test_a_mailbox_that_lets_nobody_in_says_why() -> None:
    with serving(Folder()) as folder:
        mailbox = Mailbox("127.0.0.1", folder.port, "none", "u", "wrong")
        with pytest.raises(MailboxAway, match="wrong password"):
            read_new(mailbox, Place(), now=datetime(2026, 11, 20))


def test_a_mailbox_that_is_away_is_noted_and_hinders_nothing(delivery: Delivery) -> None:
    make_sender(settings={"imap_host": "127.0.0.1", "imap_port": 1, "imap_security": "none"})
    assert bounces.read_mailboxes() == 0
    state: dict[str, Any] = Sender.objects.get().poll_state
    assert "refused" in state["trouble"].lower()
