"""What somebody must know of a file before its import: who forbids letters, dates read in one of two ways, phones of
another country."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from teplo.people.identities import is_valid_in
from teplo.people.importing.contacts import read_contacts
from teplo.people.importing.plans import DATED, Plan
from teplo.people.importing.rows import EventRow, PersonRow
from teplo.people.importing.tables import Looked
from teplo.people.importing.values import day_month
from teplo.people.models import AttributeType
from teplo.people.places import country_name

_REGIONS = ("US", "UA", "RU", "KZ", "BY", "PL", "DE", "GB", "TR", "GE", "AM", "UZ", "IL", "AE", "IT", "ES", "FR")
"""Countries whose numbers a column of phones is tried with; the United States stand for Canada too."""


@dataclass(frozen=True, slots=True)
class Notice:
    """`code`: opt-outs, ambiguous-dates or foreign-phones; `region` is the country that foreign phones fit."""

    code: str
    text: str
    region: str = ""


def notices_of(plan: Plan, looked: Looked, people: Sequence[PersonRow | EventRow | None]) -> list[Notice]:
    """What the first rows of a file say, loudest first."""
    return [*_opt_outs(plan, people), *_ambiguous_dates(plan, looked), *_foreign_phones(plan, looked)]


def _opt_outs(plan: Plan, people: Sequence[PersonRow | EventRow | None]) -> list[Notice]:
    places = [
        place for place, column in enumerate(plan.mapping.columns)
        if column.target in ("consent", "unsubscribed", "bounced")
    ]  # fmt: skip
    if not places:
        return []
    rows = [row for row in people if isinstance(row, PersonRow)]
    no = sum(bool(row.suppressed) or False in row.consents.values() for row in rows)
    columns = ", ".join(f"“{plan.heading(place)}”" for place in places)
    told = ngettext(
        "%(no)s of the first %(all)s people does not want letters, or letters come back (%(columns)s).",
        "%(no)s of the first %(all)s people do not want letters, or letters come back (%(columns)s).",
        no,
    ) % {"no": no, "all": len(rows), "columns": columns}
    rule = _("Whoever is marked so anywhere in the file is never written to, even if you say that everybody agreed.")
    return [Notice("opt-outs", f"{told} {rule}")]


def _ambiguous_dates(plan: Plan, looked: Looked) -> list[Notice]:
    found = []
    for place, column in enumerate(plan.mapping.columns):
        if column.target not in DATED and column.type != AttributeType.DATE:
            continue
        ways = Counter(day_month(cells[place]) for _number, cells in looked.rows if place < len(cells))
        if ways["either"] and not (ways["dmy"] or ways["mdy"]):
            text = _("Dates in “%(column)s” can be read in two ways; they are read as day, then month.")
            if plan.orders[place] == "mdy":
                text = _("Dates in “%(column)s” can be read in two ways; they are read as month, then day.")
            found.append(Notice("ambiguous-dates", text % {"column": plan.heading(place)}))
        elif ways["dmy"] and ways["mdy"]:
            text = _("“%(column)s” has dates with the day first and with the month first; look at them in the file.")
            found.append(Notice("ambiguous-dates", text % {"column": plan.heading(place)}))
    return found


def _foreign_phones(plan: Plan, looked: Looked) -> list[Notice]:
    region = plan.options.phone_region or plan.around.region
    found = []
    for place, column in enumerate(plan.mapping.columns):
        if column.target not in ("phone", "whatsapp", "viber"):
            continue
        written = [cells[place].strip() for _number, cells in looked.rows if place < len(cells)]
        without = [text for text in written if len(text) >= 7 and not text.startswith(("+", "00", "'+"))]
        unread = [text for text in without if not read_contacts(column.target, text, region)[0]]
        if not without or 2 * len(unread) < len(without):
            continue
        fit = {other: sum(is_valid_in(text, other) for text in unread) for other in _REGIONS if other != region}
        best = max(fit, key=lambda other: fit[other])
        if fit[best] >= 0.6 * len(unread):
            text = _(
                "Most numbers in “%(column)s” are no numbers of %(own)s, but could be of %(other)s. Which country?"
            )
            said = {"column": plan.heading(place), "own": country_name(region), "other": country_name(best)}
            found.append(Notice("foreign-phones", text % said, best))
    return found
