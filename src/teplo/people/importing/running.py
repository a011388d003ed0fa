"""A run of an import as a job: chunk after chunk, each one transaction with rows, counters, refusals and cursor.

A process killed anywhere leaves whole chunks only; the next one goes on after the last row of the last of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

import structlog
from django.db import DataError, IntegrityError, transaction
from django.db.models import F
from django.utils.translation import gettext as _

from teplo.jobs.models import Job, JobState
from teplo.jobs.running import CannotGoOn, Work, place_of
from teplo.kit.clock import now
from teplo.kit.garbage import rarely_collected
from teplo.people.importing import refusals
from teplo.people.importing.bounds import UnreadableRow
from teplo.people.importing.columns import ColumnMapping
from teplo.people.importing.fields import keep_choices, make_fields
from teplo.people.importing.options import Options
from teplo.people.importing.plans import Plan, dated_columns
from teplo.people.importing.refusals import Refusal
from teplo.people.importing.rows import EventRow, PersonRow, RowRefused
from teplo.people.importing.shapes import FileRefused
from teplo.people.importing.shaping import Shape
from teplo.people.importing.storing import path_of
from teplo.people.importing.tables import Looked, NumberedRow, head, read_rows, survey
from teplo.people.importing.writing import Outcome, write_events, write_people
from teplo.people.models import ImportRun

JOB = "import"
CHUNK = 2000

_OF_A_ROW = (DataError, IntegrityError, ValueError, TypeError, LookupError, ArithmeticError)
"""Errors that a row may be to blame for. A database that is gone or full is no row's fault: the job is tried again."""

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class _Chunk:
    """Rows read and understood, before anything of them is written."""

    after: int
    last: int
    count: int
    people: list[PersonRow] = field(default_factory=list)
    events: list[EventRow] = field(default_factory=list)
    refused: list[tuple[int, Refusal, Sequence[str]]] = field(default_factory=list)
    choices: dict[int, list[dict[str, Any]]] = field(default_factory=dict)


def run_import(work: Work) -> dict[str, Any]:
    """The function of the job: args {"run": id}, cursor {"row": number of the last row taken, "after": of
    the last row before its chunk}."""
    run = ImportRun.objects.get(pk=work.args["run"])
    path, shape = path_of(run), Shape.from_json(run.shape)
    if not path.exists():
        raise CannotGoOn(str(FileRefused("gone")))
    ImportRun.objects.filter(pk=run.pk).update(state="running")
    try:
        looked = head(path, shape) if run.counted else _count(work, run, path, shape)
        plan = _prepare(run, looked)
        if run.rows_are == "events":
            _look_back(path, shape, plan, after=work.cursor["after"], until=work.cursor["row"])
        with rarely_collected():
            for chunk in _understood(_chunks(path, shape, after=work.cursor["row"]), plan, run.rows_are):
                _take(work, run, chunk, plan)
    except FileRefused as refusal:
        raise CannotGoOn(str(refusal)) from refusal
    run.refresh_from_db()
    _must_balance(run, shape)
    return {"created": run.created, "updated": run.updated, "refused": run.refused}


def _count(work: Work, run: ImportRun, path: Path, shape: Shape) -> Looked:
    """Before the first row, or again if not kept: how many lines and rows there are, and how dates stand."""
    found = survey(path, shape, dated=dated_columns(ColumnMapping.from_json(run.mapping)))
    run.counted = {"lines": found.lines, "empty": found.empty, "inside": found.inside, "orders": found.orders}
    with transaction.atomic():  # a cursor without its count would end in a run that cannot balance
        work.advance(done=run.rows_done, total=found.rows, cursor=work.cursor or {"row": 0, "after": 0})
        ImportRun.objects.filter(pk=run.pk).update(rows_total=found.rows, counted=run.counted)
    return found.head


def _must_balance(run: ImportRun, shape: Shape) -> None:
    """Every row is new, known or refused, and every line of a text is in one of them; else the run did not go well."""
    lines = run.counted.get("lines", 0)
    in_rows = shape.skip_lines + shape.header_row + 1 + run.rows_done + run.counted.get("empty", 0)
    missing = run.rows_done - run.created - run.updated - run.refused
    missing = missing or (lines and lines - in_rows - run.counted["inside"])
    if missing:
        log.error("import_does_not_balance", run=run.pk, missing=missing)
        raise CannotGoOn(
            _("%(missing)s lines of the file are in no row. Tell us: this must not happen.") % {"missing": missing}
        )


def note_end(job: Job) -> None:
    """Keep the run's state with the job's (called in the transaction that ends the job)."""
    state = {JobState.DONE: "done", JobState.FAILED: "failed", JobState.CANCELLED: "stopped"}[JobState(job.state)]
    ImportRun.objects.filter(pk=job.args["run"]).update(state=state, finished_at=now())


