"""Why a row, or a part of one, was not taken: codes with their texts, stored as rows and handed out as a file."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from teplo.kit import bulk
from teplo.kit.ids import new_ids
from teplo.people.models import ImportRefusal, ImportRun

TEXTS: dict[str, Any] = {
    "no-contact": gettext_lazy(
        "There is no contact in the row: no e-mail, phone or messenger by which to find the person."
    ),
    "contact-unreadable": gettext_lazy("“%(text)s” cannot be read as a contact, and there is no other one in the row."),
    "too-many-cells": gettext_lazy(
        "The row has %(cells)s cells, the header only %(headers)s: a separator stands inside a value without quotes."
    ),
    "row-unreadable": gettext_lazy(
        "A quote is opened in line %(line)s and never closed, so the line cannot be cut into cells."
    ),
    "line-too-long": gettext_lazy("Line %(line)s is too long to be read: more than four million characters."),
    "too-wide": gettext_lazy("There is a value in cell %(place)s: a table may have %(limit)s columns at most."),
    "cell-too-long": gettext_lazy("Cell %(place)s holds more than %(limit)s characters."),
    "row-too-long": gettext_lazy("The row holds more than %(limit)s characters."),
    "no-deed": gettext_lazy("The row does not say what the person did."),
    "deed-unreadable": gettext_lazy("“%(text)s” cannot be the name of a deed."),
    "no-time": gettext_lazy("The row does not say when it happened."),
    "time-unreadable": gettext_lazy("“%(text)s” is not a date."),
    "time-impossible": gettext_lazy("“%(text)s” lies before the year 2000 or in the future."),
    "row-failed": gettext_lazy("This row could not be written. The error is noted in the log."),
    "part-contact": gettext_lazy("“%(text)s” cannot be read as a contact."),
    "part-name": gettext_lazy("“%(text)s” is no first name, so it is left out: letters would begin with it."),
    "part-number": gettext_lazy("“%(text)s” in “%(column)s” is not a number."),
    "part-flag": gettext_lazy("“%(text)s” in “%(column)s” is neither yes nor no."),
    "part-date": gettext_lazy("“%(text)s” in “%(column)s” is not a date."),
    "part-choice": gettext_lazy("“%(text)s” in “%(column)s” is one value too many for a list of choices."),
    "part-country": gettext_lazy("“%(text)s” is not a country that is known here."),
    "part-language": gettext_lazy("“%(text)s” is not a language: write, for example, ru, uk or en."),
    "part-timezone": gettext_lazy("“%(text)s” is not a time zone: write, for example, Europe/Kyiv."),
    "part-owner": gettext_lazy("There is no colleague “%(text)s”."),
    "part-stage": gettext_lazy("There is no stage “%(text)s”."),
    "part-consent": gettext_lazy("The person has withdrawn his consent; an import does not give it back."),
}


class Refusal(NamedTuple):
    """A reason with what it speaks of. Codes that begin with `part-` leave the rest of the row taken."""

    reason: str
    params: dict[str, Any]

    @property
    def is_partial(self) -> bool:
        """Whether the row was taken without this part."""
        return self.reason.startswith("part-")

    def __str__(self) -> str:
        return say(self.reason, self.params)


def say(reason: str, params: Mapping[str, Any]) -> str:
    """The reason in the active language."""
    text = str(TEXTS.get(reason, reason))
    return text % params if params else text


def store(run_id: int, refusals: Sequence[tuple[int, Refusal, Sequence[str]]]) -> None:
    """Keep refusals (row number, refusal, cells of the row) of a run."""
    rows = [
        (row_id, run_id, number, refusal.reason, refusal.params, list(cells))
        for row_id, (number, refusal, cells) in zip(new_ids(len(refusals)), refusals, strict=True)
    ]
    bulk.insert(ImportRefusal, ("id", "run_id", "row_number", "reason", "params", "cells"), rows)


def refusals_as_csv(run: ImportRun) -> Iterator[str]:
    """The file of what was not taken, piece by piece: row number, what became of the row, reason, original cells.

    UTF-8 with a byte order mark and semicolons, which spreadsheets open as they are. A cell that a spreadsheet would
    calculate gets an apostrophe before it.
    """
    yield "\ufeff" + _line([_("Row"), _("Outcome"), _("Reason"), *run.headers])
    rows = ImportRefusal.objects.filter(run=run).order_by("row_number", "id")
    taken, refused = _("taken without this"), _("not taken")
    for row in rows.values_list("row_number", "reason", "params", "cells").iterator(chunk_size=2000):
        number, reason, params, cells = row
        outcome = taken if reason.startswith("part-") else refused
        yield _line([str(number), outcome, say(reason, params), *cells])


def _line(cells: Sequence[str]) -> str:
    out = io.StringIO()
    csv.writer(out, delimiter=";").writerow([_harmless(cell) for cell in cells])
    return out.getvalue()


def _harmless(cell: str) -> str:
    is_formula = cell[:1] in ("=", "@", "\t", "\r") or (cell[:1] in ("+", "-") and not cell[1:2].isdigit())
    return f"'{cell}" if is_formula else cell
