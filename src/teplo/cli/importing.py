"""`teplo import FILE`: what the screens do, from the shell, with a progress bar.

Exit codes: 0 everything taken, 1 some rows refused (the file of refusals is named), 2 the file or the mapping is no
use, 130 stopped by the user (go on with --resume).
"""

from __future__ import annotations

import json
import os
import secrets
import signal
import sys
import threading
from pathlib import Path
from types import FrameType
from typing import Annotated, Any

import typer
from django.utils import translation
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from teplo.accounts.workspace import get_workspace
from teplo.jobs.models import Job, JobState
from teplo.jobs.running import run_job
from teplo.people.importing import starting
from teplo.people.importing.columns import TITLES, Column, ColumnMapping
from teplo.people.importing.guessing import key_of
from teplo.people.importing.options import Options
from teplo.people.importing.previewing import preview
from teplo.people.importing.refusals import refusals_as_csv
from teplo.people.importing.shapes import FileRefused
from teplo.people.importing.storing import pieces_of
from teplo.people.models import ImportRun

_screen = Console(stderr=True)


def import_file(
    file: Annotated[Path, typer.Argument(help="CSV or XLSX, in any encoding.")],
    events: Annotated[bool, typer.Option("--events", help="Rows are deeds with person and date, not people.")] = False,
    mapping: Annotated[
        list[str] | None,
        typer.Option(
            "--map",
            "--mapping",
            metavar="COLUMN=TARGET",
            help="What a column is, by heading or number from 1: email, phone, skip, attribute:key:type, deed:name … "
            'Or one file of JSON: {"heading": "target"}.',
        ),
    ] = None,
    known: Annotated[str, typer.Option(help="What happens to known people: fill, overwrite or skip.")] = "fill",
    id_space: Annotated[str, typer.Option(help="To which system the column of numbers belongs.")] = "",
    number_rows: Annotated[
        bool, typer.Option("--number-rows", help="Take rows without any contact, numbered by their place in the file.")
    ] = False,
    event_name: Annotated[str, typer.Option(help="The deed of every row, where no column says it.")] = "",
    source: Annotated[str, typer.Option(help="Where these people came from, e.g. the fair's name.")] = "",
    tag: Annotated[list[str] | None, typer.Option(help="A tag for everybody; may be repeated.")] = None,
    consent: Annotated[
        list[str] | None, typer.Option(help="A channel on which they allowed to be written to; may be repeated.")
    ] = None,
    consent_source: Annotated[str, typer.Option(help="Where that was, for the record.")] = "",
    encoding: Annotated[str, typer.Option(help="When it was found out wrongly.")] = "",
    delimiter: Annotated[str, typer.Option(help="When it was found out wrongly; \\t for a tab.")] = "",
    sheet: Annotated[str, typer.Option(help="Of a spreadsheet with several.")] = "",
    refused: Annotated[Path | None, typer.Option(help="Where the refused rows go; default: FILE.refused.csv")] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with this file where it was stopped.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="One line of JSON with the result on standard output.")
    ] = False,
) -> None:
    """Import people, or their historic deeds, from a CSV or XLSX file."""
    translation.activate(get_workspace().language)
    try:
        if resume:
            run = _stopped(file)
        else:
            shape = {"encoding": encoding, "delimiter": delimiter.replace("\\t", "\t"), "sheet": sheet}
            run = _prepare(file, events=events, shape={name: value for name, value in shape.items() if value})
            options = Options(
                known=_one_of(known, ("fill", "overwrite", "skip")), number_rows=number_rows, event_name=event_name,
                id_space=id_space or Options.from_json(run.options).id_space, source=source, tags=tag or [],
                consent_channels=consent or [], consent_source=consent_source,
            )  # fmt: skip
            starting.choose(run, mapping=_mapped(run, mapping or []), options=options)
            if not (yes or as_json):
                _show(run)
                if not typer.confirm("Import?", default=True, err=True):
                    starting.drop(run)
                    raise typer.Exit(130)
            _start(run)
    except FileRefused as refusal:
        _give_up(str(refusal), as_json)
    except starting.MappingEmpty:
        _give_up("No column says who the person is. Name one: --map 'Heading=email', or add --number-rows.", as_json)
    _carry_through(run, quiet=as_json)
    run.refresh_from_db()
    _tell(run, refused or file.with_name(f"{file.name}.refused.csv"), as_json)


def _prepare(file: Path, *, events: bool, shape: dict[str, Any]) -> ImportRun:
    if not file.is_file():
        raise FileRefused("gone")
    rows_are = "events" if events else "people"
    return starting.receive(name=file.name, chunks=pieces_of(file), rows_are=rows_are, **shape)


def _start(run: ImportRun) -> None:
    try:
        starting.start_import(run)
    except starting.MappingEmpty:
        starting.drop(run)
        raise


def _stopped(file: Path) -> ImportRun:
    """The newest run of this file that has not ended; else the newest that has: its end may not have been told."""
    runs = ImportRun.objects.filter(name=file.name).order_by("-id")
    run = runs.filter(state__in=("stopped", "failed", "running", "queued")).first() or runs.filter(state="done").first()
    if run is None:
        raise FileRefused("gone")
    starting.resume_import(run)
    return run


def _one_of(value: str, known: tuple[str, ...]) -> str:
    if value not in known:
        raise typer.BadParameter(f"{value}: one of {', '.join(known)}")
    return value


