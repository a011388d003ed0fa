"""A test letter to a colleague: as a chosen person would get it, recorded nowhere."""

from __future__ import annotations

from datetime import timedelta

from django.utils.translation import gettext as _

from teplo.accounts.workspace import get_workspace
from teplo.channels import links, renderers
from teplo.channels.email.answers import Fate
from teplo.channels.email.letters import Content, build, stuffed
from teplo.channels.email.transport import Outgoing, Transport
from teplo.channels.models import Channel, Sender
from teplo.channels.senders import PasswordLost, is_configured, letterhead_of, server_of
from teplo.channels.viewing import Inert, default_sender, sender_holes
from teplo.kit.clock import now
from teplo.kit.ids import new_id


class ProofNotSent(Exception):
    """The test letter did not go out; the text says why."""


def send_proof(*, prepared: renderers.Prepared, person_id: int, to: str, sender: Sender | None = None) -> None:
    """Send at once, outside the outbox; links lead where they lead but count nothing. Raises ProofNotSent."""
    sender = sender or default_sender(Channel.EMAIL)
    if sender is None or not is_configured(sender):
        raise ProofNotSent(_("No sender is set up yet. Set one up in Settings."))
    own = Inert(links.public_base(get_workspace().public_url))  # leaving from a test would unsubscribe a real person
    (letter,) = prepared.render_many(
        [renderers.Addressee(person_id, 0)], linking=lambda _addressee: own, sender=sender_holes(sender)
    )
    if letter.error:
        raise ProofNotSent(letter.error)
    head = letterhead_of(sender)
    content = Content(
        to=to,
        subject=letter.subject,
        text=letter.text,
        html=letter.html,
        message_id=f"proof-{new_id()}@{head.domain}",
        base64=prepared.base64,
    )
    _hand_over(sender, Outgoing(sender.address, to, stuffed(build(head, content, at=now()))))


def _hand_over(sender: Sender, outgoing: Outgoing) -> None:
    try:
        transport = Transport(server_of(sender), connections=1)
    except PasswordLost as error:
        raise ProofNotSent(_("The stored password cannot be read any more. Enter it again.")) from error
    try:
        (outcome,) = transport.deliver([outgoing], until=now() + timedelta(minutes=2))
    finally:
        transport.close()
    if outcome.fate is not Fate.SENT:
        raise ProofNotSent(outcome.trouble or outcome.answer or outcome.code)
