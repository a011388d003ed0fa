"""Where a definition is used: each room lends the places it owns; whatever takes a definition away asks first.

Lower rooms take away what upper rooms use (a segment starts a journey), so the places are lent in `config/wiring.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import NamedTuple

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

KINDS = {
    "segment": gettext_lazy("Segment"),
    "view": gettext_lazy("View"),
    "table": gettext_lazy("Score table"),
    "profile": gettext_lazy("Profile"),
    "stage": gettext_lazy("Stage"),
    "journey": gettext_lazy("Journey"),
    "template": gettext_lazy("Template"),
    "outbox": gettext_lazy("Outbox"),
    "shadow": gettext_lazy("Shadow run"),
}
"""What a place is, as a reader calls it."""


@dataclass(frozen=True)
class Thing:
    """A definition that others may be built upon.

    `kind` is attribute, choice, activity, segment, stage, grade, tag, template, sender or table. `key` is how
    conditions and steps name it (of an attribute with attr. or company.attr. before it); `value` is of a choice its own
    key, of a tag its folded name.
    """

    kind: str
    id: int = 0
    key: str = ""
    value: str = ""


class Use(NamedTuple):
    """One place that would lose its sense: what it is, how it is called, and the name and number of its page."""

    kind: str
    name: str
    page: str
    id: int | None = None

    @property
    def said(self) -> str:
        return f"{KINDS.get(self.kind, self.kind)} “{self.name}”"


Find = Callable[[Thing], Iterable[Use]]
_finders: dict[str, Find] = {}


class InUse(Exception):
    """Something is built upon it."""

    def __init__(self, uses: list[Use]) -> None:
        super().__init__([use.said for use in uses])
        self.uses = uses

    def __str__(self) -> str:
        shown = ", ".join(use.said for use in self.uses[:5])
        more = len(self.uses) - 5
        if more > 0:
            shown = _("%(places)s and %(n)s more") % {"places": shown, "n": more}
        return _("It is in use: %(places)s. Take it out there first.") % {"places": shown}


def lend(room: str, find: Find) -> None:
    """Let a room say where it uses a thing; the same room again replaces."""
    _finders[room] = find


def used_in(thing: Thing) -> list[Use]:
    """Every place, each once, in the order of the rooms."""
    return list(dict.fromkeys(use for find in _finders.values() for use in find(thing)))


def refuse_in_use(thing: Thing) -> None:
    """Raises InUse if anything is built upon it."""
    if uses := used_in(thing):
        raise InUse(uses)
