"""A review of the score that is due is said once: in the bells of those who hold it, and by e-mail (R20)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Max, Q
from django.utils.translation import gettext as _
from django.utils.translation import override

from teplo.accounts.access import Right
from teplo.accounts.models import User, Workspace
from teplo.accounts.notices import NewNotice, notify, users_with
from teplo.accounts.workspace import get_workspace
from teplo.channels import colleagues
from teplo.kit.clock import now
from teplo.kit.idn import web_base
from teplo.scoring.models import Review, ScoreTable

NOTICE = "review-due"
ADDRESS = "/scoring/reviews/"
EVERY = (0, 1, 3)
"""Months between two reviews; 0: nobody is reminded."""


def due_at(workspace: Workspace) -> datetime | None:
    """When the next review is due: so many months after the end of the last one, or after the first table went live.

    None: nobody wants to be reminded, no table has ever been live, or a review is being prepared already.
    """
    months = workspace.review_every_months
    if not months or Review.objects.filter(held_at=None).exists():
        return None
    last = Review.objects.aggregate(at=Max("until"))["at"]
    first_live = ScoreTable.objects.exclude(live_at=None).order_by("live_at").values_list("live_at", flat=True).first()
    begins = last or first_live
    return months_later(begins, months) if begins else None


@dataclass(frozen=True)
class Task:
    """A review that somebody must hold: one that is being prepared, or one that is due since `at`."""

    at: datetime
    review: Review | None = None


def to_hold(workspace: Workspace) -> Task | None:
    """What stands on the day's page of those who hold reviews until the meeting is over."""
    prepared = Review.objects.filter(held_at=None).order_by("created_at").defer("snapshot").first()
    if prepared is not None:
        return Task(prepared.created_at, prepared) if workspace.review_every_months else None
    due = due_at(workspace)
    return Task(due) if due and due <= now() else None


def months_later(moment: datetime, months: int) -> datetime:
    """The same day of a later month, or the last day of a shorter one."""
    count = moment.year * 12 + moment.month - 1 + months
    year, month = divmod(count, 12)
    after = datetime(year + (month == 11), 1 if month == 11 else month + 2, 1, tzinfo=moment.tzinfo)
    last_day = (after - timedelta(days=1)).day
    return moment.replace(year=year, month=month + 1, day=min(moment.day, last_day))


def remind() -> int:
    """Tell marketers and administrators that a review is due, once for each; answers how many were told.

    Marked before the letters go out: a crash repeats none, and the bells have rung anyway.
    """
    workspace, at = get_workspace(), now()
    due = due_at(workspace)
    if due is None or due > at:
        return 0
    with transaction.atomic():
        waiting = Q(review_reminded_at=None) | Q(review_reminded_at__lt=due)
        if not Workspace.objects.filter(waiting, pk=workspace.pk).update(review_reminded_at=at):
            return 0
        users = users_with(Right.EDIT_MARKETING)
        notify([NewNotice(user, NOTICE, {}, ADDRESS) for user in users])
    _post(users, workspace)
    return len(users)


def _post(user_ids: list[int], workspace: Workspace) -> None:
    """The same by e-mail, to each in his language, where a mail server is set up."""
    if not colleagues.can_post():
        return
    notes = []
    for user in User.objects.filter(pk__in=user_ids, is_active=True).order_by("pk"):
        with override(user.language or workspace.language):
            notes.append(_letter(user, workspace))
    colleagues.post(notes)


def _letter(user: User, workspace: Workspace) -> colleagues.Note:
    text = _(
        "It is time to sit down with sales over the score: who bought, who was hot and did not, what mattered, "
        "which criteria salespeople propose.\n\nThe agenda is prepared here: %(url)s"
    ) % {"url": f"{web_base(workspace.public_url)}{ADDRESS}"}
    return colleagues.Note(to=user.email, subject=_("A review of the score is due"), text=text)
