"""Cutting the text form into tokens that know where they stand."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum, auto

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from teplo.conditions.reading import TEXTS, ConditionError, Path


class Kind(Enum):
    WORD = auto()
    FIELD = auto()
    TEXT = auto()
    NUMBER = auto()
    DATE = auto()
    SYMBOL = auto()
    END = auto()


@dataclass(frozen=True, slots=True)
class Token:
    kind: Kind
    text: str
    start: int
    end: int


TEXT_TEXTS = {
    "unclosed": gettext_noop("the quotation mark is not closed"),
    "strange-sign": gettext_noop("the sign “%(found)s” has no meaning here"),
    "expected": gettext_noop("expected: %(wanted)s; found: %(found)s"),
    "expected-at-end": gettext_noop("expected: %(wanted)s; but the text has ended"),
}


class TextError(ConditionError):
    """The text cannot be understood: `line` and `column` (from 1) and `length` say where, the reason why."""

    def __init__(self, code: str, text: str, start: int, end: int, path: Path = (), **params: object) -> None:
        super().__init__(code, path, **params)
        self.line = text.count("\n", 0, start) + 1
        self.column = start - (text.rfind("\n", 0, start) + 1) + 1
        self.start, self.end = start, end

    @property
    def length(self) -> int:
        """How many characters are meant, at least one."""
        return max(self.end - self.start, 1)

    @property
    def reason(self) -> str:
        if self.code in TEXTS:
            return super().reason
        wanted = ", ".join(_(word) for word in self.params.get("wanted", ()))
        return _(TEXT_TEXTS[self.code]) % {**self.params, "wanted": wanted}

    def __str__(self) -> str:
        return _("line %(line)s, column %(column)s: %(reason)s") % {
            "line": self.line,
            "column": self.column,
            "reason": self.reason,
        }


QUOTES = {'"': '"', "«": "»", "“": "”", "„": "“"}
_DATE = re.compile(r"\d{4}-\d\d-\d\d(?![\w-])")
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?")
_WORD = re.compile(r"[^\W\d][\w.\-]*")
_SYMBOL = re.compile(r">=|<=|!=|[<>=(),\[\]]")
_SPACE = re.compile(r"\s+")


def cut(text: str) -> list[Token]:
    """The tokens of a text, an END after the last; raises TextError."""
    tokens: list[Token] = []
    at = 0
    while at < len(text):
        if space := _SPACE.match(text, at):
            at = space.end()
            continue
        token = _quoted(text, at) or _plain(text, at)
        tokens.append(token)
        at = token.end
    return [*tokens, Token(Kind.END, "", len(text), len(text))]


def _quoted(text: str, at: int) -> Token | None:
    opening = text[at]
    closing = "`" if opening == "`" else QUOTES.get(opening)
    if closing is None:
        return None
    inside, here = [], at + 1
    while here < len(text):
        if text[here] == "\\" and here + 1 < len(text):
            inside.append(text[here + 1])
            here += 2
        elif text[here] == closing:
            return Token(Kind.FIELD if opening == "`" else Kind.TEXT, "".join(inside), at, here + 1)
        else:
            inside.append(text[here])
            here += 1
    raise TextError("unclosed", text, at, at + 1)


def _plain(text: str, at: int) -> Token:
    for kind, pattern in ((Kind.DATE, _DATE), (Kind.NUMBER, _NUMBER), (Kind.WORD, _WORD), (Kind.SYMBOL, _SYMBOL)):
        if found := pattern.match(text, at):
            return Token(kind, found[0], at, found.end())
    raise TextError("strange-sign", text, at, at + 1, found=text[at])
