"""What came back after sending: dead addresses are blocked, complaints end everything, answers are deeds (R33)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import datetime

import structlog
from django.db import transaction

from teplo.channels import reasons
from teplo.channels.email.mailbox import Mailbox, MailboxAway, Place, read_new
from teplo.channels.email.reports import BOUNCED, COMPLAINED, OPTED_OUT, REPLIED, Report, read_report
from teplo.channels.models import Channel, Delivery, Sender
from teplo.channels.preflight import identity_kind
from teplo.channels.reactions import Copy, unsubscribe
from teplo.channels.repeating import block_silent_addresses
from teplo.channels.telling import letter_event
from teplo.kit.clock import now
from teplo.kit.secrets import SecretUnreadable, decrypt
from teplo.people.models import Merge
from teplo.people.suppression import suppress
from teplo.tracking.inbox import put_events

log = structlog.get_logger()


def read_mailboxes() -> int:
    """Read what came to the mailboxes of all senders; answers how many reports were ours. A periodic piece of work."""
    done = 0
    for sender in Sender.objects.filter(channel=Channel.EMAIL, is_active=True):
        mailbox = mailbox_of(sender)
        if mailbox is None:
            continue
        try:
            done += _read(sender, mailbox)
        except MailboxAway as error:
            Sender.objects.filter(pk=sender.pk).update(poll_state={**sender.poll_state, "trouble": str(error)})
            log.warning("mailbox cannot be read", sender=sender.pk)
    return done


def mailbox_of(sender: Sender) -> Mailbox | None:
    """The sender's mailbox for bounces, None when there is none or its password cannot be read."""
    settings = sender.settings
    if not settings.get("imap_host"):
        return None
    try:
        password = decrypt(str(settings.get("imap_secret") or sender.secret))
    except SecretUnreadable:
        return None
    return Mailbox(
        host=str(settings["imap_host"]),
        port=int(settings.get("imap_port") or 993),
        security=str(settings.get("imap_security") or "tls"),
        username=str(settings.get("imap_username") or settings.get("username") or ""),
        password=password,
        folder=str(settings.get("imap_folder") or "INBOX"),
    )


def _read(sender: Sender, mailbox: Mailbox) -> int:
    known = sender.poll_state
    place = Place(int(known.get("validity", 0)), int(known.get("uid", 0)))
    letters, further = read_new(mailbox, place, now=now())
    reports = [report for letter in letters if (report := _report_in(letter, sender))]
    with transaction.atomic():
        record_reports(reports)
        Sender.objects.filter(pk=sender.pk).update(poll_state={**asdict(further), "read_at": now().isoformat()})
    return len(reports)


def _report_in(letter: bytes, sender: Sender) -> Report | None:
    """What one letter tells; a letter so strange that it cannot be read holds up no other."""
    try:
        return read_report(letter)
    except Exception as error:  # noqa: BLE001 - a stranger's letter must not stop the reading of the mailbox
        log.warning("letter back cannot be read", sender=sender.pk, error=type(error).__name__)
        return None


@transaction.atomic
def record_reports(reports: Sequence[Report]) -> int:
    """Write down what became of letters; the same report twice counts once. Answers how many letters were found."""
    at = now()
    found = _with_deliveries(reports)
    bounced = [(report, delivery) for report, delivery in found if report.kind == BOUNCED]
    for report, delivery in bounced:
        _note_bounce(report, delivery, at)
    dead = [delivery for report, delivery in bounced if report.is_bad_address and delivery.address]
    suppress([(identity_kind(d.channel), d.address) for d in dead], reason="bounced", at=at)
    block_silent_addresses([d for report, d in bounced if report.counts_against_address], at=at)
    for report, delivery in found:
        if report.kind == COMPLAINED:
            suppress([(identity_kind(delivery.channel), delivery.address)], reason="complained", at=at)
            unsubscribe(Copy(delivery.person_id, delivery), source="complaint")
        elif report.kind == OPTED_OUT:
            unsubscribe(Copy(delivery.person_id, delivery), source="opt-out-report")
    events = [
        letter_event("letter-bounced", d, at=at, kind="hard" if r.is_bad_address else "soft", code=r.status)
        for r, d in bounced
    ]
    events += [letter_event("letter-replied", d, at=at) for r, d in found if r.kind == REPLIED]
    if events:  # told under a name of the delivery alone: a report read twice is one event
        put_events([{**event, "id": event["id"].rpartition(":")[0]} for event in events], origin="own")
    return len(found)


def _note_bounce(report: Report, delivery: Delivery, at: datetime) -> None:
    fresh = Delivery.objects.filter(pk=delivery.pk, bounced_at=None)
    fresh.update(bounced_at=at, reason=reasons.BOUNCED, reason_params={"code": report.status})


def _with_deliveries(reports: Sequence[Report]) -> list[tuple[Report, Delivery]]:
    """Reports with the letters they are about, each read for the recipient of that letter alone."""
    known = _by_key({(report.person_id, report.delivery_id) for report in reports})
    found = []
    for report in reports:
        delivery = known.get((report.person_id, report.delivery_id))
        if delivery is not None and (own := report.about(delivery.address)):
            found.append((own, delivery))
    return found


def _by_key(keys: Iterable[tuple[int, int]]) -> dict[tuple[int, int], Delivery]:
    """Deliveries by the key they were sent with, those of merged people where they are now."""
    wanted = set(keys)
    found = {(d.person_id, d.id): d for d in Delivery.objects.filter(pk__in=sorted(wanted))}
    moved = {key: key for key in wanted - found.keys()}
    for _depth in range(5):  # a winner may have been merged himself
        if not moved:
            break
        losers = {person_id for person_id, _ in moved.values()}
        winners = dict(
            Merge.objects.filter(loser_id__in=losers, undone_at=None)
            .order_by("at")
            .values_list("loser_id", "winner_id")
        )
        moved = {key: (winners[now_at[0]], now_at[1]) for key, now_at in moved.items() if now_at[0] in winners}
        there = {(d.person_id, d.id): d for d in Delivery.objects.filter(pk__in=sorted(moved.values()))}
        found |= {key: there[now_at] for key, now_at in moved.items() if now_at in there}
        moved = {key: now_at for key, now_at in moved.items() if key not in found}
    return found
