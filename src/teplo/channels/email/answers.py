"""What a mail server's answer means for the letter, the address and the sender (RFC 5321, RFC 3463)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum

from teplo.channels.email.wording import Meaning, is_bad_address, read_words, status_of

_ENHANCED = re.compile(r"\b([245])\.(\d{1,3})\.(\d{1,3})\b")
_ADDRESS = re.compile(r"[^\s<>\"':;,()]+@[^\s<>\"':;,()]+")
_GREY = re.compile(r"gr[ea]y.?list|try again (?:later|in)|4\.7\.1\b", re.IGNORECASE)
_NO_SUCH = re.compile(
    r"no such|unknown (?:user|recipient)|user unknown|does not exist|not exist|invalid recipient", re.I
)
_FULL = re.compile(r"quota|mailbox (?:is )?full|over ?quota", re.IGNORECASE)
_NOT_SET_UP = re.compile(
    r"relay|authenticat|authoriz|5\.7\.0\b|sending (?:limit|quota)|(?:daily|hourly)[^\n]{0,30}(?:limit|quota)", re.I
)
_BLOCKED = re.compile(r"blocked|blacklist|block ?list|spamhaus|reputation", re.IGNORECASE)


class Fate(Enum):
    """What became of one letter."""

    SENT = "sent"
    LATER = "later"
    NO_SUCH_ADDRESS = "no-such-address"
    REFUSED = "refused"
    REFUSED_CONTENT = "refused-content"
    NOT_HANDED = "not-handed"
    UNCERTAIN = "uncertain"


class Stage(Enum):
    """How far the talk had come."""

    MAIL = "mail"
    RCPT = "rcpt"
    DATA = "data"
    DOT = "dot"


@dataclass(frozen=True, slots=True)
class Outcome:
    """The fate of one letter.

    `trouble` (without personal data): if the server says so of several recipients in a row, the sender cannot go on.
    `was_tried`: the server was asked about this letter, whatever came of it.
    """

    fate: Fate
    code: str = ""
    answer: str = ""
    wait: timedelta = timedelta(0)
    is_bad_address: bool = False
    is_cut_off: bool = False
    trouble: str = ""
    was_tried: bool = False


def sent(text: str) -> Outcome:
    """The server has taken it."""
    return Outcome(Fate.SENT, "250", text[:300])


def not_handed(trouble: str = "", *, was_tried: bool = False) -> Outcome:
    """It surely did not go out; nothing is held against a letter that was not tried."""
    return Outcome(Fate.NOT_HANDED, trouble=without_addresses(trouble)[:200], was_tried=was_tried)


def uncertain(what: str) -> Outcome:
    """It was handed over whole, the answer was lost."""
    return Outcome(Fate.UNCERTAIN, answer=without_addresses(what)[:300])


def read_answer(*, stage: Stage, code: int, text: str) -> Outcome:
    """The meaning of a refusing answer (4xx or 5xx)."""
    found = _ENHANCED.search(text)
    detail = (int(found[2]), int(found[3])) if found else None
    shown = f"{code} {found[0]}" if found else str(code)
    trouble = f"{shown} {without_addresses(text)}"[:200]
    if stage is Stage.MAIL or (code == 421 and stage is not Stage.DOT):
        # the server has enough of this sender, it seems, and not of this letter
        return Outcome(Fate.NOT_HANDED, shown, text[:300], trouble=trouble, was_tried=True)
    if code < 500:
        return Outcome(Fate.LATER, shown, text[:300], wait=_wait(shown, text))
    if code >= 500 and detail and is_bad_address(status_of(status=shown, diagnostic=text)):
        return Outcome(Fate.NO_SUCH_ADDRESS, shown, text[:300], is_bad_address=True)
    if detail and detail[0] == 2:
        return Outcome(Fate.REFUSED, shown, text[:300])
    if stage is Stage.RCPT:
        return _refused_recipient(shown, text, detail, trouble)
    is_size = code == 552 or (detail is not None and detail[0] == 3)
    return Outcome(Fate.REFUSED_CONTENT, shown, text[:300], trouble="" if is_size else trouble)


def cut_off(what: str) -> Outcome:
    """The connection broke while the letter was being given, before its end: it surely did not go out."""
    said = without_addresses(what)[:200]
    return Outcome(Fate.LATER, answer=said, wait=timedelta(minutes=2), is_cut_off=True, trouble=said)


def _wait(shown: str, text: str) -> timedelta:
    if _GREY.search(f"{shown} {text}"):
        return timedelta(minutes=5)
    if shown.startswith("452") or _FULL.search(text):
        return timedelta(minutes=30)
    return timedelta(minutes=10)


def _refused_recipient(shown: str, text: str, detail: tuple[int, int] | None, trouble: str) -> Outcome:
    if shown.startswith("530") or _NOT_SET_UP.search(text):
        return Outcome(Fate.NOT_HANDED, shown, text[:300], trouble=trouble, was_tried=True)
    if (detail and detail[0] == 7) or read_words(text) is Meaning.ABOUT_US:
        is_listed = _BLOCKED.search(text) is not None
        return Outcome(Fate.REFUSED_CONTENT, shown, text[:300], trouble=trouble if is_listed else "")
    is_unknown = detail is None and _NO_SUCH.search(text) is not None
    return Outcome(Fate.NO_SUCH_ADDRESS if is_unknown else Fate.REFUSED, shown, text[:300])


def grown(wait: timedelta, attempts: int) -> timedelta:
    """The wait before the next attempt: doubled with each, at most six hours."""
    times: int = 2 ** min(10, max(0, attempts - 1))
    return min(timedelta(hours=6), wait * times)


def without_addresses(text: str) -> str:
    """Text for logs and screens of the sender: no personal data."""
    return _ADDRESS.sub("…", text)
