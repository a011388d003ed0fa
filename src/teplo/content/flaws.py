"""What can be wrong with a template, told with its place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class TemplateGone(Exception):
    """The template does not exist any more."""


PARTS: Mapping[str, str | Promise] = {
    "subject": _("Subject"),
    "preheader": _("Preheader"),
    "body": _("Letter"),
    "text": _("Text part"),
}
_FLAWS: Mapping[str, str | Promise] = {
    "syntax": _("%(part)s, line %(line)s: %(detail)s"),
    "liquid-in-tag": _("%(part)s, line %(line)s: a hole inside a tag must stand in quotes."),
    "rendering": _("%(part)s: %(detail)s"),
}
_WARNINGS: Mapping[str, str | Promise] = {
    "unknown-hole": _("%(part)s, line %(line)s: nothing is known as “%(hole)s”; it will stay empty."),
    "no-unsubscribe": _("There is no link to unsubscribe: one will be put under the letter."),
    "no-subject": _("The letter has no subject."),
    "link-without-address": _("The link “%(url)s” has no https:// and will not work in a letter."),
    "removed": _("Taken out, because it is not safe or no mail program takes it: %(what)s"),
    "too-heavy": _("The letter is %(size)s KB; Gmail cuts letters off at 102 KB."),
    "image-without-text": _("A picture has no description (alt): it is empty where pictures are not shown."),
}


class TemplateFlaw(Exception):
    """The template cannot be used as it is written."""

    def __init__(self, *, part: str, code: str, line: int = 0, detail: str = "") -> None:
        super().__init__(code)
        self.part, self.code, self.line, self.detail = part, code, line, detail

    def __str__(self) -> str:
        return str(_FLAWS[self.code]) % {"part": PARTS[self.part], "line": self.line, "detail": self.detail}


@dataclass(frozen=True, slots=True)
class TemplateWarning:
    """Something that works, but hardly as it was meant."""

    code: str
    part: str = "body"
    params: Mapping[str, Any] | None = None

    def __str__(self) -> str:
        return str(_WARNINGS[self.code]) % {"part": PARTS[self.part], **(self.params or {})}
