"""Why a person moved between stages, as a sentence (R12)."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from teplo.accounts.models import User
from teplo.conditions import registry
from teplo.conditions.sentences import say_stored
from teplo.journeys.models import Journey
from teplo.sales.returning import REASONS
from teplo.stages.merging import MERGE
from teplo.stages.models import StageMove
from teplo.web.reading import whole


def why_moved(move: StageMove) -> str:
    """The sign that held, or the human's words, in the reader's language."""
    why: dict[str, Any] = move.why or {}
    if move.cause == "hand":
        said = why.get("words", "")
        return _("%(who)s moved him: “%(words)s”") % {"who": _who(move.by), "words": said} if said else _who(move.by)
    if move.cause == "journey":
        return _("Moved by the journey “%(journey)s”") % {"journey": _journey(move.by)}
    if move.cause == "preset":
        return _("The ladder of stages was changed")
    if "returned" in why:
        return _("Sales gave him back: %(reason)s") % {"reason": str(REASONS.get(why["returned"], why["returned"]))}
    if move.cause == "return":
        return _("He acted again and came back")
    if move.cause == MERGE:
        return _("Two cards became one, and the further stage of the two stays")
    if move.cause == "import":
        return _("Came with an import")
    if why.get("sign"):
        return _("His sign holds: %(sign)s") % {"sign": say_stored(why["sign"], registry.people())}
    return _("The first stage, where everybody begins") if why.get("first") else ""


def _who(by: str) -> str:
    kind, _colon, number = by.partition(":")
    user = User.objects.filter(pk=key).first() if kind == "user" and (key := whole(number)) else None
    return user.name if user else _("A colleague")


def _journey(by: str) -> str:
    number = by.rpartition(":")[2]
    journey = Journey.objects.filter(pk=key).first() if (key := whole(number)) else None
    return journey.name if journey else number
