"""The keys of the keyboard, as the `?` dialog lists them; a test holds them equal to what the modules listen to."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class Key:
    """What one presses, as the browser names it, and what it does. `held`: Ctrl (⌘ on a Mac) or Alt beside it."""

    names: tuple[str, ...]
    does: str | Promise
    held: str = ""

    @property
    def signs(self) -> list[str]:
        """As they stand on the keys."""
        return [SIGNS.get(name, name.upper() if self.held and len(name) == 1 else name) for name in self.names]


@dataclass(frozen=True)
class Group:
    """Keys of one place, and the module that listens to them."""

    title: str | Promise
    module: str
    keys: tuple[Key, ...]


SIGNS = {
    "ArrowUp": "↑", "ArrowDown": "↓", "ArrowLeft": "←", "ArrowRight": "→", "PageUp": "Page Up", "PageDown": "Page Down",
    "Escape": "Esc", "0-9": "0–9",
}  # fmt: skip

GROUPS = (
    Group(
        _("Everywhere"),
        "teplo.js",
        (
            Key(("k",), _("Find people and pages, do something"), "Ctrl"),
            Key(("/",), _("To the search of the list, else find anything")),
            Key(("?",), _("These keys")),
        ),
    ),
    Group(
        _("In what was found"),
        "teplo.js",
        (Key(("ArrowUp", "ArrowDown"), _("Choose")), Key(("Enter",), _("Open"))),
    ),
    Group(
        _("In a list"),
        "teplo.js",
        (
            Key(("j", "k"), _("The next row, the one before")),
            Key(("Enter",), _("Open the row")),
            Key(("x",), _("Tick the row")),
        ),
    ),
    Group(
        _("In a score table"),
        "scoring.js",
        (
            Key(("s",), _("Save"), "Ctrl"),
            Key(("d",), _("Copy the line"), "Ctrl"),
            Key(("Backspace", "Delete"), _("Delete the line"), "Ctrl"),
            Key(("ArrowUp", "ArrowDown"), _("Move the line"), "Alt"),
            Key(("ArrowUp", "ArrowDown"), _("To the line above or below")),
            Key(("Enter",), _("A new line")),
        ),
    ),
    Group(
        _("In a score review"),
        "reviews.js",
        (
            Key(("ArrowLeft", "ArrowRight"), _("The point before, the next one")),
            Key(("0-9",), _("To the point of this number")),
            Key(("PageUp", "PageDown"), _("The same on the wall")),
            Key(("Escape",), _("Off the wall")),
        ),
    ),
)
