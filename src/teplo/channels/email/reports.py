"""What comes back by mail, as far as it is about letters of ours: bounces, complaints, answers of people.

Which copy it is about follows from our own signed token, in the return path or in the quoted message id, so a forged
report can block nobody. What it says is read in `news.py`.
"""

from __future__ import annotations

import email
import email.policy
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from email.message import Message

from teplo.channels import links
from teplo.channels.email.automatic import is_automatic
from teplo.channels.email.news import (
    BOUNCED,
    COMPLAINED,
    DELAYED,
    OPTED_OUT,
    REPLIED,
    Row,
    original_recipient,
    read_news,
)
from teplo.channels.email.wording import is_bad_address, speaks_of_us

__all__ = ["BOUNCED", "COMPLAINED", "DELAYED", "OPTED_OUT", "REPLIED", "Report", "read_report"]
_TOKEN = re.compile(r"(?<![a-z0-9])[a-z2-7]{26}[0-9a-f]{18}(?![a-z0-9])", re.IGNORECASE)
_READ_AT_MOST = 100_000
_LARGEST = 200_000
_MOST_LINES = 5_000
_MOST_KINDS = 100
"""How often a letter may speak of parts with parts of their own: a reader goes down into each."""
_OF_PARTS = re.compile(rb"(?:multipart|message)/", re.IGNORECASE)
_LONGEST_LINE = 998
"""RFC 5322, 2.1.1. Readers ask each line for many patterns: what is longer is made to take long."""


@dataclass(frozen=True, slots=True)
class Report:
    """News of one copy. `status`: RFC 3463, empty when none was said. `rows`: what it says of each recipient."""

    kind: str
    person_id: int
    delivery_id: int
    status: str = ""
    rows: tuple[Row, ...] = field(default=(), compare=False, repr=False)
    is_of_another: bool = field(default=False, compare=False)

    @property
    def is_bad_address(self) -> bool:
        """Whether the address itself is dead: nothing is ever to be sent there again."""
        return self.kind == BOUNCED and not self.is_of_another and is_bad_address(self.status)

    @property
    def counts_against_address(self) -> bool:
        """Whether several like it in a row mean that nobody reads there; what speaks of us never does."""
        return self.kind == BOUNCED and not speaks_of_us(self.status)

    def about(self, address: str) -> Report | None:
        """What it says of the recipient at `address`; None when it speaks only of others, of whom we know nothing.

        A single row that names somebody else is of a letter forwarded: it came back, but the address may be well.
        """
        if not self.rows or not address:
            return self
        own = [row for row in self.rows if row.is_about(address)]
        nameless = [row for row in self.rows if not row.address and not row.original]
        if own or nameless:
            row = (own or nameless)[0]
            return replace(self, kind=row.kind, status=row.status, is_of_another=False)
        return replace(self, is_of_another=True) if len(self.rows) == 1 else None


class LetterTooStrange(Exception):
    """Nobody's mail server writes so: it is made to take long."""


def read_report(raw: bytes) -> Report | None:
    """The news in a letter, or None when it is about nothing of ours (or an automatic answer).

    Its size, lines and parts are looked at before anything reads it. Raises LetterTooStrange.
    """
    raw = raw[:_LARGEST]
    if len(_OF_PARTS.findall(raw)) > _MOST_KINDS:
        raise LetterTooStrange
    message = email.message_from_bytes(_trimmed(raw), policy=email.policy.compat32)
    copy = _copy_of(message, raw)
    if copy is None:
        return None
    if news := read_news(message):
        row = _own_row(news.rows, original_recipient(message))
        report = Report(row.kind if row else news.kind, *copy, row.status if row else "", news.rows)
        return report.about(original_recipient(message)) if news.rows else report
    if _is_report(message) or is_automatic(message):
        return None
    return Report(REPLIED, *copy) if _answers_ours(message) else None


def _trimmed(raw: bytes) -> bytes:
    return b"\n".join(line[:_LONGEST_LINE] for line in raw.splitlines()[:_MOST_LINES])


def _own_row(rows: Sequence[Row], address: str) -> Row | None:
    own = [row for row in rows if row.is_about(address)] if address else []
    return next(iter([*own, *rows]), None)


def _is_report(message: Message) -> bool:
    return message.get_content_type() == "multipart/report"


def _copy_of(message: Message, raw: bytes) -> tuple[int, int] | None:
    """From the address it came to (return path with a token), else from any message id quoted in it."""
    heads = " ".join(str(message.get(name, "")) for name in ("To", "Delivered-To", "X-Original-To", "In-Reply-To"))
    for text in (heads, raw[:_READ_AT_MOST].decode("latin-1")):
        for found in _TOKEN.finditer(text):
            if copy := links.read(links.LETTER, found[0]):
                return copy
    return None


def _answers_ours(message: Message) -> bool:
    quoted = f"{message.get('In-Reply-To', '')} {message.get('References', '')}"
    return any(links.read(links.LETTER, found[0]) for found in _TOKEN.finditer(quoted))
