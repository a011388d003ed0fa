"""What a report says, recipient by recipient, before it is known whose letter it speaks of.

Delivery reports by their parts (RFC 3464); what has none is read by a library kept for it, and by its words. Complaints
by their type (RFC 5965 and its registry).
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from email.message import Message
from itertools import islice, takewhile
from typing import cast

from flufl.bounce import all_failures

from teplo.channels.email.automatic import is_automatic_answer, is_from_the_post, subject_of
from teplo.channels.email.wording import Meaning, codes_in, most_precise, read_words, status_of
from teplo.kit.idn import ascii_address

BOUNCED, DELAYED, COMPLAINED, OPTED_OUT, REPLIED = "bounced", "delayed", "complained", "opted-out", "replied"
_TYPES = {"abuse": COMPLAINED, "fraud": COMPLAINED, "miscategorized": COMPLAINED, "opt-out": OPTED_OUT,
          "opt-out-list": OPTED_OUT}  # fmt: skip
"""Feedback that ends something; not-spam, virus, auth-failure, dmarc and other are no word of the recipient's."""
_LONGEST_TEXT = 20_000
_LONGEST_DIAGNOSTIC = 4_000
_MOST_RECIPIENTS = 100
"""Groups of fields of one report that are read; each letter of ours goes to one."""
_WORD = re.compile(r"\w")
_BELOW = re.compile("copy|original|returned|unsent|below|forwarded|копия|исходн|оригінал", re.IGNORECASE)
_QUOTED = re.compile(
    r"this is a copy of (?:the|your) message"
    r"|.{0,40}?(?:original message|message header|text of your message).{0,40}$"
    r"|.{0,40}?(?:оригинал сообщения|исходное сообщение|заголовк\w{1,4} (?:письма|сообщения)).{0,40}$"
    r"|received: from |return-path: ",
    re.IGNORECASE,
)
_TITLES = re.compile(
    r"undeliver|delivery (?:status|failure|report|notification|has failed|problem)|failure notice"
    r"|returned? (?:mail|to sender)|mail (?:system error|delivery)"
    r"|message (?:could not be|not) delivered|could ?n.t be delivered"
    r"|не доставлен|недоставлен|ошибка доставки|не удалось доставить|невозможно доставить"
    r"|не вдалося доставити|помилка доставки|не доставлено",
    re.IGNORECASE,
)
_ADDRESS = re.compile(r"(?<![^\s<>\"'();:,\[\]])[^\s<>\"'();:,\[\]]+@[^\s<>\"'();:,\[\]]+")  # linear: from a beginning
logging.getLogger("flufl.bounce").setLevel(logging.CRITICAL)  # it logs addresses


@dataclass(frozen=True, slots=True)
class Row:
    """What became of a letter to one recipient; `address` and `original` in lower case, empty when not told."""

    kind: str
    status: str = ""
    address: str = ""
    original: str = ""

    def is_about(self, address: str) -> bool:
        """Whether it speaks of this recipient."""
        asked = ascii_address(address).lower()
        return asked in (ascii_address(self.address), ascii_address(self.original))


@dataclass(frozen=True, slots=True)
class News:
    """A report: of which kind, and its rows if it is about deliveries."""

    kind: str
    rows: tuple[Row, ...] = ()


def read_news(message: Message) -> News | None:
    """What a machine of the post has to tell; None when it is none, or tells nothing that matters."""
    if feedback := _part(message, "message/feedback-report"):
        kind = _TYPES.get(_feedback_type(feedback), "")
        return News(kind) if kind else None
    if _report_type(message) == "feedback-report" or _is_receipt(message):
        return None
    rows = _rows_by_parts(message)
    if rows is None:
        is_answer = is_automatic_answer(message) and not _is_refusal(message)
        rows = [] if is_answer else _rows_by_words(message)
    told = [row for row in rows if row.kind]
    if not told:
        return None
    return News(BOUNCED if any(row.kind == BOUNCED for row in told) else DELAYED, tuple(told))


def original_recipient(message: Message) -> str:
    """To whom the letter went that a report brings back, in lower case."""
    for part in message.walk():
        if part.get_content_type() in ("message/rfc822", "text/rfc822-headers") and part is not message:
            found = re.search(r"^To:((?:.|\n[ \t])*)", _as_text(part), re.IGNORECASE | re.MULTILINE)
            address = _ADDRESS.search(found[1]) if found else None
            if address:
                return address[0].lower()
    return ""


def _is_receipt(message: Message) -> bool:
    """Whether it tells that a letter was shown (RFC 8098), and not that a server threw it away."""
    return _report_type(message) == "disposition-notification" and not _is_refusal(message)


def _is_refusal(message: Message) -> bool:
    part = _part(message, "message/disposition-notification")
    return (
        part is not None and re.search(r"^Disposition:.*(?:deleted|denied|failed)", _as_text(part), _LINES) is not None
    )


_LINES = re.IGNORECASE | re.MULTILINE


def _report_type(message: Message) -> str:
    if message.get_content_type() != "multipart/report":
        return ""
    return str(message.get_param("report-type", "")).lower()


def _part(message: Message, kind: str) -> Message | None:
    return next((part for part in message.walk() if part.get_content_type() == kind), None)


def _feedback_type(part: Message) -> str:
    found = re.search(r"^Feedback-Type:\s*([\w-]+)", _as_text(part), re.IGNORECASE | re.MULTILINE)
    return found[1].lower() if found else "abuse"


def _as_text(part: Message) -> str:
    payload = part.get_payload()
    if isinstance(payload, list):
        return "\n".join(str(inner) for inner in payload)
    raw = cast("bytes | None", part.get_payload(decode=True)) or b""
    try:
        return raw.decode(part.get_content_charset() or "utf-8", "replace")
    except (LookupError, ValueError):  # some encodings refuse in spite of "replace"
        return raw.decode("utf-8", "replace")


