"""`teplo score explain`: why somebody is as warm as he is, today or on any day (R22)."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Annotated

import typer
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from rich.table import Table

from teplo.accounts.workspace import get_workspace
from teplo.api.people import THEN, ExplanationShown, HandShown, explained
from teplo.cli.score_answers import JsonOption, LanguageOption, Unknown, answering, say_json, table_named
from teplo.cli.speaking import out
from teplo.conditions import registry
from teplo.kit.clock import now
from teplo.people.identities import ContactUnreadable, normalise
from teplo.people.models import Identity, Person

_KINDS = ("email", "phone", "telegram", "whatsapp", "viber", "vk", "external", "visitor")


def explain(
    person: Annotated[str, typer.Argument(help="E-mail, phone or another contact, or the id of his card.")],
    table: Annotated[
        str, typer.Option(help="By which table: then (the one of that day), live (today's), name or id.")
    ] = THEN,
    as_of: Annotated[
        str, typer.Option("--as-of", help="A day (its end counts) or a moment of the past.", metavar="DATE")
    ] = "",
    language: LanguageOption = "",
    as_json: JsonOption = False,
) -> None:
    """Take a score apart, criterion by criterion."""
    with answering(language=language, as_json=as_json):
        meant = table if table == THEN else table_named(table)
        found = explained(_find(person), meant, as_of=_moment(as_of))
        if as_json:
            say_json({"state": "done", **found.model_dump(mode="json")})
        else:
            _show(found)


def _find(text: str) -> int:
    """By id or by contact; raises Unknown."""
    if text.isdigit() and len(text) < 19 and Person.objects.filter(pk=text).exists():  # noqa: PLR2004
        return int(text)
    region = get_workspace().phone_region
    for kind in _KINDS:
        try:
            value = normalise(kind=kind, text=text, region=region)
        except ContactUnreadable:
            continue
        if found := Identity.objects.filter(kind=kind, value=value).first():
            return found.person_id
    raise Unknown(_("Nobody is known by “%(text)s”.") % {"text": text})


def _moment(text: str) -> datetime | None:
    """The end of a day in the company's zone, or a moment; None: now."""
    if not text:
        return None
    try:
        moment, day = parse_datetime(text), parse_date(text)
    except ValueError:
        moment = day = None
    if day is not None:
        end = datetime.combine(day, time.min, registry.zone()) + timedelta(days=1) - timedelta(microseconds=1)
        return min(end, now())
    if moment is None:
        raise Unknown(_("“%(text)s” is not a date; write it as 2026-11-22.") % {"text": text})
    return timezone.make_aware(moment, registry.zone()) if timezone.is_naive(moment) else moment


def _show(found: ExplanationShown) -> None:
    names = {"cold": _("cold"), "warm": _("warm"), "hot": _("hot")}
    said = _("%(total)s points, %(heat)s, by “%(table)s” on %(day)s") % {
        "total": found.total,
        "heat": names.get(found.temperature, found.temperature),
        "table": found.table.name,
        "day": date_format(timezone.localtime(found.at, registry.zone()), "DATETIME_FORMAT"),
    }
    out.print(said, style="bold", markup=False)
    if not found.was_live:
        out.print(_("This table did not score people then."), markup=False)
    if found.hand:
        out.print(_by_hand(found.hand, names), markup=False)
    if not found.parts:
        out.print(_("No criterion gives anything."))
        return
    table = Table(_("points"), _("criterion"), _("since"), _("times"))
    for part in found.parts:
        since = date_format(timezone.localtime(part.since, registry.zone()), "SHORT_DATE_FORMAT") if part.since else ""
        name = f"{part.group}: {part.name}" if part.group else part.name
        table.add_row(f"{part.points:+d}", name, since, str(part.times or ""))
    out.print(table)


def _by_hand(word: HandShown, names: dict[str, str]) -> str:
    day = date_format(timezone.localtime(word.at, registry.zone()), "SHORT_DATE_FORMAT")
    said = _("By hand on %(day)s: %(heat)s") % {"day": day, "heat": names[word.temperature]}
    return said + (f", {word.points}" if word.points is not None else "") + (f". {word.words}" if word.words else "")
