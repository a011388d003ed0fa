"""Troubles of Today as sentences with the page where each is mended."""

from __future__ import annotations

from collections.abc import Iterable

from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from teplo.insights.today import Trouble


def told(troubles: Iterable[Trouble]) -> list[tuple[str, str, str]]:
    """Icon, sentence and address of each."""
    return [(_icon(trouble.kind), sentence(trouble), _address(trouble)) for trouble in troubles]


def sentence(trouble: Trouble) -> str:
    """The trouble in words."""
    n = trouble.count
    if trouble.kind == "uncertain":
        return ngettext("%(n)s letter may have gone out or not", "%(n)s letters may have gone out or not", n) % {"n": n}
    if trouble.kind == "dead-letters":
        return ngettext("%(n)s event could not be taken", "%(n)s events could not be taken", n) % {"n": n}
    if trouble.kind == "jobs":
        return ngettext("%(n)s piece of long work failed", "%(n)s pieces of long work failed", n) % {"n": n}
    if trouble.kind == "inbox":
        text = ngettext(
            "Events have been waiting for %(n)s minute: is the worker running?",
            "Events have been waiting for %(n)s minutes: is the worker running?",
            n,
        )
        return text % {"n": n}
    if trouble.kind == "sender":
        return _("Letters are not going out from %(name)s") % {"name": trouble.subject}
    if trouble.kind == "paused":
        return _("The journey “%(name)s” has stopped by itself") % {"name": trouble.subject}
    text = ngettext("%(n)s person stands still in “%(name)s”", "%(n)s people stand still in “%(name)s”", n)
    return text % {"n": n, "name": trouble.subject}


def _icon(kind: str) -> str:
    icons = {
        "uncertain": "mail-question",
        "dead-letters": "mail-x",
        "jobs": "alert-triangle",
        "inbox": "hourglass",
        "sender": "mail-exclamation",
        "journey": "route-off",
        "paused": "route-off",
    }
    return icons[kind]


def _address(trouble: Trouble) -> str:
    names = {
        "uncertain": "outbox",
        "dead-letters": "dead-letters",
        "jobs": "jobs",
        "inbox": "jobs",
        "sender": "senders",
        "journey": "journey",
        "paused": "journey",
    }
    query = "?state=uncertain" if trouble.kind == "uncertain" else ""
    try:
        return reverse(names[trouble.kind], args=[trouble.key] if trouble.kind in ("journey", "paused") else []) + query
    except NoReverseMatch:
        return ""
