"""People as a CSV file, streamed: a million of them take no more memory than a thousand."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from io import StringIO
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from teplo.insights.people_list import Row, rows_of
from teplo.kit.wording import in_language
from teplo.people.attributes import definitions
from teplo.people.models import Person

BATCH = 500
CONTACTS = ("email", "phone", "telegram", "whatsapp", "viber", "vk")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def csv_of(people: QuerySet[Person]) -> Iterator[str]:
    """Pieces of the file, a heading first; begins with a byte order mark, by which Excel knows UTF-8."""
    own = {key: in_language(found.names) or key for key, found in definitions().items()}
    yield "\ufeff" + _lines([[*_headings(), *own.values()]])
    batch: list[int] = []
    for key in people.order_by("pk").values_list("pk", flat=True).iterator(chunk_size=5000):
        batch.append(key)
        if len(batch) == BATCH:
            yield _lines(_cells(row, own) for row in rows_of(batch))
            batch = []
    if batch:
        yield _lines(_cells(row, own) for row in rows_of(batch))


def _headings() -> list[str]:
    names = [_("First name"), _("Middle name"), _("Last name"), _("Position"), _("Company"), _("City"), _("Country")]
    contacts = [_("E-mail"), _("Phone"), "Telegram", "WhatsApp", "Viber", "VK"]
    return [
        "ID",
        *names,
        *contacts,
        _("Stage"),
        _("Score"),
        _("Temperature"),
        _("Tags"),
        _("First came from"),
        _("First met"),
    ]


def _cells(row: Row, own: Iterable[str]) -> list[Any]:
    person = row.person
    score, standing = getattr(person, "score", None), getattr(person, "standing", None)
    acquisition = getattr(person, "acquisition", None)
    company = person.company.name if person.company else ""
    names = [person.first_name, person.middle_name, person.last_name, person.position, company]
    return [
        str(person.pk),
        *(guarded(text) for text in (*names, person.city, person.country)),
        *(row.contacts.get(kind, "") for kind in CONTACTS),
        guarded(in_language(standing.stage.names)) if standing else "",
        score.total if score else 0,
        score.temperature if score else "",
        guarded("; ".join(tag.name for tag in row.tags)),
        acquisition.first_source if acquisition else "",
        person.created_at.date().isoformat(),
        *(guarded(_as_text(person.attributes.get(key))) for key in own),
    ]


def guarded(text: str) -> str:
    """A text that a spreadsheet would take for a formula is preceded by an apostrophe."""
    return f"'{text}" if text.startswith(_FORMULA) and not text.lstrip("+-").replace(".", "", 1).isdigit() else text


def _as_text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _lines(rows: Iterable[list[Any]]) -> str:
    target = StringIO()
    csv.writer(target).writerows(rows)
    return target.getvalue()
