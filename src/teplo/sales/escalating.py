"""The clock of hand-offs: unanswered ones are told to those who can help, and salespeople get an e-mail (R38)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import override

from teplo.accounts.access import Right
from teplo.accounts.models import User
from teplo.accounts.notices import NewNotice, notify, users_with
from teplo.accounts.workspace import get_workspace
from teplo.kit.clock import now
from teplo.kit.idn import web_base
from teplo.sales.handing_off import address, names_of
from teplo.sales.models import HandOff, HandOffState

_BATCH = 200


@dataclass(frozen=True, slots=True)
class Mail:
    """A plain letter to a colleague."""

    to: str
    subject: str
    text: str


class Postman(Protocol):
    """Who sends letters to colleagues."""

    def can_post(self) -> bool:
        """Whether letters can go out at all now."""

    def post(self, mails: list[Mail]) -> list[bool]:
        """Send; for each whether it may have gone out."""


_postmen: list[Postman] = []


def lend_postman(postman: Postman) -> None:
    """Called by wiring, the last one counts. Without one nobody gets e-mail."""
    _postmen.append(postman)


def escalate() -> int:
    """Tell administrators and marketers of each hand-off whose time is over, once; answers how many there were."""
    at = now()
    late = HandOff.objects.filter(state=HandOffState.OFFERED, answer_until__lte=at, escalated_at=None)
    with transaction.atomic():
        rows = list(late.order_by("person_id", "id")[:_BATCH])
        ids = [row.id for row in rows]
        people = {row.person_id for row in rows}
        HandOff.objects.filter(person_id__in=people, id__in=ids, escalated_at=None).update(escalated_at=at)
        names = names_of([row.person_id for row in rows])
        told = sorted(set(users_with(Right.EDIT_MARKETING)) | set(users_with(Right.MANAGE))) if rows else []
        notify(
            [
                NewNotice(user, "hand-off-late", {"name": names.get(row.person_id, "")}, address(row.person_id, row.id))
                for row in rows
                for user in dict.fromkeys([*told, *([row.assignee_id] if row.assignee_id else [])])
            ]
        )
    return len(rows)


def mail_salespeople() -> int:
    """Send the e-mail of each new hand-off to its salesperson, in his language; answers how many went out.

    Marked as told before sending, so that a crash repeats none (the bell has rung anyway); what certainly did not go
    out is unmarked and tried again.
    """
    if not _postmen or not _postmen[-1].can_post():
        return 0
    waiting = HandOff.objects.filter(state=HandOffState.OFFERED, told_at=None, assignee_id__isnull=False)
    mine = [row for row in waiting.order_by("person_id", "id")[:_BATCH] if _mark(row, at=now())]
    letters = _letters(mine)
    if not letters:
        return 0
    went = _postmen[-1].post([mail for _row, mail in letters])
    for (row, _mail), is_out in zip(letters, went, strict=True):
        if not is_out:
            HandOff.objects.filter(person_id=row.person_id, id=row.id).update(told_at=None)
    return sum(went)


def _mark(row: HandOff, *, at: datetime) -> bool:
    return bool(HandOff.objects.filter(person_id=row.person_id, id=row.id, told_at=None).update(told_at=at))


def _letters(rows: list[HandOff]) -> list[tuple[HandOff, Mail]]:
    users = User.objects.in_bulk([row.assignee_id for row in rows if row.assignee_id])
    names = names_of([row.person_id for row in rows])
    workspace = get_workspace()
    mails = []
    for row in rows:
        user = users.get(row.assignee_id or 0)
        if user is None or not user.is_active:
            continue
        with override(user.language or workspace.language):
            mails.append((row, _letter(row, user, names.get(row.person_id, ""), web_base(workspace.public_url))))
    return mails


def _letter(row: HandOff, user: User, name: str, base_url: str) -> Mail:
    minutes = max(1, round((row.answer_until - row.offered_at).total_seconds() / 60))
    text = _(
        "%(name)s has turned hot. Please answer within %(minutes)s min.\n\nEverything known about the person: %(url)s"
    ) % {"name": name, "minutes": minutes, "url": f"{base_url}{address(row.person_id, row.id)}"}
    return Mail(to=user.email, subject=_("%(name)s is hot") % {"name": name}, text=text)
