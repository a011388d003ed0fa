"""Letters made to stop whoever reads them: each is over within a moment, and the next one is read."""

from __future__ import annotations

import base64
import bz2
import tracemalloc
import zlib
from time import process_time

import pytest

from teplo.channels import bounces
from teplo.channels.email.reports import LetterTooStrange, read_report
from teplo.channels.models import Sender
from teplo.channels.tests.test_bounces import TOKEN, delivery_report

HEAD = (
    b"From: MAILER-DAEMON@mx.example\r\nTo: bounces+" + TOKEN.encode() + b"@teplo.example\r\n"
    b"Return-Path: <>\r\nSubject: failure notice\r\n"
)
REPORT = HEAD + b'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n'
GROUP = b"Final-Recipient: rfc822; a@example.com\r\nAction: failed\r\nStatus: 5.0.0\r\n\r\n"


def nested(depth: int, kind: bytes = b"mixed") -> bytes:
    parts = [b'Content-Type: multipart/%s; boundary="b%d"\r\n\r\n--b%d\r\n' % (kind, n, n) for n in range(depth)]
    return HEAD + b"".join(parts) + b"\r\nhello"


def squeezed(encoding: bytes, data: bytes) -> bytes:
    head = HEAD + b"Content-Type: text/plain; charset=" + encoding + b"\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    return head + base64.encodebytes(data)


HOSTILE = {
    "deep": nested(100_000),
    "deep-digests": nested(5_000, b"digest"),
    "as-deep-as-read": nested(95),
    "letters-in-letters": HEAD + b"Content-Type: message/rfc822\r\n\r\n" * 100_000,
    "both-in-turn": HEAD
    + b"".join(
        b'Content-Type: multipart/report; boundary="b%d"\r\n\r\n--b%d\r\nContent-Type: message/rfc822\r\n\r\n' % (n, n)
        for n in range(3_000)
    ),
    "parts": REPORT + b"--b\r\n\r\n.\r\n" * 100_000,
    "letters-as-parts": REPORT + b"--b\r\nContent-Type: message/rfc822\r\n\r\nTo: x\r\n\r\n" * 100_000,
    "heads": HEAD + b"X-A: b\r\n" * 500_000 + b"\r\nx",
    "long-head": HEAD + b"Subject: " + b"x" * 10_000_000 + b"\r\n\r\nx",
    "folded-head": HEAD + b"Subject:" + b" =?utf-8?B?aGVsbG8=?=\r\n" * 100_000 + b"\r\nx",
    "parameters": HEAD + b"Content-Type: multipart/mixed" + b"".join(b";\r\n a*%d*=x" % n for n in range(40_000)),
    "failed": HEAD + b"X-Failed-Recipients: " + b"a@example.com, " * 100_000 + b"\r\n\r\nx",
    "recipients": REPORT + b"--b\r\nContent-Type: message/delivery-status\r\n\r\n" + GROUP * 100_000,
    "boundaries": HEAD + b'Content-Type: multipart/mixed; boundary="' + b"a" * 900 + b'"\r\n\r\n'
    + (b"--" + b"a" * 895 + b"\r\n") * 50_000,
    "words": HEAD + b"\r\n" + b"550 5.1.1 a@example.com unknown user <a@example.com>\r\n" * 100_000,
    "tags": HEAD + b"Content-Type: text/html\r\n\r\n" + (b"<a" * 450 + b"\r\n") * 20_000,
    "addresses": HEAD + b"\r\n" + (b"a@" * 490 + b"\r\n") * 5_000,
    "zip-bomb": squeezed(b"zlib_codec", zlib.compress(b"0" * 50_000_000)),
    "bz2-bomb": squeezed(b"bz2", bz2.compress(b"0" * 50_000_000)),
    "punycode": HEAD + b"Content-Type: text/plain; charset=punycode\r\n\r\n" + (b"a-" + b"9" * 900 + b"\r\n") * 200,
    "idna": squeezed(b"idna", b"a" * 100_000),
    "zeros": HEAD + b"\r\n" + b"\0" * 5_000_000,
}  # fmt: skip


@pytest.mark.parametrize("kind", HOSTILE)
def test_no_letter_takes_long_or_much(kind: str) -> None:
    sender = Sender(pk=1)
    started = process_time()
    bounces._report_in(HOSTILE[kind], sender)
    assert process_time() - started < 4  # 0.4 on a quiet machine
    tracemalloc.start()
    bounces._report_in(HOSTILE[kind], sender)
    assert tracemalloc.get_traced_memory()[1] < 40_000_000
    tracemalloc.stop()


def test_a_letter_of_parts_within_parts_is_not_read() -> None:
    with pytest.raises(LetterTooStrange):
        read_report(nested(101))
    assert read_report(nested(95)) is None


def test_a_report_beside_it_is_read() -> None:
    sender = Sender(pk=1)
    letters = [HOSTILE["deep"], delivery_report("5.1.1"), HOSTILE["both-in-turn"], delivery_report("4.2.2")]
    found = [report.status for letter in letters if (report := bounces._report_in(letter, sender))]
    assert found == ["5.1.1", "4.2.2"]
