"""What comes back by mail: delivery reports (RFC 3464), complaints (RFC 5965), and answers of people.

Which copy it is about follows from our own signed token, in the return path or in the quoted message id, so a forged
report can block nobody.
"""

from __future__ import annotations

import email
import email.policy
import re
from dataclasses import dataclass
from email.message import EmailMessage, Message
from typing import cast

from teplo.channels import links

BOUNCED, DELAYED, COMPLAINED, REPLIED = "bounced", "delayed", "complained", "replied"
_TOKEN = re.compile(r"(?<![a-z0-9])[a-z2-7]{26}[0-9a-f]{18}(?![a-z0-9])", re.IGNORECASE)
_STATUS = re.compile(r"\b([45])\.(\d{1,3})\.(\d{1,3})\b")
_READ_AT_MOST = 100_000


@dataclass(frozen=True, slots=True)
class Report:
    """News of one copy. `status`: RFC 3463, empty when none was said."""

    kind: str
    person_id: int
    delivery_id: int
    status: str = ""

    @property
    def is_bad_address(self) -> bool:
        """Whether the address itself is dead: nothing is ever to be sent there again."""
        return self.kind == BOUNCED and self.status.startswith("5.1.") and self.status not in ("5.1.7", "5.1.8")


def read_report(raw: bytes) -> Report | None:
    """The news in a letter, or None when it is about nothing of ours (or an automatic answer)."""
    message = cast(EmailMessage, email.message_from_bytes(raw, policy=email.policy.compat32))
    kind = _report_kind(message)
    copy = _copy_of(message, raw)
    if copy is None:
        return None
    if kind == "delivery-status":
        return _delivery_report(message, copy)
    if kind == "feedback-report":
        return Report(COMPLAINED, *copy)
    if _is_by_machine(message):
        found = _STATUS.search(raw[:_READ_AT_MOST].decode("utf-8", "replace"))
        is_bounce = found is not None and _is_from_the_post(message)
        return Report(BOUNCED if found[1] == "5" else DELAYED, *copy, found[0]) if found and is_bounce else None
    return Report(REPLIED, *copy) if _answers_ours(message) else None


def _report_kind(message: Message) -> str:
    if message.get_content_type() != "multipart/report":
        return ""
    return str(message.get_param("report-type", "")).lower()


def _delivery_report(message: Message, copy: tuple[int, int]) -> Report | None:
    action, status = "", ""
    for part in message.walk():
        if part.get_content_type() == "message/delivery-status":
            for fields in cast("list[Message]", part.get_payload()):
                action = str(fields.get("Action", action)).strip().lower()
                found = _STATUS.search(f"{fields.get('Status', '')} {fields.get('Diagnostic-Code', '')}")
                status = found[0] if found else status
    if action == "failed":
        return Report(BOUNCED, *copy, status or "5.0.0")
    return Report(DELAYED, *copy, status) if action == "delayed" else None


def _copy_of(message: Message, raw: bytes) -> tuple[int, int] | None:
    """From the address it came to (return path with a token), else from any message id quoted in it."""
    heads = " ".join(str(message.get(name, "")) for name in ("To", "Delivered-To", "X-Original-To", "In-Reply-To"))
    for text in (heads, raw[:_READ_AT_MOST].decode("latin-1")):
        for found in _TOKEN.finditer(text):
            if copy := links.read(links.LETTER, found[0]):
                return copy
    return None


def _is_by_machine(message: Message) -> bool:
    said = str(message.get("Auto-Submitted", "no")).lower()
    is_automatic = not said.startswith("no") or str(message.get("Precedence", "")).lower() in ("bulk", "junk", "list")
    return is_automatic or _is_from_the_post(message) or message.get("X-Autoreply") is not None


def _is_from_the_post(message: Message) -> bool:
    sender = str(message.get("From", "")).lower()
    return str(message.get("Return-Path", "")).strip() == "<>" or "mailer-daemon" in sender or "postmaster" in sender


def _answers_ours(message: Message) -> bool:
    quoted = f"{message.get('In-Reply-To', '')} {message.get('References', '')}"
    return any(links.read(links.LETTER, found[0]) for found in _TOKEN.finditer(quoted))