def _mapped(run: ImportRun, wishes: list[str]) -> ColumnMapping:
    mapping = ColumnMapping.from_json(run.mapping)
    for heading, wanted in _wishes(wishes):
        for place in _places(run, heading):
            mapping = starting.with_column(mapping, place, _column(wanted, heading, mapping.columns[place]))
    return mapping


def _wishes(wishes: list[str]) -> list[tuple[str, str]]:
    if len(wishes) == 1 and "=" not in wishes[0] and Path(wishes[0]).is_file():
        return list(json.loads(Path(wishes[0]).read_text(encoding="utf-8")).items())
    pairs = [wish.rpartition("=")[::2] for wish in wishes]
    if any(not heading for heading, _ in pairs):
        raise typer.BadParameter("--map: COLUMN=TARGET expected")
    return pairs


def _places(run: ImportRun, heading: str) -> list[int]:
    places = [place for place, known in enumerate(run.headers) if known.strip().lower() == heading.strip().lower()]
    if not places and heading.isdigit() and 0 < int(heading) <= len(run.headers):
        places = [int(heading) - 1]
    if not places:
        raise typer.BadParameter(f"--map: there is no column “{heading}”. There are: {', '.join(run.headers)}")
    return places


def _column(wanted: str, heading: str, guessed: Column) -> Column:
    target, _, rest = wanted.partition(":")
    key, _, kind = rest.partition(":")
    if target not in TITLES:
        raise typer.BadParameter(f"--map: unknown target “{target}”. Known: {', '.join(TITLES)}")
    if target in ("attribute", "event_property"):
        return Column(target, key or guessed.key or key_of(heading), kind or guessed.type or "text", heading)
    return Column(target, key, kind, heading if key else "")


def _show(run: ImportRun) -> None:
    """The mapping and what would happen to the first rows."""
    table = Table("Column", "First value", "becomes", title=run.name)
    first = dict(enumerate(starting.samples_of(run, limit=1)[0][1]))
    for place, (heading, column) in enumerate(
        zip(run.headers, ColumnMapping.from_json(run.mapping).columns, strict=False)
    ):
        what = str(TITLES[column.target]) + (f": {column.key}" if column.key else "")
        table.add_row(
            heading or f"({place + 1})", first.get(place, "")[:40], what, style="dim" if column.target == "skip" else ""
        )
    _screen.print(table)
    outcomes: dict[str, int] = {}
    for row in preview(run, limit=100):
        outcomes[row.outcome] = outcomes.get(row.outcome, 0) + 1
        if row.refusal is not None and outcomes["refuse"] <= 5:
            _screen.print(f"  row {row.number}: {row.refusal}", style="red")
    _screen.print("The first rows: " + ", ".join(f"{outcome} {count}" for outcome, count in sorted(outcomes.items())))


def _carry_through(run: ImportRun, *, quiet: bool) -> None:
    """Work on the run here and now; Ctrl-C ends it after the chunk being written."""
    stop = threading.Event()

    def end(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    previous = {number: signal.signal(number, end) for number in (signal.SIGINT, signal.SIGTERM)}
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=_screen, disable=quiet, transient=True) as bar:
        line = bar.add_task(run.name, total=None)

        def show(done: int, total: int | None) -> None:
            bar.update(line, completed=done, total=total)

        owner = f"import:{os.getpid()}:{secrets.token_hex(3)}"
        while not run_job(run.job_id or 0, owner=owner, stop=stop.is_set, show=show) and not stop.is_set():
            # A worker has it, or had it: followed until it ends, or until its lease is over and it can be taken here.
            job = Job.objects.get(pk=run.job_id or 0)
            show(job.done, job.total)
            if job.state not in (JobState.QUEUED, JobState.RUNNING):
                break
            stop.wait(0.5)
    for number, handler in previous.items():
        signal.signal(number, handler)
    if stop.is_set():
        starting.stop_import(run)


def _tell(run: ImportRun, refused: Path, as_json: bool) -> None:
    job = Job.objects.get(pk=run.job_id or 0)
    with_refusals = run.refusals.exists()
    if with_refusals:
        with refused.open("w", encoding="utf-8", newline="") as file:
            file.writelines(refusals_as_csv(run))
    result = {
        "import": str(run.pk), "state": run.state, "rows": run.rows_done,
        "created": run.created, "updated": run.updated, "refused": run.refused,
        "refusals_file": str(refused) if with_refusals else None, "error": job.error or None,
    }  # fmt: skip
    if as_json:
        sys.stdout.write(json.dumps(result, ensure_ascii=False) + "\n")
    else:
        _screen.print(
            f"{run.state}: {run.rows_done} rows, {run.created} new, {run.updated} known, {run.refused} refused"
            + (f" (see {refused})" if with_refusals else "") + (f". {job.error}" if job.error else "")
        )  # fmt: skip
    if run.state != "done":
        raise typer.Exit(130 if run.state in ("stopped", "queued", "running") else 2)
    raise typer.Exit(1 if run.refused else 0)


def _give_up(reason: str, as_json: bool) -> None:
    if as_json:
        sys.stdout.write(json.dumps({"state": "refused", "error": reason}, ensure_ascii=False) + "\n")
    else:
        _screen.print(reason, style="red")
    raise typer.Exit(2)
