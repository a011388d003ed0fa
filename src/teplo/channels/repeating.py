"""Addresses where nothing arrives any more: several letters in a row came back, whatever the servers called it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db.models.functions import Coalesce

from teplo.channels import reasons
from teplo.channels.email.wording import speaks_of_us
from teplo.channels.models import Delivery, DeliveryState
from teplo.channels.preflight import identity_kind
from teplo.people.suppression import suppress

IN_A_ROW = 3
"""So many letters to an address, one after another, came back or were refused: nobody reads there."""
_LOOKED_AT = 50
_OF_THE_ADDRESS = (reasons.REFUSED, reasons.REFUSED_ADDRESS, reasons.GAVE_UP)


def block_silent_addresses(deliveries: Iterable[Delivery], *, at: datetime) -> int:
    """Suppress those addresses whose last letters, up to these, all came back; two statements for any number."""
    fresh = {(d.person_id, d.address.lower()): d for d in deliveries if d.address}
    if not fresh:
        return 0
    rows: dict[tuple[int, str], list[Delivery]] = defaultdict(list)
    sent = (
        Delivery.objects.filter(person_id__in=sorted({person for person, _ in fresh}))
        .filter(state__in=(DeliveryState.SENT, DeliveryState.FAILED))
        .exclude(address="")
        .order_by(Coalesce("sent_at", "created_at").desc(), "-id")
    )
    for delivery in sent:
        key = (delivery.person_id, delivery.address.lower())
        if key in fresh and len(rows[key]) < _LOOKED_AT:
            rows[key].append(delivery)
    silent = [fresh[key] for key, letters in rows.items() if _is_silent(letters)]
    return suppress([(identity_kind(d.channel), d.address) for d in silent], reason="bounced", at=at)


def _is_silent(letters: Sequence[Delivery]) -> bool:
    """Newest first: before the first that neither came back nor was refused, enough did."""
    came_back = 0
    for letter in letters:
        if letter.opened_at or letter.clicked_at:
            return False
        if _came_back(letter):
            came_back += 1
        elif came_back:  # letters sent after the last that came back may still do so
            break
        if came_back >= IN_A_ROW:
            return True
    return False


def _came_back(letter: Delivery) -> bool:
    if speaks_of_us(str(letter.reason_params.get("code", "")).rpartition(" ")[2]):
        return False
    return letter.bounced_at is not None or (letter.state == DeliveryState.FAILED and letter.reason in _OF_THE_ADDRESS)
