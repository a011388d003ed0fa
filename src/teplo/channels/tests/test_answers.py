from __future__ import annotations

from datetime import timedelta

import pytest

from teplo.channels.email.answers import Fate, Stage, grown, read_answer, without_addresses
from teplo.channels.email.wording import status_of


@pytest.mark.parametrize(
    ("stage", "code", "text", "fate", "stops_the_sender"),
    [
        (Stage.RCPT, 450, "4.7.1 Greylisted, try again later", Fate.LATER, False),
        (Stage.RCPT, 452, "4.2.2 Mailbox full", Fate.LATER, False),
        (Stage.RCPT, 421, "4.7.0 Too many connections", Fate.NOT_HANDED, True),
        (Stage.MAIL, 451, "4.7.1 Slow down", Fate.NOT_HANDED, True),
        (Stage.MAIL, 553, "5.7.1 Sender address rejected: not owned by user", Fate.NOT_HANDED, True),
        (Stage.RCPT, 550, "5.1.1 No such user here", Fate.NO_SUCH_ADDRESS, False),
        (Stage.RCPT, 550, "No such user here", Fate.NO_SUCH_ADDRESS, False),
        (Stage.DOT, 550, "5.1.1 unknown", Fate.NO_SUCH_ADDRESS, False),
        (Stage.RCPT, 550, "5.7.1 No such user!", Fate.NO_SUCH_ADDRESS, False),
        (Stage.RCPT, 550, "5.4.1 Recipient address rejected: Access denied", Fate.NO_SUCH_ADDRESS, False),
        (Stage.RCPT, 554, "5.7.1 Relay access denied", Fate.NOT_HANDED, True),
        (Stage.RCPT, 530, "5.7.0 Authentication required", Fate.NOT_HANDED, True),
        (Stage.RCPT, 550, "5.7.1 Blocked, see Spamhaus", Fate.REFUSED_CONTENT, True),
        (Stage.RCPT, 550, "5.7.1 The user takes no letters", Fate.REFUSED_CONTENT, False),
        (Stage.RCPT, 550, "5.2.1 Mailbox disabled", Fate.REFUSED, False),
        (Stage.DOT, 554, "5.7.1 Looks like spam", Fate.REFUSED_CONTENT, True),
        (Stage.DOT, 552, "5.3.4 Too big", Fate.REFUSED_CONTENT, False),
        (Stage.DOT, 451, "4.3.0 Try later", Fate.LATER, False),
        (Stage.DOT, 421, "4.3.2 Going down", Fate.LATER, False),
    ],
)
def test_an_answer_means(stage: Stage, code: int, text: str, fate: Fate, stops_the_sender: bool) -> None:
    outcome = read_answer(stage=stage, code=code, text=text)
    assert (outcome.fate, bool(outcome.trouble)) == (fate, stops_the_sender)


def test_only_an_answer_about_the_address_itself_blocks_it() -> None:
    assert read_answer(stage=Stage.RCPT, code=550, text="5.1.1 none").is_bad_address
    assert not read_answer(stage=Stage.RCPT, code=550, text="5.1.8 bad sender").is_bad_address
    assert not read_answer(stage=Stage.RCPT, code=550, text="no such user").is_bad_address


@pytest.mark.parametrize(
    ("code", "text"),
    [
        (550, "5.7.1 <srv.local>: Helo command rejected: Host not found"),
        (550, "Client host rejected: cannot find your hostname, host not found"),
        (554, "5.7.1 <hello@teplo.example>: sender domain does not exist"),
        (550, "5.7.27 Sender domain has null MX record"),
        (550, "Sender domain does not exist"),
        (550, "5.1.0 message rejected: your IP is on spamhaus"),
        (550, "Requested action not taken: mailbox unavailable; Reject due to SPF policy"),
    ],
)
def test_what_a_server_has_against_us_is_not_held_against_the_address(code: int, text: str) -> None:
    outcome = read_answer(stage=Stage.RCPT, code=code, text=text)
    assert (outcome.fate, outcome.is_bad_address) == (Fate.REFUSED_CONTENT, False)


@pytest.mark.parametrize(
    ("diagnostic", "status"),
    [
        ("550 Requested action not taken: mailbox unavailable. Reject due to SPF policy", "5.7.1"),
        ("554 5.6.0 Invalid recipient header", "5.6.0"),
        ("550 5.1.0 rejected, your IP is blacklisted", "5.7.1"),
        ("550 5.7.27 Sender domain has null MX record", "5.7.27"),
        ("550 Requested action not taken: mailbox unavailable", "5.1.1"),
        ("550 5.5.0 Requested action not taken: mailbox unavailable", "5.1.1"),
        ("550 5.1.0 Address rejected", "5.1.0"),
        ("The response was: 550 5.1.1 The email account that you tried to reach does not exist", "5.1.1"),
    ],
)
def test_codes_and_words_come_to(diagnostic: str, status: str) -> None:
    assert status_of(status="5.0.0", diagnostic=diagnostic) == status


def test_greylisting_is_waited_for_less_than_a_full_mailbox() -> None:
    grey = read_answer(stage=Stage.RCPT, code=450, text="4.7.1 Greylisted")
    full = read_answer(stage=Stage.RCPT, code=452, text="4.2.2 Mailbox full")
    assert grey.wait < full.wait


def test_waits_grow_to_six_hours() -> None:
    waits = [grown(timedelta(minutes=5), attempts) for attempts in range(1, 12)]
    assert waits[0] == timedelta(minutes=5) and waits == sorted(waits) and waits[-1] == timedelta(hours=6)


def test_texts_of_the_sender_name_nobody() -> None:
    assert without_addresses("550 <olga@example.com>: unknown, ask a.b@c.ua") == "550 <…>: unknown, ask …"
