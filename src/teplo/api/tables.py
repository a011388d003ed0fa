"""Score tables: read, made from JSON or from a spreadsheet's CSV, changed while drafts, taken live (R16)."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from ninja import Path, Query, Router, Schema, Status
from pydantic import Field, StringConstraints

from teplo.accounts.access import Right
from teplo.api.access import Token, maker
from teplo.api.line_forms import LineAsked, LineShown, lines_asked, lines_shown, refused
from teplo.api.problems import Flaw, NotThere, Problem, too_large
from teplo.api.shapes import Asked, Id, JobRef, Text
from teplo.kit.clock import now
from teplo.scoring.models import ScoreTable, TableState
from teplo.scoring.table_exchange import Sheet, read_sheet, write_sheet
from teplo.scoring.table_file import TableUnreadable
from teplo.scoring.tables import Line, TableRefused, discard, go_live, save_draft

router = Router(tags=["score tables"])
TableId = Annotated[str, StringConstraints(pattern=r"^(live|[0-9]{1,19})$")]
"""An id, or `live`."""
WARM, HOT = 10, 25
"""Thresholds where nobody says any."""
_MOST = 10**6
_LARGEST = 1024 * 1024  # bytes of a spreadsheet


class TableShort(Schema):
    """A version of the score table."""

    id: Id
    name: str
    state: Literal["draft", "live", "retired"]
    warm_from: int
    hot_from: int
    note: str
    created_at: datetime
    live_at: datetime | None
    retired_at: datetime | None


class TableShown(TableShort):
    """With its criteria."""

    lines: list[LineShown]


class TableAsked(Asked):
    """A whole table; `lines` replace all there were."""

    name: Text = Field(min_length=1, max_length=200)
    warm_from: int = Field(WARM, ge=-_MOST, le=_MOST)
    hot_from: int = Field(HOT, ge=-_MOST, le=_MOST)
    note: Text = Field("", max_length=10_000)
    lines: list[LineAsked] = Field(max_length=1000)


class TableNamed(Asked):
    """What a spreadsheet does not say."""

    name: Text = Field(min_length=1, max_length=200)
    warm_from: int | None = Field(None, ge=-_MOST, le=_MOST, description="Default: as the file or the live table says.")
    hot_from: int | None = Field(None, ge=-_MOST, le=_MOST)


class TablesAsked(Asked):
    state: Literal["draft", "live", "retired", ""] = ""


def find_table(table_id: str) -> ScoreTable:
    """By id, or the live one; raises Problem 404."""
    tables = (
        ScoreTable.objects.filter(state=TableState.LIVE)
        if table_id == "live"
        else ScoreTable.objects.filter(pk=table_id)
    )
    table = tables.first()
    if table is None:
        raise NotThere(_("There is no live table.") if table_id == "live" else _("There is no such table."))
    return table


def table_short(table: ScoreTable) -> TableShort:
    """As JSON."""
    names = ("name", "state", "warm_from", "hot_from", "note", "created_at", "live_at", "retired_at")
    return TableShort(id=str(table.pk), **{name: getattr(table, name) for name in names})


def table_shown(table: ScoreTable) -> TableShown:
    """As JSON, with its lines."""
    return TableShown(**table_short(table).model_dump(), lines=lines_shown(list(table.criteria.all())))


@router.get("", auth=Token(Right.SEE), response=list[TableShort], summary="All versions, the newest first")
def list_tables(request: HttpRequest, asked: Query[TablesAsked]) -> list[TableShort]:
    tables = ScoreTable.objects.order_by("-created_at", "-pk")
    return [table_short(table) for table in (tables.filter(state=asked.state) if asked.state else tables)]


@router.post(
    "/from-csv",
    auth=Token(Right.EDIT_MARKETING),
    response={201: TableShown},
    summary="Make a draft of a spreadsheet",
    openapi_extra={"requestBody": {"required": True, "content": {"text/csv": {"schema": {"type": "string"}}}}},
)
def make_table_of_csv(request: HttpRequest, asked: Query[TableNamed]) -> Status[TableShown]:
    """criterion;condition;points and further columns (docs/api.md), UTF-8. Errors name the line and the column."""
    sheet = _sheet(request)
    live = ScoreTable.objects.filter(state=TableState.LIVE).first()
    warm = _first(asked.warm_from, sheet.warm_from, live.warm_from if live else None, WARM)
    hot = _first(asked.hot_from, sheet.hot_from, live.hot_from if live else None, HOT)
    draft = new_draft(name=asked.name, warm_from=warm, hot_from=hot, note="", lines=sheet.lines, by=maker(request))
    return Status(201, table_shown(draft))


@router.get("/{table_id}", auth=Token(Right.SEE), response=TableShown, summary="One version with its criteria")
def read_table(request: HttpRequest, table_id: Path[TableId]) -> TableShown:
    return table_shown(find_table(table_id))


@router.post("", auth=Token(Right.EDIT_MARKETING), response={201: TableShown}, summary="Make a draft")
def make_table(request: HttpRequest, table: TableAsked) -> Status[TableShown]:
    draft = new_draft(
        name=table.name, warm_from=table.warm_from, hot_from=table.hot_from, note=table.note,
        lines=lines_asked(table.lines), by=maker(request),
    )  # fmt: skip
    return Status(201, table_shown(draft))


def _sheet(request: HttpRequest) -> Sheet:
    if len(request.body) > _LARGEST:
        raise too_large()
    try:
        return read_sheet(request.body.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise Problem(422, "not-utf-8", _("The table must be in UTF-8.")) from error
    except TableUnreadable as error:
        flaws = [
            Flaw(
                place=f"line {flaw.line}", code=flaw.code or "unreadable", message=flaw.reason, line=flaw.line,
                column=flaw.column or None,
            )
            for flaw in error.problems
        ]  # fmt: skip
        raise Problem(422, "table-refused", _("Some lines cannot stand so."), errors=flaws) from error


def _first(*values: int | None) -> int:
    return next(value for value in values if value is not None)


@router.get(
    "/{table_id}/csv",
    auth=Token(Right.SEE),
    summary="The table as a spreadsheet",
    openapi_extra={"responses": {200: {"content": {"text/csv": {"schema": {"type": "string"}}}}}},
)
def read_table_as_csv(request: HttpRequest, table_id: Path[TableId]) -> HttpResponse:
    """In the language of Accept-Language; /from-csv reads it back."""
    return HttpResponse(write_sheet(find_table(table_id)), content_type="text/csv; charset=utf-8")


@router.put("/{table_id}", auth=Token(Right.EDIT_MARKETING), response=TableShown, summary="Replace a draft")
def change_table(request: HttpRequest, table_id: Path[Id], table: TableAsked) -> TableShown:
    found = find_table(table_id)
    try:
        save_draft(
            table=found, name=table.name, warm_from=table.warm_from, hot_from=table.hot_from, note=table.note,
            lines=lines_asked(table.lines),
        )  # fmt: skip
    except TableRefused as error:
        raise refused(error) from error
    return table_shown(find_table(table_id))


@router.delete("/{table_id}", auth=Token(Right.EDIT_MARKETING), response={204: None}, summary="Discard a draft")
def discard_table(request: HttpRequest, table_id: Path[Id]) -> Status[None]:
    if not discard(table=find_table(table_id)):
        raise Problem(409, "not-a-draft", _("Only drafts are discarded; tables that have scored people are kept."))
    return Status(204, None)


@router.post(
    "/{table_id}/live",
    auth=Token(Right.EDIT_MARKETING),
    response={202: JobRef},
    summary="Score people by this table from now on",
)
def take_live(request: HttpRequest, table_id: Path[Id]) -> Status[JobRef]:
    """The former table is retired, and everybody is scored anew by a job."""
    try:
        job = go_live(table=find_table(table_id), by=maker(request), at=now())
    except TableRefused as error:
        raise refused(error) from error
    return Status(202, JobRef(job=str(job.pk)))


def new_draft(*, name: str, warm_from: int, hot_from: int, note: str, lines: list[Line], by: int | None) -> ScoreTable:
    """A draft with these lines, or none at all; raises Problem."""
    try:
        with transaction.atomic():
            draft = ScoreTable.objects.create(name=name, created_by=by, created_at=now())
            save_draft(table=draft, name=name, warm_from=warm_from, hot_from=hot_from, note=note, lines=lines)
    except TableRefused as error:
        raise refused(error) from error
    return ScoreTable.objects.get(pk=draft.pk)
