"""A letter that a colleague wrote to one person in plain words: made into HTML and text as one from a template."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from typing import Any

from teplo.content.composing import Source
from teplo.content.rendering import PreparedLetter, prepare_source

_LIQUID = re.compile(r"\{\{|\{%")
_LINK = re.compile(r"https?://[^\s<>\"]*[^\s<>\".,;:!?)\]»]")


def prepare_written(letter: Mapping[str, Any], *, is_service: bool) -> PreparedLetter:
    """Ready to be filled; `letter` has subject, text and language. Braces of a template are plain signs here."""
    source = Source(
        language=str(letter.get("language") or "ru"),
        subject=_plain(str(letter.get("subject", ""))),
        body=body_of(str(letter.get("text", ""))),
        is_service=is_service,
    )
    return prepare_source(source)


def body_of(text: str) -> str:
    """Plain words as HTML: an empty line begins a paragraph, addresses of pages become links."""
    paragraphs = re.split(r"\n\s*\n", text.replace("\r\n", "\n").strip())
    return "\n".join(f"<p>{_lines(paragraph)}</p>" for paragraph in paragraphs)


def _lines(paragraph: str) -> str:
    return "<br>\n".join(_linked(line) for line in paragraph.split("\n"))


def _linked(line: str) -> str:
    pieces: list[str] = []
    end = 0
    for found in _LINK.finditer(line):
        url = html.escape(found[0])
        pieces += [_plain(html.escape(line[end : found.start()])), f'<a href="{_plain(url)}">{_plain(url)}</a>']
        end = found.end()
    return "".join([*pieces, _plain(html.escape(line[end:]))])


def _plain(text: str) -> str:
    """Liquid's own braces as signs."""
    return _LIQUID.sub(lambda found: "{{ '" + found[0] + "' }}", text)
