"""The left rail: few words, and what stands under each. An entry whose page does not exist hides itself."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from teplo.accounts.access import Right, can


@dataclass(frozen=True)
class Entry:
    """A page one can go to: its url name, words, icon and the right it takes."""

    name: str
    label: str | Promise
    icon: str
    right: Right = Right.SEE
    also: tuple[str, ...] = ()


@dataclass(frozen=True)
class Section:
    label: str | Promise
    icon: str
    entries: tuple[Entry, ...]


SECTIONS = (
    Section(_("Today"), "sun", (Entry("today", _("Today"), "sun"),)),
    Section(
        _("People"),
        "users",
        (
            Entry("people", _("People"), "users"),
            Entry("companies", _("Companies"), "building"),
            Entry("segments", _("Segments"), "filter"),
            Entry("tags", _("Tags"), "tag"),
            Entry("duplicates", _("Duplicates"), "copy", Right.EDIT_PEOPLE),
            Entry("claims", _("Unconfirmed"), "help-circle", Right.EDIT_PEOPLE),
            Entry("imports", _("Import"), "file-import", Right.IMPORT),
        ),
    ),
    Section(
        _("Journeys"),
        "route",
        (
            Entry("journeys", _("Journeys"), "route"),
            Entry("outbox", _("Outbox"), "send"),
        ),
    ),
    Section(
        _("Content"),
        "writing",
        (
            Entry("templates", _("Templates"), "template"),
            Entry("forms", _("Forms"), "forms"),
            Entry("magnets", _("Magnets"), "magnet"),
        ),
    ),
    Section(
        _("Sales"),
        "heart-handshake",
        (
            Entry("hand-offs", _("Hand-offs"), "flame"),
            Entry("tasks", _("Tasks"), "checkbox"),
            Entry("deals", _("Deals"), "coins"),
        ),
    ),
    Section(
        _("Insight"),
        "chart-area-line",
        (
            Entry("insight", _("Overview"), "chart-area-line"),
            Entry("funnel", _("Funnel"), "filter-2"),
            Entry("sources", _("Sources"), "map-pin"),
            Entry("scoring", _("Scoring"), "temperature"),
            Entry("reviews", _("Score reviews"), "presentation"),
            Entry("stages", _("Stages"), "stairs"),
            Entry("activities", _("Activities"), "activity"),
        ),
    ),
    Section(
        _("Settings"),
        "settings",
        (
            Entry("settings-company", _("Company"), "building-store", Right.MANAGE),
            Entry("users", _("Colleagues"), "users-group", Right.MANAGE),
            Entry("senders", _("Channels"), "mail", Right.MANAGE),
            Entry("sites", _("Sites and keys"), "world", Right.MANAGE),
            Entry("attributes", _("Attributes"), "tags", Right.EDIT_MARKETING),
            Entry("consent-texts", _("Consent texts"), "file-text", Right.EDIT_MARKETING),
            Entry("tokens", _("Tokens"), "key", Right.MANAGE),
            Entry("jobs", _("Long work"), "progress"),
            Entry("dead-letters", _("Dead letters"), "mail-x", Right.MANAGE),
            Entry("profile", _("My profile"), "user-circle"),
        ),
    ),
)


@dataclass
class Link:
    """An entry as one reader sees it."""

    label: str | Promise
    icon: str
    url: str
    name: str = ""
    is_active: bool = False
    links: list[Link] = field(default_factory=list)


def _address(name: str) -> str:
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""


def rail_for(user: Any, path: str) -> list[Link]:
    """The sections with the pages this user may see; the one he stands on is active."""
    sections = []
    for section in SECTIONS:
        links = [
            Link(entry.label, entry.icon, _address(entry.name), entry.name)
            for entry in section.entries
            if can(user, entry.right) and _address(entry.name)
        ]
        if links:
            sections.append(Link(section.label, section.icon, links[0].url, links[0].name, links=links))
    _mark_active(sections, path)
    return sections


def _mark_active(sections: list[Link], path: str) -> None:
    """The page with the longest address that begins the path: /people/segments/ beats /people/."""
    standing = [
        (len(link.url), section, link)
        for section in sections
        for link in section.links
        if path == link.url or (link.url != "/" and path.startswith(link.url))
    ]
    if standing:
        _length, section, link = max(standing, key=lambda found: found[0])
        section.is_active = link.is_active = True


def pages_for(user: Any) -> Iterator[Link]:
    """Every page of the rail, for the palette."""
    for section in rail_for(user, ""):
        yield from section.links
