"""What a page may write into fields that stand in letters: no links, no signs nobody sees, no sermons for a name.

Whoever has a site's public key can fill them in, and a name stands in the first line of a letter that we send.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import Any

PUBLIC = "site:"
"""How the sources of what pages say begin."""

MOST = {"first_name": 60, "middle_name": 60, "last_name": 60, "city": 80, "position": 120, "company": 160}
_NAMES = frozenset({"first_name", "middle_name", "last_name"})
_MOST_MARKS = 8
_TITLES = "dr|mr|mrs|ms|prof|st|jr|sr|ph|inc|co|ltd|ул|им|пр|проф|д-р|св|гр"
_LINK = re.compile(
    r"\w:/|:\s*//|//\w|\bwww\.|\bhxxps?\b|\b(?:javascript|data|mailto|tel|tg):|\S@[^\s@]+\.[^\s@]|"
    r"[\w-]\.[\w-]++[/?#]|"  # t.me/x
    rf"(?<![\w-])(?!(?:{_TITLES})\.)[\w-]{{2,}}+"
    r"\.(?:[a-z]{2,24}|рф|укр|бел|рус|онлайн|сайт|дети|москва|қаз|xn--[\w-]+)(?![\w])",
    re.IGNORECASE,
)
"""Takes time in proportion to the text, whatever stands in it: no part is read anew from each of its signs."""
_MARKUP = re.compile(r"[<>{}\[\]|\\]")
_DOTS = str.maketrans("。．｡․‧∙·•", "........")
_MANY_DIGITS = re.compile(r"(?:\d\W?){6}")


def is_public_source(source: str) -> bool:
    """Whether something was said by a page with a site's public key; everything else is vouched for."""
    return source.startswith(PUBLIC)


def is_unfit(key: str, value: Any) -> bool:
    """Whether this may not stand in a field of a person because a page says so."""
    return any(_is_unfit(key, str(word)) for word in _words(value))


def _words(value: Any) -> Iterable[Any]:
    if isinstance(value, dict):
        return (*value.keys(), *value.values())
    return value if isinstance(value, list | tuple) else (value,)


def _is_unfit(key: str, text: str) -> bool:
    if key in MOST and len(text) > MOST[key]:
        return True
    if any(_is_hidden(sign) for sign in text) or _is_piled_up(text):
        return True
    plain = unicodedata.normalize("NFKC", text).translate(_DOTS)
    if _LINK.search(plain):
        return True
    if key in MOST and (len(plain) > MOST[key] or _MARKUP.search(plain)):
        return True
    return key in _NAMES and (bool(_MANY_DIGITS.search(plain)) or len(plain.split()) > 6)


def _is_hidden(sign: str) -> bool:
    """Control signs, and those that turn the direction of writing or take no room."""
    category = unicodedata.category(sign)
    return category in ("Cc", "Cs", "Co") and sign not in "\t\n\r" or category == "Cf" and sign not in "\u200c\u200d"


def _is_piled_up(text: str) -> bool:
    """Whether more marks stand upon one letter than any language has; sorting them would take long, too."""
    pile = 0
    for sign in text:
        pile = pile + 1 if unicodedata.combining(sign) else 0
        if pile > _MOST_MARKS:
            return True
    return False
