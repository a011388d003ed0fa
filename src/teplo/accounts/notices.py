"""What a user should see now: stored as a kind with parameters, told in the language of whoever reads it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.db.models import Q
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from teplo.accounts.access import RIGHTS, Right
from teplo.accounts.models import Notice, User
from teplo.kit.clock import now


@dataclass(frozen=True)
class NoticeKind:
    """How a kind of notice is told; `is_hot` ones also rise as a toast on whatever page is open."""

    text: str | Promise
    icon: str
    is_hot: bool = False


class NewNotice(NamedTuple):
    user_id: int
    kind: str
    params: Mapping[str, Any]
    url: str = ""


_kinds: dict[str, NoticeKind] = {
    "person-hot": NoticeKind(_("%(name)s is hot: answer within %(minutes)s min"), "flame", is_hot=True),
    "hand-off-late": NoticeKind(_("Nobody has answered %(name)s yet"), "alarm", is_hot=True),
    "hand-off-returned": NoticeKind(_("Sales returned %(name)s: %(reason)s"), "arrow-back-up"),
    "claim-waits": NoticeKind(_("Somebody on the site says they are %(name)s: your word is needed"), "user-check"),
    "task-given": NoticeKind(_("A task for you: %(title)s"), "checkbox"),
    "mentioned": NoticeKind(_("%(by)s named you in a note on %(name)s"), "at"),
    "import-done": NoticeKind(_("The import of %(name)s is done"), "file-import"),
    "job-done": NoticeKind(_("Done: %(name)s"), "circle-check"),
    "job-failed": NoticeKind(_("Did not work: %(name)s"), "alert-triangle"),
    "sender-troubled": NoticeKind(_("Letters are not going out from %(name)s"), "mail-exclamation"),
}


def register(kind: str, *, text: str | Promise, icon: str, is_hot: bool = False) -> None:
    """Lend a kind of notice; the text may have %(…)s holes for its params."""
    _kinds[kind] = NoticeKind(text, icon, is_hot)


def notify(notices: Sequence[NewNotice]) -> None:
    """Put notices into the bells of users, in one statement."""
    at = now()
    Notice.objects.bulk_create(
        [Notice(user_id=row.user_id, kind=row.kind, params=dict(row.params), url=row.url, at=at) for row in notices]
    )


def users_with(right: Right) -> list[int]:
    """Active users whose role has the right."""
    roles = [role for role, rights in RIGHTS.items() if right in rights]
    return list(User.objects.filter(is_active=True, role__in=roles).values_list("pk", flat=True))


def tell(notice: Notice) -> str:
    """The notice as a sentence in the active language."""
    kind = _kinds.get(notice.kind)
    try:
        return str(kind.text) % notice.params if kind else notice.kind
    except (KeyError, TypeError, ValueError):
        return notice.kind


def kind_of(notice: Notice) -> NoticeKind:
    return _kinds.get(notice.kind) or NoticeKind(notice.kind, "bell")


def mark_read(*, user_id: int, notice_ids: Iterable[int] | None = None) -> int:
    """Mark these, or all, of a user's notices read."""
    chosen = Q(user_id=user_id, read_at=None)
    if notice_ids is not None:
        chosen &= Q(pk__in=list(notice_ids))
    return Notice.objects.filter(chosen).update(read_at=now())
