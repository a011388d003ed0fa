"""Making a draft journey and its templates of a ready one."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

from django.db import transaction

from teplo.content.composing import Source
from teplo.content.models import Template
from teplo.content.templates import create_template
from teplo.journeys.models import Journey, JourneyVersion
from teplo.journeys.presets.reactivation import REACTIVATION
from teplo.journeys.presets.ready import ReadyJourney, ReadyLetter, Texts
from teplo.journeys.presets.warm_up import WARM_UP
from teplo.journeys.presets.welcome import WELCOME
from teplo.kit.models import ready_texts
from teplo.kit.wording import in_language

READY: Mapping[str, ReadyJourney] = {ready.key: ready for ready in (WELCOME, WARM_UP, REACTIVATION)}


class NoSuchPreset(Exception):
    """There is no such ready journey."""


def install(key: str, *, language: str = "en", by: int | None = None) -> Journey:
    """A draft of a ready journey in a language, with its letters as templates; raises NoSuchPreset."""
    if key not in READY:
        raise NoSuchPreset
    ready = READY[key]
    with transaction.atomic():
        templates = {letter.key: _make_template(ready, letter, language, by) for letter in ready.letters}
        journey = Journey.objects.create(
            name=in_language(ready.names, language),
            description=in_language(ready.says, language),
            ready=ready_texts(name=ready.names, description=ready.says),
            reentry=ready.reentry,
            reentry_days=ready.reentry_days,
            created_by=by,
        )
        JourneyVersion.objects.create(
            journey=journey,
            number=1,
            trigger=dict(ready.trigger),
            goal=dict(ready.goal),
            exits=[dict(condition) for condition in ready.exits],
            steps=[_as_step(step, templates, language) for step in ready.steps],
        )
    return journey


def _as_step(step: Mapping[str, Any], templates: Mapping[str, int], language: str) -> dict[str, Any]:
    stored: dict[str, Any] = {}
    for name, value in step.items():
        if name == "template":
            stored[name] = templates[value]
        else:
            stored[name] = in_language(value, language) if isinstance(value, dict) and "ru" in value else value
    return stored


def _make_template(ready: ReadyJourney, letter: ReadyLetter, language: str, by: int | None) -> int:
    names = _full_names(ready, letter)
    source = Source(
        channel="email", language=language, subject=in_language(letter.subject, language), body=_body(letter, language)
    )
    name = in_language(names, language)
    return create_template(name=name, source=source, by=by, ready=ready_texts(name=names)).pk


def _body(letter: ReadyLetter, language: str) -> str:
    paragraphs = "".join(f"<p>{escape(line, quote=False)}</p>\n" for line in _lines(letter.paragraphs, language))
    if letter.button is None:
        return paragraphs
    return f'{paragraphs}<p><a href="{{{{ workspace.site_url }}}}">{in_language(letter.button, language)}</a></p>\n'


def _lines(texts: Texts, language: str) -> list[str]:
    return [line.strip() for line in in_language(texts, language).splitlines() if line.strip()]


def note_ready(*, journeys: type[Journey], templates: type[Template]) -> None:
    """Journeys and letters that came ready before their names were kept in three languages, and were not renamed."""
    for ready in READY.values():
        found = journeys.objects.filter(name__in=ready.names.values())
        found.update(ready=ready_texts(name=ready.names, description=ready.says))
        for letter in ready.letters:
            names = _full_names(ready, letter)
            templates.objects.filter(name__in=names.values()).update(ready=ready_texts(name=names))


def _full_names(ready: ReadyJourney, letter: ReadyLetter) -> dict[str, str]:
    return {spoken: f"{ready.names[spoken]}: {letter.name[spoken]}" for spoken in ready.names}
