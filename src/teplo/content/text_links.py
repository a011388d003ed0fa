"""Addresses in a plain text made traceable, with the holes that stand inside of them."""

from __future__ import annotations

import re

from teplo.content.sandbox import LINK_TAG

_LIQUID = re.compile(r"(\{\{.*?\}\}|\{%.*?%\})", re.DOTALL)
_HOLE_OF_A_SITE = re.compile(r"\{\{-?\s*workspace\.(?:site_url|public_url)\b")
_MARK, _SITE, _TAG, _END = "\ue000", "\ue001", "\ue002", "\ue003"  # private use: no text has them
_ADDRESS = re.compile(rf"(?:https?://|{_SITE}\d+{_END}(?=[/?#]))[^\s<>\"'{{}}|\\^`]*", re.IGNORECASE)
_PIECE = re.compile(rf"[{_MARK}{_SITE}{_TAG}](\d+){_END}")
_OPENS = re.compile(r"\{%-?\s*(?:if|unless|case|for)\b")
_CLOSES = re.compile(r"\{%-?\s*end(?:if|unless|case|for)\b")
_BESIDE = ".,;:!?…”’»\u201c"
_PAIRS = {")": "(", "]": "["}


def traceable(text: str) -> str:
    """`text` with every address inside a link tag. Liquid inside an address belongs to it."""
    pieces: list[str] = []

    def mark(found: re.Match[str]) -> str:
        pieces.append(found[0])
        kind = _TAG if found[0].startswith("{%") else _SITE if _HOLE_OF_A_SITE.match(found[0]) else _MARK
        return f"{kind}{len(pieces) - 1}{_END}"

    def link(found: re.Match[str]) -> str:
        url = _without_what_follows(_balanced(found[0], pieces))
        rest = found[0][len(url) :]
        return f"{{% {LINK_TAG} %}}{url}{{% end{LINK_TAG} %}}{rest}"

    marked = _LIQUID.sub(mark, text.translate(dict.fromkeys(map(ord, (_MARK, _SITE, _TAG, _END)))))
    return _PIECE.sub(lambda found: pieces[int(found[1])], _ADDRESS.sub(link, marked))


def _balanced(url: str, pieces: list[str]) -> str:
    """Up to the first tag that belongs to something around the address."""
    depth, safe = 0, len(url)
    opened_at = len(url)
    for found in _PIECE.finditer(url):
        piece = pieces[int(found[1])]
        if _OPENS.match(piece):
            opened_at = found.start() if depth == 0 else opened_at
            depth += 1
        elif _CLOSES.match(piece):
            depth -= 1
        elif piece.startswith("{%") and depth == 0:
            depth = -1
        if depth < 0:
            return url[: found.start()]
    if depth > 0:
        safe = opened_at
    return url[:safe]


def _without_what_follows(url: str) -> str:
    """Without the full stop of the sentence; a bracket stays if it was opened inside."""
    while url:
        last = url[-1]
        if last in _PAIRS:
            if url.count(last) <= url.count(_PAIRS[last]):
                break
        elif last not in _BESIDE:
            break
        url = url[:-1]
    return url
