"""The text part of a letter, made from its HTML once per template."""

from __future__ import annotations

import re
from collections.abc import Callable
from html.parser import HTMLParser

_BLOCK_NAMES = """
address article aside blockquote center div dl figure footer h1 h2 h3 h4 h5 h6 header main nav ol p pre section table
tr ul
"""
_SPACED_NAMES = "blockquote h1 h2 h3 h4 h5 h6 ol p pre table ul"
_BLOCKS = frozenset(_BLOCK_NAMES.split())
_SPACED = frozenset(_SPACED_NAMES.split())
_SILENT = frozenset(("head", "style", "script", "title"))
_MARK = re.compile(r"~\d+~")


def to_text(shielded: str, *, link: Callable[[str], str]) -> str:
    """Readable text of shielded HTML; Liquid keeps its marks. `link` writes an address as it shall stand."""
    reader = _Reader(link)
    reader.feed(shielded)
    reader.close()
    lines = [re.sub(r"[ \t\xa0]+", " ", line).strip() for line in "".join(reader.out).split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip() + "\n"


class _Reader(HTMLParser):
    def __init__(self, link: Callable[[str], str]) -> None:
        super().__init__(convert_charrefs=True)
        self.link = link
        self.out: list[str] = []
        self.silent = 0
        self.href: list[str] = []
        self.since: list[int] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if tag in _SILENT:
            self.silent += 1
        elif tag == "br":
            self.out.append("\n")
        elif tag == "hr":
            self.out.append("\n----\n")
        elif tag == "li":
            self.out.append("\n- ")
        elif tag == "img" and not self.silent:
            self.out.append(values.get("alt") or "")
        elif tag in ("td", "th"):
            self.out.append(" ")
        elif tag == "a":
            self.href.append(values.get("href") or "")
            self.since.append(len(self.out))
        elif tag in _BLOCKS:
            self.out.append("\n\n" if tag in _SPACED else "\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in _SILENT:
            self.silent = max(0, self.silent - 1)
        elif tag == "a" and self.href:
            self._end_link()
        elif tag in _BLOCKS:
            self.out.append("\n\n" if tag in _SPACED else "\n")

    def _end_link(self) -> None:
        href, since = self.href.pop(), self.since.pop()
        label = "".join(self.out[since:]).strip()
        if not href or href.startswith("#"):
            return
        if label in ("", href, href.removeprefix("mailto:").removeprefix("tel:")):
            self.out[since:] = [self.link(href)]
        else:
            self.out.append(f" ({self.link(href)})")

    def handle_data(self, data: str) -> None:
        if not self.silent:
            self.out.append(re.sub(r"\s+", " ", data))

    def handle_comment(self, data: str) -> None:
        if _MARK.fullmatch(data):
            self.out.append(f"<!--{data}-->")
