"""HTML with Liquid in it, made safe and mail-proof without hurting the Liquid.

Cleaners and CSS inliners read HTML; Liquid between table rows or inside attributes is no HTML. So each piece of Liquid
is replaced by something HTML keeps where it is (a comment in text, a plain word inside a tag), and put back after.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from dataclasses import dataclass

import css_inline
import nh3

from teplo.content.flaws import TemplateFlaw
from teplo.content.removing import what_was_removed

_LIQUID = re.compile(
    r"\{%-?\s*comment\s*-?%\}.*?\{%-?\s*endcomment\s*-?%\}|\{\{.*?\}\}|\{%.*?%\}", re.DOTALL | re.IGNORECASE
)
_MARK_IN_TEXT = re.compile(r"<!--~(\d+)~-->")
_MARK_IN_TAG = re.compile(r"teplo0hole(\d+)x")
_TAG_OPENS = re.compile(r"<(?=[a-zA-Z/!?])")
_STYLE = re.compile(r"<style[^>]*>(.*?)</style\s*>", re.DOTALL | re.IGNORECASE)
_BODY = re.compile(r"<body\b([^>]*)>", re.IGNORECASE)
_BODY_LOOK = re.compile(r'\b(style|bgcolor)\s*=\s*"([^"]*)"', re.IGNORECASE)
# Outlook's own shapes stand in comments, where quotes are as they were written
_HREF = re.compile(r"""(<(?:a|area|v:\w+)\b[^<>]*?\shref\s*=\s*)(["'])(.*?)\2""", re.IGNORECASE | re.DOTALL)
_STARTS_WITH_HOLE = re.compile(r"""(\s(?:href|src|background)\s*=\s*["']\s*)(?=teplo0hole\d+x)""", re.IGNORECASE)
_START = "https://teplo0start/"
"""Before a hole with which an address begins: cleaners would take hole and "https" together for a scheme unknown."""
_UNSAFE_CSS = re.compile(r"@import[^;]*;?|expression\s*\(|javascript:|</?[a-z]", re.IGNORECASE)

_TAG_NAMES = """
a abbr address area article aside b bdi bdo big blockquote br caption center cite code col colgroup dd del dfn div dl
dt em figcaption figure font footer h1 h2 h3 h4 h5 h6 header hr i img ins kbd li main map mark nav ol p picture pre q
s samp section small source span strike strong sub sup table tbody td tfoot th thead time tr tt u ul var wbr
"""
_ATTRIBUTE_NAMES = {
    "*": "align bgcolor border class color dir height id lang role style title valign width",
    "a": "href name target",
    "area": "alt coords href shape",
    "font": "face size",
    "img": "alt src srcset hspace vspace",
    "ol": "start type",
    "source": "media srcset type",
    "table": "cellpadding cellspacing summary background",
    "td": "colspan rowspan nowrap background headers",
    "th": "colspan rowspan nowrap background scope",
    "time": "datetime",
}
_TAGS = set(_TAG_NAMES.split())
_ATTRIBUTES = {tag: set(names.split()) for tag, names in _ATTRIBUTE_NAMES.items()}
_SCHEMES = {"http", "https", "mailto", "tel", "sms", "viber", "tg", "whatsapp", "cid", "data"}
_inliner = css_inline.CSSInliner(keep_style_tags=False, keep_at_rules=True, load_remote_stylesheets=False)


@dataclass(frozen=True, slots=True)
class Shielded:
    """HTML without Liquid, and the pieces of Liquid by number."""

    html: str
    pieces: tuple[str, ...]

    def restored(self, text: str) -> str:
        """`text` with its Liquid put back."""
        pieces = self.pieces
        text = _MARK_IN_TEXT.sub(lambda mark: pieces[int(mark[1])], text)
        return _MARK_IN_TAG.sub(lambda mark: pieces[int(mark[1])], text)


def shield(source: str) -> Shielded:
    """Replace every piece of Liquid; raises TemplateFlaw for Liquid inside a tag but outside quotes."""
    pieces: list[str] = []
    out: list[str] = []
    state, position = "text", 0
    for piece in _LIQUID.finditer(source):
        between = source[position : piece.start()]
        state = _state_after(between, state)
        out.append(between)
        if state == "tag":
            raise TemplateFlaw(part="body", line=source.count("\n", 0, piece.start()) + 1, code="liquid-in-tag")
        out.append(f"<!--~{len(pieces)}~-->" if state == "text" else f"teplo0hole{len(pieces)}x")
        pieces.append(piece[0])
        position = piece.end()
    out.append(source[position:])
    return Shielded("".join(out), tuple(pieces))


_ENDS = {"comment": "-->", "style": "</style", "'": "'", '"': '"'}


def _state_after(text: str, state: str) -> str:
    """Where in HTML one stands after `text`: text, tag, comment, style, or inside quotes of an attribute."""
    position, in_style = 0, False
    while position < len(text):
        if state == "text":
            opened = _TAG_OPENS.search(text, position)
            if not opened:
                return state
            if text.startswith("<!--", opened.start()):
                state, position = "comment", opened.start() + 4
            else:
                in_style = text[opened.start() : opened.start() + 6].lower() == "<style"
                state, position = "tag", opened.end()
        elif state == "tag":
            stop = re.compile("[>\"']").search(text, position)
            if not stop:
                return state
            state = ("style" if in_style else "text") if stop[0] == ">" else stop[0]
            position = stop.end()
        else:
            end = text.lower().find(_ENDS[state], position)
            if end < 0:
                return state
            position = end + len(_ENDS[state])
            in_style = in_style and state != "style"
            state = "text" if state == "comment" else "tag"
    return state


@dataclass(frozen=True, slots=True)
class Cleaned:
    """The inside of a letter: clean HTML, the look of its body and the at-rules of its styles (phones, dark mode)."""

    html: str
    body_style: str
    body_colour: str
    at_rules: str
    removed: tuple[str, ...] = ()


def clean(shielded: str) -> Cleaned:
    """Styles moved into the tags (mail programs drop style sheets), everything dangerous removed."""
    inlined = _inliner.inline(shielded) if _STYLE.search(shielded) else shielded
    at_rules = " ".join(rules.strip() for rules in _STYLE.findall(inlined) if "@" in rules)
    body = _BODY.search(inlined)
    look = {name.lower(): value for name, value in _BODY_LOOK.findall(body[1])} if body else {}
    started = _STARTS_WITH_HOLE.sub(rf"\1{_START}", inlined)
    cleaned = nh3.clean(
        started,
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        clean_content_tags={"script", "style", "title", "iframe", "object", "form", "template", "noscript"},
        strip_comments=False,
        link_rel=None,
        url_schemes=_SCHEMES,
    )
    removed = what_was_removed(started, cleaned)
    cleaned = cleaned.replace(_START, "")
    if "<tbody" not in shielded.lower():  # one implied by the parser would be repeated by a loop over rows
        cleaned = re.sub(r"</?tbody>", "", cleaned)
    return Cleaned(
        html=cleaned,
        body_style=html.escape(html.unescape(look.get("style", ""))),
        body_colour=html.escape(look.get("bgcolor", "")),
        at_rules=_UNSAFE_CSS.sub("", at_rules),
        removed=removed,
    )


def rewrite_links(cleaned: str, rewrite: Callable[[str], str]) -> str:
    """Every address of a link (unescaped, with marks) through `rewrite`, which answers it escaped."""
    return _HREF.sub(lambda found: f"{found[1]}{found[2]}{rewrite(html.unescape(found[3]))}{found[2]}", cleaned)


def only_mark(text: str) -> int | None:
    """The number of the piece when `text` is nothing but one mark."""
    mark = _MARK_IN_TAG.fullmatch(text.strip())
    return int(mark[1]) if mark else None
