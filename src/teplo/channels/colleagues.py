"""Plain letters to colleagues, outside the outbox: alarms that must arrive at once, through the default sender."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import NamedTuple

from teplo.channels.email.answers import Fate
from teplo.channels.email.letters import Content, build, stuffed
from teplo.channels.email.transport import Outgoing, Transport
from teplo.channels.models import Channel
from teplo.channels.senders import PasswordLost, is_configured, letterhead_of, server_of
from teplo.channels.viewing import default_sender
from teplo.kit.clock import now
from teplo.kit.ids import new_id


class Note(NamedTuple):
    """What one colleague shall read."""

    to: str
    subject: str
    text: str


def can_post() -> bool:
    """Whether a mail server is set up at all."""
    sender = default_sender(Channel.EMAIL)
    return sender is not None and is_configured(sender)


def post(notes: Sequence[Note]) -> list[bool]:
    """Hand letters over now; for each whether it may have gone out (doubt counts: none is repeated)."""
    sender = default_sender(Channel.EMAIL)
    if not notes or sender is None or not is_configured(sender):
        return [False] * len(notes)
    try:
        transport = Transport(server_of(sender), connections=1)
    except PasswordLost:
        return [False] * len(notes)
    head = letterhead_of(sender)
    letters = [
        Outgoing(
            sender.address,
            note.to,
            stuffed(
                build(
                    head,
                    Content(
                        to=note.to, subject=note.subject, text=note.text, message_id=f"note-{new_id()}@{head.domain}"
                    ),
                    at=now(),
                )
            ),
        )
        for note in notes
    ]
    try:
        outcomes = transport.deliver(letters, until=now() + timedelta(minutes=2))
    finally:
        transport.close()
    return [outcome.fate in (Fate.SENT, Fate.UNCERTAIN) for outcome in outcomes]