def _prepare(run: ImportRun, looked: Looked) -> Plan:
    mapping, options = ColumnMapping.from_json(run.mapping), Options.from_json(run.options)
    if run.rows_are == "people":
        make_fields(mapping)
    plan = Plan.of(looked=looked, mapping=mapping, options=options)
    plan.take_orders(run.counted.get("orders", {}))
    return plan


def _chunks(path: Path, shape: Shape, *, after: int) -> Iterator[list[NumberedRow]]:
    rows = read_rows(path, shape, after=after)
    while chunk := list(islice(rows, CHUNK)):
        yield chunk


def _understood(chunks: Iterator[list[NumberedRow]], plan: Plan, rows_are: str) -> Iterator[_Chunk]:
    """Chunks ready to be written; the next one is read while the database works on this one."""

    def read_next() -> _Chunk | None:
        rows = next(chunks, None)
        return None if rows is None else _understand(rows, plan, rows_are)

    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="import") as reader:
        coming = reader.submit(read_next)
        while (chunk := coming.result()) is not None:
            coming = reader.submit(read_next)
            yield chunk


def _look_back(path: Path, shape: Shape, plan: Plan, *, after: int, until: int) -> None:
    """Before a run goes on: the rows of the last chunk once more, so that repeated ones are told apart as before."""
    for number, cells in read_rows(path, shape, after=after):
        if number > until:
            break
        plan.count_repeat(cells)


def _understand(rows: Sequence[NumberedRow], plan: Plan, rows_are: str) -> _Chunk:
    chunk = _Chunk(after=rows[0][0] - 1, last=rows[-1][0], count=len(rows))
    plan.begin_chunk()
    for number, cells in rows:
        try:
            if rows_are == "events":
                chunk.events.append(plan.read_event(number, cells))
            else:
                chunk.people.append(plan.read_person(number, cells))
        except RowRefused as error:
            kept = [cells.text] if isinstance(cells, UnreadableRow) else cells
            chunk.refused.append((number, error.refusal, kept))
    chunk.choices = plan.take_new_choices()
    return chunk


def _take(work: Work, run: ImportRun, chunk: _Chunk, plan: Plan) -> None:
    """Write a chunk; one that cannot be written is halved until the row that is to blame stands alone, refused."""
    try:
        _write(work, run, chunk, plan)
    except _OF_A_ROW as error:
        if chunk.count == 1:
            log.error("import_row_failed", run=run.pk, row=chunk.last, error=place_of(error))
            refused = [(chunk.last, Refusal("row-failed", {}), _cells_of(chunk))]
            _write(work, run, _Chunk(chunk.after, chunk.last, 1, refused=refused), plan)
        else:
            for half in _halves(chunk):
                _take(work, run, half, plan)


def _write(work: Work, run: ImportRun, chunk: _Chunk, plan: Plan) -> None:
    moment = now()
    with transaction.atomic():
        # Taken first: whoever else holds this job waits here, and is told below that it is no longer his.
        work.advance(done=run.rows_done + chunk.count, cursor={"row": chunk.last, "after": chunk.after})
        keep_choices(chunk.choices)
        outcome = Outcome()
        if chunk.events:
            outcome = write_events(chunk.events, plan=plan, run_id=run.pk, at=moment)
        elif chunk.people:
            outcome = write_people(chunk.people, plan=plan, run_id=run.pk, at=moment)
        refusals.store(run.pk, [*chunk.refused, *outcome.remarks])
        ImportRun.objects.filter(pk=run.pk).update(
            rows_done=F("rows_done") + chunk.count,
            created=F("created") + outcome.created,
            updated=F("updated") + outcome.updated,
            refused=F("refused") + len(chunk.refused),
        )
    run.rows_done += chunk.count


def _halves(chunk: _Chunk) -> Iterator[_Chunk]:
    """The chunk cut in two by row numbers; new choices stay with the first half."""
    numbers = sorted(
        [row.number for row in chunk.people]
        + [row.number for row in chunk.events]
        + [item[0] for item in chunk.refused]
    )
    middle = numbers[len(numbers) // 2 - 1]
    for first, last, choices in ((0, middle, chunk.choices), (middle, chunk.last, {})):
        yield _Chunk(
            after=chunk.after,
            last=last,
            count=sum(1 for number in numbers if first < number <= last),
            people=[row for row in chunk.people if first < row.number <= last],
            events=[row for row in chunk.events if first < row.number <= last],
            refused=[item for item in chunk.refused if first < item[0] <= last],
            choices=choices,
        )


def _cells_of(chunk: _Chunk) -> Sequence[str]:
    rows: list[PersonRow | EventRow] = [*chunk.people, *chunk.events]
    return rows[0].cells if rows else []
