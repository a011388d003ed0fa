"""A letter from a colleague to one person: through the outbox and all its rules, a refusal said before it is queued."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from teplo.accounts.workspace import get_workspace
from teplo.channels import renderers
from teplo.channels.models import Channel, Delivery, DeliveryState, Sender
from teplo.channels.outbox import NewDelivery, enqueue
from teplo.channels.preflight import look_ahead
from teplo.channels.queries import Change
from teplo.kit.clock import now
from teplo.people.models import Person


class LetterRefused(Exception):
    """The letter may not be sent to this person; `change` has the reason and its parameters."""

    def __init__(self, change: Change) -> None:
        super().__init__(change.reason)
        self.change = change


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonalLetter:
    """What a colleague wants to send: own words, or a template.

    `is_service`: an answer on a matter of the person's own (question, order, contract). It needs no permission and
    waits for nothing; a blocked address is refused all the same.
    """

    person_id: int
    by: int
    subject: str = ""
    text: str = ""
    language: str = ""
    template_id: int | None = None
    sender_id: int | None = None
    is_service: bool = False


def senders() -> list[Sender]:
    """From whom a letter may be sent, the usual one first."""
    active = Sender.objects.filter(channel=Channel.EMAIL, is_active=True)
    return list(active.order_by("-is_default", "name", "pk"))


def send_letter(letter: PersonalLetter, *, at: datetime | None = None) -> Change | None:
    """Put the letter into the outbox; answers why it waits there, if it does. Raises LetterRefused.

    Raises renderers.TemplateGone and TemplateFlawed for a template that cannot be used.
    """
    moment = at or now()
    context = _context(letter)
    if letter.template_id:
        prepared = renderers.prepare(template_id=letter.template_id)
        is_service = letter.is_service or prepared.is_service
    else:
        is_service = letter.is_service
        renderers.prepare_written(renderers.written_in(context), is_service=is_service)
    meant = Delivery(
        person_id=letter.person_id, channel=Channel.EMAIL, sender_id=letter.sender_id, is_service=is_service,
        due_at=moment,
    )  # fmt: skip
    answer = look_ahead(meant, workspace=get_workspace(), senders=senders(), now=moment)
    if answer is not None and answer.state != DeliveryState.QUEUED:
        raise LetterRefused(answer)
    enqueue(
        [
            NewDelivery(
                person_id=letter.person_id, template_id=letter.template_id, sender_id=letter.sender_id,
                context=context, is_service=is_service, due_at=moment,
            )
        ]
    )  # fmt: skip
    return answer


def _context(letter: PersonalLetter) -> dict[str, object]:
    """Who wrote it, and the words where they are the colleague's own."""
    told: dict[str, object] = {"by": f"user:{letter.by}"}
    if letter.template_id is None:
        language = letter.language or _language_of(letter.person_id)
        told[renderers.WRITTEN] = {"subject": letter.subject, "text": letter.text, "language": language}
    return told


def _language_of(person_id: int) -> str:
    """The language of the lines below the letter: the person's where we speak it, else ours."""
    said = Person.objects.filter(pk=person_id).values_list("language", flat=True).first() or ""
    return said if said in ("ru", "uk", "en") else get_workspace().language
