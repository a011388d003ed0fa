"""Headlines: the worst true thing of a page in one sentence, never the state of one counter."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from teplo.insights.figures import Warmth
from teplo.insights.today import Pressing, Trouble
from teplo.web.formatting import as_number
from teplo.web.troubles import sentence

MOST_SAID = 2
_BROKEN = ("sender", "inbox", "paused")
"""Troubles that keep everybody waiting; the others can wait for their turn."""


def of_today(*, pressing: Pressing, troubles: Sequence[Trouble], due: int, newcomers: int, warmth: Warmth) -> str:
    """What needs somebody most, at most two things; empty where nobody is here yet."""
    broken = [trouble for trouble in troubles if trouble.kind in _BROKEN]
    said = [
        _late(pressing.late),
        *(sentence(trouble) for trouble in broken[:1]),
        _waiting(pressing.waiting) if not pressing.late else "",
        _unowned(pressing.unowned),
        _overdue(pressing.overdue),
    ]
    worst = [text for text in said if text][:MOST_SAID]
    if worst:
        return capfirst(", ".join(worst))
    others = [sentence(trouble) for trouble in troubles if trouble not in broken]
    return others[0] if others else _calm(due, pressing.hot, newcomers, warmth)


def _calm(due: int, hot: int, newcomers: int, warmth: Warmth) -> str:
    if due:
        return ngettext("%(n)s task for today", "%(n)s tasks for today", due) % {"n": as_number(due)}
    if hot:
        text = ngettext("%(n)s hot person, in good hands", "%(n)s hot people, in good hands", hot)
        return text % {"n": as_number(hot)}
    if newcomers:
        text = ngettext("%(n)s new person since yesterday", "%(n)s new people since yesterday", newcomers)
        return text % {"n": as_number(newcomers)}
    return _("Nothing burns today") if warmth.people else ""


def _late(n: int) -> str:
    text = ngettext("%(n)s person was not answered in time", "%(n)s people were not answered in time", n)
    return text % {"n": as_number(n)} if n else ""


def _waiting(n: int) -> str:
    text = ngettext("%(n)s person waits for an answer", "%(n)s people wait for an answer", n)
    return text % {"n": as_number(n)} if n else ""


def _unowned(n: int) -> str:
    text = ngettext("%(n)s hot person has no owner", "%(n)s hot people have no owner", n)
    return text % {"n": as_number(n)} if n else ""


def _overdue(n: int) -> str:
    return ngettext("%(n)s task is overdue", "%(n)s tasks are overdue", n) % {"n": as_number(n)} if n else ""


def of_outbox(*, counts: Any, ill: Sequence[str], has_sender: bool) -> str:
    """Letters nobody knows of, a server that takes none, none set up; then what waits and what failed lately."""
    uncertain, failed = counts.by_state.get("uncertain", 0), counts.by_state.get("failed", 0)
    if uncertain:
        text = ngettext("%(n)s letter may have gone out or not", "%(n)s letters may have gone out or not", uncertain)
        return text % {"n": as_number(uncertain)}
    if ill:
        return _("Letters are not going out from %(name)s") % {"name": ill[0]}
    waiting = ngettext("%(n)s message waits", "%(n)s messages wait", counts.waiting) % {"n": as_number(counts.waiting)}
    if counts.waiting and not has_sender:
        return _("%(said)s, and no sender is set up") % {"said": waiting}
    if failed:
        text = ngettext("%(n)s message failed in 30 days", "%(n)s messages failed in 30 days", failed)
        return text % {"n": as_number(failed)}
    return waiting if counts.waiting else _("Nothing waits in the outbox")


def of_senders(*, ready: int, ill: Sequence[str], has_address: bool) -> str:
    """A sender in trouble comes before those that are well."""
    if ill:
        return _("Letters are not going out from %(name)s") % {"name": ill[0]}
    if not ready:
        return _("No sender is set up yet")
    said = ngettext("Letters go out through %(n)s sender", "Letters go out through %(n)s senders", ready) % {"n": ready}
    return said if has_address else _("%(said)s, but Teplo has no public address yet") % {"said": said}


def of_sites(sites: Sequence[Any]) -> str:
    """A site that was never heard has no script on its pages."""
    active = [site for site in sites if site.is_active]
    silent = [site.name for site in active if site.heard_at is None]
    if not active:
        return _("No site sends events yet")
    if len(silent) == 1:
        return _("Nothing was heard of %(name)s yet") % {"name": silent[0]}
    if silent:
        text = ngettext("Nothing was heard of %(n)s site yet", "Nothing was heard of %(n)s sites yet", len(silent))
        return text % {"n": len(silent)}
    text = ngettext("%(n)s site sends events", "%(n)s sites send events", len(active))
    return text % {"n": len(active)}


def of_jobs(*, failed: int, running: int) -> str:
    """Work that failed within a day comes before what is running."""
    if failed:
        text = ngettext("%(n)s piece of long work failed", "%(n)s pieces of long work failed", failed)
        return text % {"n": as_number(failed)}
    if running:
        text = ngettext("%(n)s piece of long work is running", "%(n)s pieces of long work are running", running)
        return text % {"n": as_number(running)}
    return _("No long work is running")


def of_journeys(*, stopped: Sequence[str], still: Sequence[tuple[str, int]], live: int, inside: int) -> str:
    """A journey that has stopped by itself, people who stand still; then what runs."""
    if stopped:
        return _("The journey “%(name)s” has stopped by itself") % {"name": stopped[0]}
    if still:
        name, n = still[0]
        text = ngettext("%(n)s person stands still in “%(name)s”", "%(n)s people stand still in “%(name)s”", n)
        return text % {"n": as_number(n), "name": name}
    if not live:
        return _("No journey is live")
    said = ngettext("%(n)s live journey", "%(n)s live journeys", live) % {"n": live}
    people = ngettext("%(n)s person inside", "%(n)s people inside", inside) % {"n": as_number(inside)}
    return _("%(journeys)s, %(people)s") % {"journeys": said, "people": people}
