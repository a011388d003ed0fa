"""The letter whose link confirms who one is, and what following it does (double opt-in).

A page of ours asks and only its button confirms: mail scanners follow links and confirm nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from teplo.channels import links, reasons
from teplo.channels.models import Delivery, DeliveryState
from teplo.channels.reactions import Copy, find_copy
from teplo.kit.clock import now
from teplo.people import claiming
from teplo.people.claiming import ClaimGone
from teplo.people.models import ClaimState, IdentityClaim
from teplo.people.waiting_consents import waiting_consents

VALID = timedelta(days=7)

_lent: list[Callable[[], int]] = []


class TemplateMissing(Exception):
    """No template for letters of confirmation was lent to the channels."""


def lend(template: Callable[[], int]) -> None:
    """What answers the id of the template of this letter; `config/wiring.py` lends it."""
    _lent[:] = [template]


def confirmation_template() -> int:
    """The template of the letter with the link; raises TemplateMissing."""
    if not _lent:
        raise TemplateMissing
    return _lent[-1]()


@dataclass(frozen=True, slots=True)
class Question:
    """What a link of such a letter asks."""

    copy: Copy
    claim: IdentityClaim
    channels: tuple[str, ...]
    words: tuple[str, ...]
    """Texts the person agrees to, as they were shown."""
    is_done: bool
    is_expired: bool


def find_question(token: str, *, at: datetime | None = None) -> Question | None:
    """The question behind a token; None when we did not sign it or nothing of it is left."""
    copy = find_copy(links.CONFIRM, token)
    if copy is None or copy.delivery is None:
        return None
    number = str(copy.delivery.context.get("claim", ""))
    if not number.isdigit():
        return None
    claims = IdentityClaim.objects.filter(person_id=copy.person_id)
    asked_of = claims.filter(kind="email", value=copy.delivery.address)
    claim = claims.filter(id=int(number)).first() or asked_of.first()  # another letter's claim may have absorbed it
    if claim is None or claim.state in (ClaimState.DECLINED,):
        return None
    is_done = claim.state == ClaimState.CONFIRMED and not claim.consents
    consents = waiting_consents([claim])[claim.id]
    return Question(
        copy=copy,
        claim=claim,
        channels=tuple(sorted(consents)),
        words=tuple(dict.fromkeys(said["words"] for said in consents.values() if said.get("words"))),
        is_done=is_done,
        is_expired=not is_done and copy.delivery.created_at + VALID < (at or now()),
    )


@transaction.atomic
def answer(question: Question, *, proof: Mapping[str, Any]) -> None:
    """The button was pressed. Twice is once; what waited for it goes on. Raises ClaimGone."""
    if question.is_expired:
        raise ClaimGone
    person_id = claiming.confirm(
        person_id=question.claim.person_id, claim_id=question.claim.id, proof={"confirmed_by": "link", **proof}
    )
    let_go({person_id, question.claim.person_id})


def let_go(person_ids: set[int], *, at: datetime | None = None) -> int:
    """Messages to these people that waited for a confirmation or a colleague are due now; answers how many."""
    waiting = Delivery.objects.filter(
        person_id__in=person_ids, state=DeliveryState.QUEUED, reason__in=reasons.WAITING_FOR_A_WORD
    )
    return waiting.update(due_at=at or now())
