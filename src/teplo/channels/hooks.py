"""Bounces and complaints told by a mail service over HTTP, in one plain shape, signed (R33, R46).

POST …/hooks/mail/<sender>   X-Teplo-Signature: hex of HMAC-SHA256 of the body with the secret shown in Settings
{"events": [{"type": "bounced", "message_id": "…@…", "status": "5.1.1"}, {"type": "complained", …}]}
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from typing import Any

from teplo.channels import links
from teplo.channels.bounces import record_reports
from teplo.channels.email.reports import BOUNCED, COMPLAINED, DELAYED, OPTED_OUT, Report
from teplo.channels.models import Sender
from teplo.kit.secrets import keyed_digest

_KINDS = (BOUNCED, COMPLAINED, DELAYED, OPTED_OUT)
_STATUS = re.compile(r"[45]\.\d{1,3}\.\d{1,3}")


class HookRefused(Exception):
    """The message of the mail service cannot be taken."""

    def __init__(self, code: str, *, status: int) -> None:
        super().__init__(code)
        self.code, self.status = code, status


def hook_secret(sender_id: int) -> str:
    """What the mail service signs with; it follows from the installation's key and is stored nowhere."""
    return keyed_digest("mail-hook", str(sender_id))


def take_reports(*, sender_id: int, body: bytes, signature: str) -> int:
    """Check the signature and record; answers how many letters were found. Raises HookRefused, JSONDecodeError."""
    expected = hmac.new(hook_secret(sender_id).encode(), body, hashlib.sha256).hexdigest()
    given = signature.removeprefix("sha256=").lower()
    if not (given.isascii() and hmac.compare_digest(given, expected)):
        raise HookRefused("wrong-signature", status=403)
    if not Sender.objects.filter(pk=sender_id).exists():
        raise HookRefused("no-such-sender", status=404)
    data = json.loads(body)
    events = data.get("events") if isinstance(data, dict) else None
    if not isinstance(events, list) or len(events) > 1000:
        raise HookRefused("events-expected", status=400)
    return record_reports([report for event in events if (report := _report(event))])


def _report(event: Any) -> Report | None:
    """One event; None when it is of another kind or about no letter of ours."""
    if not isinstance(event, dict) or event.get("type") not in _KINDS:
        return None
    token = str(event.get("message_id", "")).strip("<> ").partition("@")[0]
    copy = links.read(links.LETTER, token)
    status = _STATUS.search(str(event.get("status", "")))
    return Report(event["type"], *copy, status[0] if status else "") if copy else None
