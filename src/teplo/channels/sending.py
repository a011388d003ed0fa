"""From the outbox to people: claim, ask, render, mark, hand over, record (ARCHITECTURE §8).

A delivery is marked `sending` and that is committed before its letter is handed over. So whatever happens to this
process, a letter is either surely not sent (and goes later) or perhaps sent (and then *uncertain*: never sent again
by itself).
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import islice

import structlog

from teplo.accounts.workspace import get_workspace
from teplo.channels import lanes, links, reasons, renderers, throttling
from teplo.channels.email.letters import Content, build, stuffed
from teplo.channels.email.transport import Outgoing, transport_for
from teplo.channels.models import Channel, Delivery, DeliveryState, Sender
from teplo.channels.outcomes import record_outcomes
from teplo.channels.preflight import LOOK_AGAIN, Cleared, judge, put_off
from teplo.channels.queries import Change, Mark, mark_sending, write_changes
from teplo.channels.senders import (
    PasswordLost,
    is_configured,
    letterhead_of,
    note_trouble,
    reload_pause,
    server_of,
    streak_of,
)
from teplo.kit.claim import lease_over
from teplo.kit.clock import now
from teplo.kit.garbage import rarely_collected

LEASE = timedelta(minutes=5)
_TRIAL = 5  # letters marked at once while it is not known whether the server takes any
GROUP = 60  # letters marked at once: the most that can become uncertain when a process is killed
_LONGEST_WAIT = timedelta(days=2)
_MARGIN = timedelta(seconds=150)  # longer than one letter may take; none is begun later than this before the lease ends
log = structlog.get_logger()


def send_due(*, owner: str, limit: int = 300, stop: Callable[[], bool] = lambda: False) -> int:
    """Send what is due, up to `limit` deliveries; answers how many were looked at (0: nothing is due).

    Once `stop` answers True no further letter is begun and the rest is given back.
    Any number of processes may do it at once. Never raises for one letter or one server: that is recorded.
    """
    with rarely_collected():
        return _send_due(owner, limit, stop)


def _send_due(owner: str, limit: int, stop: Callable[[], bool]) -> int:
    doubt_the_unconfirmed()
    moment = now()
    drop_impossible_waits(moment)
    senders = list(Sender.objects.filter(is_active=True).order_by("pk"))
    deliveries = lanes.claim_due(senders, owner=owner, limit=limit, lease=LEASE, now=moment)
    if not deliveries:
        return 0
    usable = [sender for sender in senders if sender.channel != Channel.EMAIL or is_configured(sender)]
    judged = judge(deliveries, workspace=get_workspace(), senders=usable, owner=owner, now=moment)
    write_changes(judged.held, owner=owner, states=[DeliveryState.QUEUED])
    for sender, cleared in _by_sender(judged.cleared):
        _send_through(sender, cleared, owner=owner, stop=stop)
    return len(deliveries)


def doubt_the_unconfirmed() -> int:
    """Deliveries whose sender process ended between handing over and recording: perhaps sent. Answers how many."""
    gone = Delivery.objects.filter(lease_over(now()), state=DeliveryState.SENDING)
    if not gone.exists():
        return 0
    count = gone.update(state=DeliveryState.UNCERTAIN, reason=reasons.UNCONFIRMED, lease_until=None)
    if count:
        log.warning("deliveries became uncertain", count=count)
    return count


def drop_impossible_waits(at: datetime) -> int:
    """Letters put off for longer than any reason allows are looked at again now; answers how many.

    Quiet hours and busy servers take a day, the frequency cap takes its window.
    """
    queued = Delivery.objects.filter(state=DeliveryState.QUEUED)
    if not queued.filter(due_at__gt=at + _LONGEST_WAIT).exists():
        return 0
    return queued.filter(due_at__gt=at + _LONGEST_WAIT + timedelta(days=get_workspace().cap_days)).update(due_at=at)


def look_again() -> int:
    """After a clock that was ahead: whatever waits in the outbox is judged anew, by the time that it really is."""
    at = now()
    return Delivery.objects.filter(state=DeliveryState.QUEUED, due_at__gt=at).update(due_at=at)


def _by_sender(cleared: Iterable[Cleared]) -> Iterator[tuple[Sender, list[Cleared]]]:
    groups: dict[int, list[Cleared]] = defaultdict(list)
    for one in cleared:
        groups[one.sender.pk].append(one)
    for group in sorted(groups.values(), key=lambda group: (group[0].sender.failures > 0, group[0].sender.pk)):
        sender = group[0].sender
        yield sender, lanes.in_turn(group) if sender.was_troubled(now()) else group


def _send_through(sender: Sender, cleared: list[Cleared], *, owner: str, stop: Callable[[], bool]) -> None:
    """Everything for one sender, group by group, until its server has enough; after trouble a few first, one by one."""
    if sender.channel != Channel.EMAIL:
        _hold(cleared, reasons.NOT_CONFIGURED, owner=owner)
        return
    try:
        server = server_of(sender)
    except PasswordLost as error:
        note_trouble(sender, type(error).__name__, at=now())
        _hold(cleared, reasons.SENDER_TROUBLE, owner=owner)
        return
    left = iter(cleared)
    is_first = True
    while group := list(islice(left, _TRIAL if sender.is_on_trial else GROUP)):
        if not is_first:
            reload_pause(sender)
        is_first = False
        if sender.pause_ends(now()):
            group += left
            throttling.give_back(sender, len(group))
            _hold(group, reasons.SENDER_TROUBLE if sender.health else reasons.SENDER_PAUSED, owner=owner)
            return
        if stop():
            _give_back([*group, *left], owner=owner)
            return
        letters = _letters(sender, group, owner=owner)
        until = now() + LEASE
        held = mark_sending([mark for mark, _ in letters.values()], owner=owner, now=now(), until=until)
        going = [(one, letters[one.delivery.id][1]) for one in group if one.delivery.id in held]
        started = time.monotonic()
        streak = streak_of(sender)
        hands = 1 if sender.is_on_trial else int(sender.settings.get("connections") or 4)
        transport = transport_for(server, connections=hands)
        outcomes = transport.deliver(
            [outgoing for _, outgoing in going], until=until - _MARGIN, stop=stop, streak=streak
        )
        results = [(one, outcome) for (one, _), outcome in zip(going, outcomes, strict=True)]
        record_outcomes(sender, results, owner=owner, streak=streak)
        log.info("letters handed over", count=len(going), seconds=round(time.monotonic() - started, 3))


def _give_back(cleared: Sequence[Cleared], *, owner: str) -> None:
    changes = [Change(one.delivery.person_id, one.delivery.id, DeliveryState.QUEUED) for one in cleared]
    write_changes(changes, owner=owner, states=[DeliveryState.QUEUED])


def _hold(cleared: Sequence[Cleared], reason: str, *, owner: str) -> None:
    moment = now()
    changes = []
    for one in cleared:
        until = one.sender.pause_ends(moment) or moment + LOOK_AGAIN
        trouble = {"trouble": one.sender.health} if reason == reasons.SENDER_TROUBLE else {}
        changes.append(put_off(one.delivery, reason, min(until, moment + LOOK_AGAIN), **trouble))
    write_changes(changes, owner=owner, states=[DeliveryState.QUEUED])


def _letters(sender: Sender, group: list[Cleared], *, owner: str) -> dict[int, tuple[Mark, Outgoing]]:
    """The letters of a group by delivery; those that cannot be rendered are recorded as failed."""
    base = links.public_address(get_workspace().public_url)
    at = now()
    made: dict[int, tuple[Mark, Outgoing]] = {}
    failed: list[Change] = []
    waiting: list[Cleared] = []
    for ones in _of_one_source(group):
        try:
            prepared = _prepared(ones[0].delivery)
        except (renderers.TemplateGone, renderers.TemplateFlawed) as error:
            is_gone = isinstance(error, renderers.TemplateGone)
            key = reasons.NO_TEMPLATE if is_gone else reasons.TEMPLATE_ERROR
            failed += [_failed(one.delivery, key, error=str(error)[:200]) for one in ones]
            continue
        linking = _Linking(base)
        rendered = prepared.render_many(
            [renderers.Addressee(o.delivery.person_id, o.delivery.id, o.delivery.context) for o in ones],
            linking=linking,
            sender={"name": sender.name, "address": sender.address},
        )
        for one, letter in zip(ones, rendered, strict=True):
            if linking.lead_nowhere(one.delivery.id) or (prepared.needs_address and not base):
                waiting.append(one)
            elif letter.error:
                failed.append(_failed(one.delivery, reasons.TEMPLATE_ERROR, error=letter.error))
            else:
                made[one.delivery.id] = _packed(sender, one, letter, prepared, base=base, at=at)
    write_changes(failed, owner=owner, states=[DeliveryState.QUEUED])
    if waiting:
        throttling.give_back(sender, len(waiting))
        _hold(waiting, reasons.NO_PUBLIC_ADDRESS, owner=owner)
    return made


class _Linking:
    """Makes the links of each copy and remembers whose would lead nowhere, while there is no public address."""

    def __init__(self, base: str) -> None:
        self.base = base
        self.nowhere: dict[int, links.Nowhere] = {}

    def __call__(self, addressee: renderers.Addressee) -> renderers.Linking:
        if self.base:
            return links.Links(self.base, addressee.person_id, addressee.delivery_id)
        return self.nowhere.setdefault(addressee.delivery_id, links.Nowhere())

    def lead_nowhere(self, delivery_id: int) -> bool:
        """Whether this copy has links, and no address to lead to."""
        return delivery_id in self.nowhere and self.nowhere[delivery_id].was_asked


def _prepared(delivery: Delivery) -> renderers.Prepared:
    if letter := renderers.written_in(delivery.context):
        return renderers.prepare_written(letter, is_service=delivery.is_service)
    return renderers.prepare(template_id=delivery.template_id or 0)


def _of_one_source(group: Sequence[Cleared]) -> Iterable[list[Cleared]]:
    """Letters of one template together; each that a colleague wrote stands alone."""
    groups: dict[tuple[int, int], list[Cleared]] = defaultdict(list)
    for one in group:
        own = one.delivery.id if renderers.written_in(one.delivery.context) else 0
        groups[one.delivery.template_id or 0, own].append(one)
    return groups.values()


def _packed(
    sender: Sender, one: Cleared, letter: renderers.Letter, prepared: renderers.Prepared, *, base: str, at: datetime
) -> tuple[Mark, Outgoing]:
    delivery = one.delivery
    own = links.Links(base, delivery.person_id, delivery.id)
    letterhead = letterhead_of(sender)
    token = own.token(links.LETTER)
    message_id = f"{token}@{letterhead.domain}"
    content = Content(
        to=one.address,
        to_name=one.name,
        subject=letter.subject,
        text=letter.text,
        html=letter.html,
        message_id=message_id,
        base64=prepared.base64,
        unsubscribe_url="" if delivery.is_service else own.unsubscribe_url,
        feedback_id=f"{delivery.journey_id or 0}:{delivery.template_id or 0}:{sender.pk}:teplo",
    )
    mark = Mark(delivery.person_id, delivery.id, one.address, sender.pk, prepared.version, message_id)
    letter_bytes = stuffed(build(letterhead, content, at=at))
    return mark, Outgoing(_return_path(sender, token), one.address, letter_bytes)


def _return_path(sender: Sender, token: str) -> str:
    """Where bounces go; with a bounce address the copy can be told from the address alone (VERP)."""
    address = str(sender.settings.get("bounce_address") or "")
    if not address:
        return sender.address
    local, _, domain = address.rpartition("@")
    return f"{local}+{token}@{domain}" if sender.settings.get("bounce_plus", True) else address


def _failed(delivery: Delivery, reason: str, **params: str) -> Change:
    return Change(delivery.person_id, delivery.id, DeliveryState.FAILED, reason, params)