# by parts (RFC 3464)


def _rows_by_parts(message: Message) -> list[Row] | None:
    """Rows of the machine's part; None when there is none that can be read."""
    part = _part(message, "message/delivery-status") or _part(message, "message/global-delivery-status")
    if part is None:
        return None
    text = human_text(message)
    rows = [row for fields in islice(_fields(part), _MOST_RECIPIENTS) if (row := _row(fields, text))]
    return rows or None


def _fields(part: Message) -> Iterator[Message]:
    """The groups of fields; some servers send them as text, or several groups without the empty line between."""
    payload = part.get_payload()
    if isinstance(payload, list):
        yield from cast("list[Message]", payload)
        return
    from_text = Message()
    for line in _as_text(part).splitlines():
        name, colon, value = line.partition(":")
        if not line.strip():
            yield from_text
            from_text = Message()
        elif colon and re.fullmatch(r"[\w-]+", name):
            from_text[name] = value.strip()
    yield from_text


def _row(fields: Message, text: str) -> Row | None:
    action = next(iter(str(fields.get("Action", "")).lower().split()), "")
    address = _typed_address(fields.get("Final-Recipient") or fields.get("Recipient"))
    original = _typed_address(fields.get("Original-Recipient") or fields.get("X-Actual-Recipient"))
    if not (action or address or original):
        return None
    diagnostic = " ".join(str(fields.get("Diagnostic-Code", ""))[:_LONGEST_DIAGNOSTIC].split())
    status = status_of(status=str(fields.get("Status", "")), diagnostic=diagnostic, text=text)
    return Row(_kind_of(action, status), status, address, original)


def _kind_of(action: str, status: str) -> str:
    if action.startswith("fail"):
        return BOUNCED
    if action.startswith("delay"):
        return DELAYED
    if action in ("delivered", "relayed", "expanded"):
        return ""
    return BOUNCED if status.startswith("5") else DELAYED if status.startswith("4") else ""


def _typed_address(value: object) -> str:
    """`rfc822; olga@example.com` → the address."""
    found = _ADDRESS.search(str(value or "").rpartition(";")[2])
    return found[0].lower().strip(".") if found else ""


# by words


def _rows_by_words(message: Message) -> list[Row]:
    """Reports of servers that write for people: a library finds whom, the words say what."""
    lasting, passing = _found_by_library(message)
    text = human_text(message)
    if not (lasting or passing):
        if not _is_from_the_post(message):
            return []
        lasting = _named(message)
        meaning = read_words(text)
        if meaning is Meaning.UNKNOWN and not most_precise(codes_in(text)):
            return []
        if meaning is Meaning.TEMPORARY:
            lasting, passing = [], lasting or [""]
        lasting = lasting if passing else lasting or [""]
    rows = [
        Row(BOUNCED, status_of(status="", diagnostic=_around(text, one), text=text) or "5.0.0", one) for one in lasting
    ]
    return rows + [Row(DELAYED, most_precise([c for c in codes_in(text) if c[0] == "4"]), one) for one in passing]


def _found_by_library(message: Message) -> tuple[list[str], list[str]]:
    """(for good, for now); the library raises on some broken letters."""
    try:
        passing, lasting = all_failures(message)
    except Exception:  # noqa: BLE001 - a stranger's letter must not stop the reading of the mailbox
        return [], []
    return _addresses(lasting), _addresses(passing)


def _addresses(found: Iterable[object]) -> list[str]:
    texts = (one.decode("utf-8", "replace") if isinstance(one, bytes) else str(one) for one in found)
    return sorted({text.lower() for text in texts})


def _named(message: Message) -> list[str]:
    """Recipients that Exim and Gmail name in the head."""
    return [found.lower() for found in _ADDRESS.findall(str(message.get("X-Failed-Recipients", "")))]


def _is_from_the_post(message: Message) -> bool:
    if message.get("X-Failed-Recipients") is not None:
        return True
    is_post = is_from_the_post(message)
    is_nobody = str(message.get("Return-Path", "")).strip() == "<>"
    return (is_post or is_nobody) and (is_post or _TITLES.search(subject_of(message)) is not None)


def _around(text: str, address: str) -> str:
    """What is said near the recipient, so that of several each has his own reason."""
    place = text.lower().find(address) if address else -1
    return text if place < 0 else text[place + len(address) : place + len(address) + 600]


def human_text(message: Message) -> str:
    """What is written for people, without the letter that is brought back."""
    texts = [_as_text(part) for part in _readable(message)]
    text = re.sub(r"<[^<>]*>(?=[^<>]*)", " ", "\n".join(texts)) if _is_html(message) else "\n".join(texts)
    first, *further = text[:_LONGEST_TEXT].split("\n")
    return "\n".join([first, *takewhile(_is_said, further)])


def _is_said(line: str) -> bool:
    """Whether a line is still of the report, and does not begin the letter brought back. Linear in its length."""
    word = _WORD.search(line)
    if word is None:
        return True
    head, said = line[: word.start()], line[word.start() :]
    if "--" in head and _BELOW.search(said):
        return False
    return _QUOTED.match(said) is None


def _readable(message: Message) -> Sequence[Message]:
    """Text parts up to the letter brought back."""
    found: list[Message] = []
    for part in message.walk():
        if part.get_content_type() in ("message/rfc822", "text/rfc822-headers") and part is not message:
            break
        if part.get_content_maintype() == "text":
            found.append(part)
    plain = [part for part in found if part.get_content_subtype() == "plain"]
    return plain or found


def _is_html(message: Message) -> bool:
    return all(part.get_content_subtype() == "html" for part in _readable(message))
