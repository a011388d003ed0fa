"""People as a file: CSV of any size, streamed page by page; XLSX, written to disk first, up to a hundred thousand."""

from __future__ import annotations

import csv
import tempfile
from collections.abc import Iterator
from typing import Any

from django.http import FileResponse, HttpRequest, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.urls import path
from django.utils.timezone import localtime
from django.utils.translation import get_language, override
from django.utils.translation import gettext as _

from teplo.accounts.access import Right, requires
from teplo.conditions.reading import ConditionError
from teplo.insights.people_list import Row, count_people, rows_of
from teplo.kit.clock import now
from teplo.kit.spreadsheets import Workbook
from teplo.kit.wording import in_language
from teplo.people.attributes import definitions
from teplo.people.choosing import Chosen, people_of
from teplo.people.models import AttributeDefinition
from teplo.web.answers import redirect, refused
from teplo.web.formatting import temperature_name
from teplo.web.people_acts import ticked
from teplo.web.people_query import ListQuery, QueryRefused, read_query

_BATCH = 1000
XLSX_ROWS = 100_000
_RISKY = ("=", "+", "-", "@", "\t", "\r")


@requires(Right.EXPORT)
def people_csv(request: HttpRequest) -> HttpResponseBase:
    """All people of the list, with all that is known; begins at once, whatever their number."""
    try:
        chosen = _chosen(request)
    except (QueryRefused, ConditionError) as error:
        return _refused(request, error)
    lines = _csv(chosen, get_language() or "en")
    response = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{_name()}.csv"'
    return response


@requires(Right.EXPORT)
def people_xlsx(request: HttpRequest) -> HttpResponseBase:
    try:
        chosen = _chosen(request)
    except (QueryRefused, ConditionError) as error:
        return _refused(request, error)
    if count_people(chosen=chosen, at_most=XLSX_ROWS).is_more:
        refused(request, _("So many people do not fit into one XLSX file well. Take CSV."))
        return redirect(request, _query(request).url())
    return FileResponse(_workbook(chosen), as_attachment=True, filename=f"{_name()}.xlsx")


def _chosen(request: HttpRequest) -> Chosen:
    """Those ticked in the list, else all whom it finds; raises QueryRefused or ConditionError rather than everybody."""
    everybody = _query(request).chosen
    some = ticked(request)
    chosen = some if some and not request.POST.get("everybody") else everybody
    people_of(chosen)  # it is asked while the file is streamed already, when nothing can be refused any more
    return chosen


def _query(request: HttpRequest) -> ListQuery:
    return read_query(request, also=("ids", "everybody"))


def _refused(request: HttpRequest, error: Exception) -> HttpResponseBase:
    refused(request, _("Nothing was exported: %(why)s") % {"why": error})
    return redirect(request, _query(request).url())


def _name() -> str:
    return f"people-{localtime(now()):%Y-%m-%d}"


class _Echo:
    """What csv.writer writes is handed on at once."""

    def write(self, text: str) -> str:
        return text


def _csv(chosen: Chosen, language: str) -> Iterator[str]:
    """With a byte-order mark, because Excel takes Cyrillic for noise without it."""
    writer = csv.writer(_Echo())
    with override(language):
        own = list(definitions().values())
        yield "\ufeff" + writer.writerow(_headings(own))
        for row in _rows(chosen):
            yield writer.writerow([_safe(value) for value in _cells(row, own)])


def _workbook(chosen: Chosen) -> Any:
    own = list(definitions().values())
    book = Workbook(write_only=True)
    sheet = book.create_sheet(_("People"))
    sheet.append(_headings(own))
    for row in _rows(chosen):
        sheet.append([_safe(value) for value in _cells(row, own)])
    file = tempfile.TemporaryFile()  # noqa: SIM115 - FileResponse closes it
    book.save(file)
    file.seek(0)
    return file


def _rows(chosen: Chosen) -> Iterator[Row]:
    after = 0
    while ids := list(people_of(chosen).order_by("id").filter(id__gt=after).values_list("id", flat=True)[:_BATCH]):
        yield from rows_of(ids)
        after = ids[-1]


def _headings(own: list[AttributeDefinition]) -> list[str]:
    fixed = (
        _("First name"), _("Middle name"), _("Last name"), _("E-mail"), _("Phone"), "Telegram", "WhatsApp", "Viber",
        "VK", _("Company"), _("Position"), _("City"), _("Country"), _("Stage"), _("Points"), _("Temperature"),
        _("Whose person"), _("Tags"), _("Came from"), _("First met"), _("Last seen"),
    )  # fmt: skip
    return [*fixed, *(in_language(definition.names) or definition.key for definition in own)]


def _cells(row: Row, own: list[AttributeDefinition]) -> list[Any]:
    person = row.person
    standing, score = getattr(person, "standing", None), getattr(person, "score", None)
    presence, acquisition = getattr(person, "presence", None), getattr(person, "acquisition", None)
    contacts = [row.contacts.get(kind, "") for kind in ("email", "phone", "telegram", "whatsapp", "viber", "vk")]
    return [
        person.first_name, person.middle_name, person.last_name, *contacts,
        person.company.name if person.company else "", person.position, person.city, person.country,
        in_language(standing.stage.names) if standing else "", score.total if score else None,
        str(temperature_name(score.temperature)) if score else "", row.owner,
        "; ".join(tag.name for tag in row.tags),
        acquisition.get_first_source_display() if acquisition else "", _moment(person.created_at),
        _moment(presence.last_seen_at) if presence else "", *(_value(person.attributes.get(d.key)) for d in own),
    ]  # fmt: skip


def _moment(value: Any) -> str:
    return f"{localtime(value):%Y-%m-%d %H:%M}"


def _value(value: Any) -> Any:
    if isinstance(value, list):
        return "; ".join(str(word) for word in value)
    return "" if value is None else value


def _safe(value: Any) -> Any:
    """A text that a spreadsheet would take for a formula gets an apostrophe; phones and numbers stay as they are."""
    if isinstance(value, str) and value.startswith(_RISKY) and not value[1:].replace(" ", "").isdigit():
        return f"'{value}"
    return value


urlpatterns = [
    path("people/people.csv", people_csv, name="people-csv"),
    path("people/people.xlsx", people_xlsx, name="people-xlsx"),
]
