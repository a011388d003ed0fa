"""Addresses never to be written to again: kept as digests, so that they outlive the person's erasure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db.models import Q

from teplo.kit import bulk
from teplo.kit.clock import now
from teplo.kit.secrets import keyed_digest
from teplo.people.models import Suppression

Contact = tuple[str, str]
"""Kind and normalised value."""


def suppress(contacts: Iterable[Contact], *, reason: str, at: datetime | None = None) -> int:
    """Never write to these again; the first reason stays: unsubscribed, bounced, complained, erased or by-hand."""
    moment = at or now()
    rows = sorted({(kind, digest_of((kind, value))) for kind, value in contacts})
    columns = ("kind", "digest", "reason", "at")
    return bulk.insert(Suppression, columns, [(*row, reason, moment) for row in rows], ignore_known=True)


def suppressed(contacts: Sequence[Contact]) -> dict[Contact, str]:
    """Which of these are suppressed, and why."""
    by_digest = {(contact[0], digest_of(contact)): contact for contact in contacts}
    rows = Suppression.objects.filter(_any_of(by_digest)).values_list("kind", "digest", "reason")
    return {by_digest[kind, digest]: reason for kind, digest, reason in rows}


def lift(contacts: Iterable[Contact]) -> int:
    """Let these be written to again, because the person himself asked for it."""
    return Suppression.objects.filter(_any_of((kind, digest_of((kind, value))) for kind, value in contacts)).delete()[0]


def digest_of(contact: Contact) -> str:
    """Of the value alone: the kind stands beside it in the key."""
    return keyed_digest("suppression", contact[1])


def _any_of(keys: Iterable[Contact]) -> Q:
    by_kind: dict[str, list[str]] = {}
    for kind, digest in keys:
        by_kind.setdefault(kind, []).append(digest)
    chosen = Q(pk__in=[])
    for kind, digests in by_kind.items():
        chosen |= Q(kind=kind, digest__in=digests)
    return chosen
