"""The mailbox to which bounces and answers come, read over IMAP without changing anything in it."""

from __future__ import annotations

import imaplib
import re
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

_SECONDS = 30.0
_LARGEST = 200_000  # bytes read of one letter: a report stands at its beginning
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


class MailboxAway(Exception):
    """The mailbox cannot be read."""


@dataclass(frozen=True, slots=True)
class Mailbox:
    """Where it is. `security`: none, starttls or tls."""

    host: str
    port: int = 993
    security: str = "tls"
    username: str = ""
    password: str = ""
    folder: str = "INBOX"


@dataclass(frozen=True, slots=True)
class Place:
    """How far it was read: a number counts only with the folder's validity (RFC 3501, 2.3.1.1)."""

    validity: int = 0
    uid: int = 0


def read_new(mailbox: Mailbox, place: Place, *, now: datetime, limit: int = 200) -> tuple[list[bytes], Place]:
    """Letters after `place`, at most `limit`, and the place after them; the first time, those of the last two days.

    Raises MailboxAway with what the server said.
    """
    try:
        with _open(mailbox) as client:
            _ok(client.select(f'"{mailbox.folder}"', readonly=True))
            validity = int((client.response("UIDVALIDITY")[1] or [b"1"])[0] or 1)
            is_known = place.validity == validity
            numbers = _numbers(client, place.uid if is_known else 0, is_known=is_known, now=now)[:limit]
            letters = [_fetch(client, number) for number in numbers]
            last = numbers[-1] if numbers else (place.uid if is_known else 0)
            return [letter for letter in letters if letter], Place(validity, last)
    except (imaplib.IMAP4.error, OSError, ssl.SSLError, ValueError) as error:
        raise MailboxAway(str(error)[:200]) from error


@contextmanager
def _open(mailbox: Mailbox) -> Iterator[imaplib.IMAP4]:
    client: imaplib.IMAP4
    if mailbox.security == "tls":
        client = imaplib.IMAP4_SSL(
            mailbox.host, mailbox.port, ssl_context=ssl.create_default_context(), timeout=_SECONDS
        )
    else:
        client = imaplib.IMAP4(mailbox.host, mailbox.port, timeout=_SECONDS)
    try:
        if mailbox.security == "starttls":
            client.starttls(ssl.create_default_context())
        client.login(mailbox.username, mailbox.password)
        yield client
    finally:
        _leave(client)


def _leave(client: imaplib.IMAP4) -> None:
    try:
        client.logout()
    except (imaplib.IMAP4.error, OSError):
        client.shutdown()


def _numbers(client: imaplib.IMAP4, after: int, *, is_known: bool, now: datetime) -> list[int]:
    since = now - timedelta(days=2)
    asked = f"UID {after + 1}:*" if is_known else f"SINCE {since.day}-{_MONTHS[since.month - 1]}-{since.year}"
    found = _ok(client.uid("SEARCH", asked))
    # "n:*" answers the last letter even when its number is smaller
    return sorted(number for number in map(int, (found[0] or b"").split()) if number > after)


def _fetch(client: imaplib.IMAP4, number: int) -> bytes:
    for part in _ok(client.uid("FETCH", str(number), f"(BODY.PEEK[]<0.{_LARGEST}>)")):
        if isinstance(part, tuple):
            return bytes(part[1])
    return b""


def _ok(answer: tuple[str, list[Any]]) -> list[Any]:
    kind, data = answer
    if kind != "OK":
        said = data[0] if data else b""
        raise imaplib.IMAP4.error(re.sub(rb"[^\x20-\x7e]", b"", said or b"").decode() or kind)
    return data
