"""Letters that a machine wrote in answer to ours: holidays, receipts, "we have your letter" (RFC 3834)."""

from __future__ import annotations

import re
from email.header import decode_header, make_header
from email.message import Message

_FLAGS = ("X-Autoreply", "X-Autorespond", "X-Autoresponder", "X-Auto-Reply", "X-Vacation", "X-Mail-Autoreply")
_PRECEDENCE = ("bulk", "junk", "list", "auto_reply", "auto-reply")
_POST = re.compile(
    r"mailer-?daemon|postmaster|mail[ .\-]?delivery|delivery subsystem|mail administrator|microsoftexchange",
    re.IGNORECASE,
)
_SUBJECT = re.compile(
    r"^\W*(?:"
    r"auto(?:matic|mated)?[\s:\-_]*(?:reply|response|answer|responder)\b|auto:|autosvar|automatische antwort"
    r"|out[\s\-]of[\s\-](?:the[\s\-])?office|ooo\b|vacation\b|away from"
    r"|on (?:vacation|holiday|leave)\b|i am (?:away|out of)"
    r"|авто(?:матическ\w+)?[\s\-:]*(?:ответ|уведомлен|сообщен|отклик)|автоответчик|вне офиса"
    r"|нет (?:на|в) (?:месте|офисе)|(?:я )?в отпуске|отсутству[юе]"
    r"|авто(?:матичн\w+)?[\s\-:]*(?:відповід|повідомлен)|поза офісом|немає на місці"
    r"|(?:я )?у відпустці|(?:я )?відсутн"
    r")",
    re.IGNORECASE,
)


def is_automatic(message: Message) -> bool:
    """Whether nobody wrote this letter."""
    said = _head(message, "Auto-Submitted")
    if said and said.partition(";")[0].strip() != "no":
        return True
    if any(_head(message, name) in _PRECEDENCE for name in ("Precedence", "X-Precedence")):
        return True
    if any(message.get(name) is not None and _head(message, name) != "no" for name in _FLAGS):
        return True
    return _head(message, "Return-Path") == "<>" or _SUBJECT.match(subject_of(message)) is not None


def is_automatic_answer(message: Message) -> bool:
    """Whether it answers for a person who is away, rather than for the post."""
    if message.get("X-Failed-Recipients") is not None:
        return False
    if any(message.get(name) is not None for name in _FLAGS) or _SUBJECT.match(subject_of(message)):
        return True
    return _head(message, "Auto-Submitted").startswith("auto-replied") and not is_from_the_post(message)


def is_from_the_post(message: Message) -> bool:
    """Whether a mail server signs as the author."""
    return _POST.search(str(message.get("From", ""))) is not None


def subject_of(message: Message) -> str:
    """The subject decoded; as it stands when it cannot be."""
    raw = str(message.get("Subject", ""))
    try:
        return str(make_header(decode_header(raw)))
    except (LookupError, UnicodeError, ValueError):
        return raw


def _head(message: Message, name: str) -> str:
    return str(message.get(name, "")).strip().lower()
