"""What a ready journey is: names, letters and steps, all in three languages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Texts = Mapping[str, str]


def words(ru: str, uk: str, en: str) -> Texts:
    """One text in three languages."""
    return {"ru": ru, "uk": uk, "en": en}


@dataclass(frozen=True)
class ReadyLetter:
    """A letter: its paragraphs stand one per line; with `button`, a link to the site under them."""

    key: str
    name: Texts
    subject: Texts
    paragraphs: Texts
    button: Texts | None = None


@dataclass(frozen=True)
class ReadyJourney:
    """A journey: in its steps `letter` names a ready letter, and texts may stand in three languages."""

    key: str
    names: Texts
    says: Texts
    trigger: Mapping[str, Any]
    steps: Sequence[Mapping[str, Any]]
    letters: Sequence[ReadyLetter]
    goal: Mapping[str, Any] = field(default_factory=dict)
    exits: Sequence[Mapping[str, Any]] = ()
    reentry: str = "once"
    reentry_days: int = 0
