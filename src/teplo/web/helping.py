"""The user guide, served by the installation itself in the reader's language, and where each page's help is."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse
from django.urls import path, reverse
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import slugify
from django.utils.translation import get_language
from markdown_it import MarkdownIt
from markdown_it.token import Token

from teplo.accounts.access import Right, requires
from teplo.web.answers import page

FOLDER = Path(__file__).resolve().parent / "guide"
LAST_LANGUAGE = "en"

HELP: Mapping[str, str] = {
    "": "begin",
    "activities/": "see-what-they-do",
    "companies/": "the-persons-card",
    "conditions/": "segments-and-conditions",
    "deals/": "sales",
    "duplicates/": "the-persons-card",
    "guide/": "begin",
    "hand-offs/": "sales",
    "help/": "begin",
    "insight/": "stages",
    "insight/sources/": "see-what-they-do",
    "jobs/": "when-something-is-wrong",
    "journeys/": "journeys",
    "notices/": "begin",
    "outbox/": "letters",
    "people/": "segments-and-conditions",
    "people/<int:": "the-persons-card",
    "people/<int:person_id>/journeys/": "journeys",
    "people/<int:person_id>/propose-criterion/": "the-meeting-about-the-score",
    "people/<int:person_id>/score/": "understand-one-score",
    "people/<int:person_id>/stage/": "stages",
    "people/claims/": "who-fills-in-a-form",
    "people/imports/": "bring-people-in",
    "people/merges/": "the-persons-card",
    "people/new/": "the-persons-card",
    "people/tags/": "the-persons-card",
    "profile/": "begin",
    "scoring/": "decide-who-is-warm",
    "scoring/back-tests/": "put-a-table-to-the-past",
    "scoring/common/": "what-customers-have-in-common",
    "scoring/decisions/": "the-meeting-about-the-score",
    "scoring/hand/": "understand-one-score",
    "scoring/interviews/": "what-customers-have-in-common",
    "scoring/learned/": "let-the-points-be-learned",
    "scoring/reviews/": "the-meeting-about-the-score",
    "scoring/tables/<int:table_id>/shadow/": "put-a-table-to-the-past",
    "search/": "the-persons-card",
    "settings/": "begin",
    "settings/attributes/": "see-what-they-do",
    "settings/channels/": "letters",
    "settings/consent-texts/": "who-fills-in-a-form",
    "settings/dead-letters/": "when-something-is-wrong",
    "settings/sites/": "see-what-they-do",
    "stages/": "stages",
    "start/": "begin",
    "tasks/": "sales",
    "templates/": "letters",
}
"""The beginning of an address (the longest counts) and the section of the guide about it."""


@dataclass(frozen=True)
class Section:
    """A heading of the guide: the same anchor in every language."""

    anchor: str
    title: str
    level: int


@dataclass(frozen=True)
class Guide:
    """The guide in one language."""

    title: str
    sections: tuple[Section, ...]
    html: SafeString


def section_of(route: str) -> str:
    """The anchor of the section about an address; of `""` only the first page is meant."""
    found = [beginning for beginning in HELP if route == beginning or (beginning and route.startswith(beginning))]
    return HELP[max(found, key=len)] if found else ""


def help_url_of(request: HttpRequest) -> str:
    """Where the guide speaks of this page; its beginning for pages without an address."""
    match = request.resolver_match
    anchor = section_of(match.route) if match else ""
    return f"{reverse('help')}#{anchor}" if anchor else reverse("help")


@cache
def read_guide(language: str) -> Guide:
    """The guide of this language, or of the last one. Its anchors are made of the English headings."""
    file = FOLDER / f"{language}.md"
    tokens = _tokens(file if file.exists() else FOLDER / f"{LAST_LANGUAGE}.md")
    heads = _heads(tokens)
    anchors = [slugify(text) for _at, text in _heads(_tokens(FOLDER / f"{LAST_LANGUAGE}.md"))]
    sections = []
    for (at, text), anchor in zip(heads, anchors, strict=True):
        tokens[at].attrSet("id", anchor)
        sections.append(Section(anchor, text, int(tokens[at].tag[1])))
    body = tokens[heads[0][0] + 3 :]  # the first heading is the page's own
    html = mark_safe(_markdown().renderer.render(body, _markdown().options, {}))  # noqa: S308 - our own text
    return Guide(heads[0][1], tuple(sections[1:]), html)


@cache
def _markdown() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": False}).enable("table")


def _tokens(file: Path) -> list[Token]:
    tokens = _markdown().parse(file.read_text(encoding="utf-8"))
    for token in tokens:
        token.children = _without_files(token.children) if token.children else token.children
    return tokens


def _heads(tokens: list[Token]) -> list[tuple[int, str]]:
    """Where headings open, and their words."""
    return [(at, tokens[at + 1].content) for at, token in enumerate(tokens) if token.type == "heading_open"]


def _without_files(children: list[Token]) -> list[Token]:
    """Links to files of the source, which are not served, become their words and the file's name."""
    kept, file = [], ""
    for token in children:
        target = urlsplit(str(token.attrGet("href") or ""))
        if token.type == "link_open" and not target.scheme and target.path:
            file = re.sub(r"^(\.\./)+", "", target.path)
        elif token.type == "link_close" and file:
            kept.append(Token("text", "", 0, content=f" ({file})"))
            file = ""
        else:
            kept.append(token)
    return kept


@requires(Right.SEE)
def help_page(request: HttpRequest) -> HttpResponse:
    """The whole guide; links of the other pages lead to its sections."""
    context: dict[str, Any] = {"guide": read_guide(get_language() or LAST_LANGUAGE)}
    return page(request, "help/page.html", context)


urlpatterns = [path("help/", help_page, name="help")]
