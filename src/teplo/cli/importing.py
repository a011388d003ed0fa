"""`teplo import FILE`: what the screens do, from the shell, with a progress bar.

Exit codes: 0 everything taken, 1 some rows refused (the file of refusals is named), 2 the file or the mapping is no
use, 130 stopped by the user (go on with --resume).
"""

from __future__ import annotations

import codecs
import json
import os
import secrets
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Annotated, Any, NoReturn

import typer
from django.utils import translation
from rich.table import Table

from teplo.accounts.workspace import get_workspace
from teplo.cli.bringing_up import bring_up
from teplo.cli.speaking import progress_bar, screen
from teplo.jobs.models import Job, JobState
from teplo.jobs.running import run_job
from teplo.people.importing import starting
from teplo.people.importing.columns import TITLES, Column, ColumnMapping
from teplo.people.importing.guessing import key_of
from teplo.people.importing.options import Options
from teplo.people.importing.previewing import preview_all
from teplo.people.importing.refusals import refusals_as_csv
from teplo.people.importing.shapes import FileRefused
from teplo.people.importing.storing import pieces_of
from teplo.people.models import ImportRun


def import_file(
    file: Annotated[Path, typer.Argument(help="CSV, XLSX, XLS, ODS or vCard, in any encoding.")],
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
    phone_region: Annotated[
        str, typer.Option(help="The country of phones without one, as two letters: US, UA, RU …")
    ] = "",
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
    _refuse_what_is_no_file(file, refused, as_json=as_json)
    bring_up()
    translation.activate(get_workspace().language)
    try:
        if resume:
            run = _stopped(file, as_json=as_json)
        else:
            run = _prepare(file, events=events, shape=_shape(encoding, delimiter, sheet))
            with _dropped_unless_started(run):
                options = Options(
                    known=_one_of(known, ("fill", "overwrite", "skip")), number_rows=number_rows,
                    event_name=event_name, id_space=id_space or Options.from_json(run.options).id_space,
                    source=source, tags=tag or [], consent_channels=consent or [], consent_source=consent_source,
                    phone_region=phone_region.upper(),
                )  # fmt: skip
                starting.choose(run, mapping=_mapped(run, mapping or []), options=options)
                if not (yes or as_json):
                    _show(run)
                    if not typer.confirm("Import?", default=True, err=True):
                        raise typer.Exit(130)
                starting.start_import(run)
    except FileRefused as refusal:
        _give_up(str(refusal), as_json)
    except starting.MappingEmpty:
        _give_up("No column says who the person is. Name one: --map 'Heading=email', or add --number-rows.", as_json)
    _carry_through(run, quiet=as_json)
    run.refresh_from_db()
    _tell(run, refused or file.with_name(f"{file.name}.refused.csv"), as_json)


def _refuse_what_is_no_file(file: Path, refused: Path | None, *, as_json: bool) -> None:
    """Said before anything is read or asked."""
    if file.is_dir():
        _give_up(f"{file} is a folder. Name a file: teplo import {file / 'people.csv'}", as_json)
    if not file.exists():
        _give_up(f"There is no file {file}.", as_json)
    if not file.is_file():
        _give_up(f"{file} is no plain file.", as_json)
    if refused is not None and (refused.is_dir() or not refused.absolute().parent.is_dir()):
        _give_up(f"--refused: {refused} cannot be written; its folder must be there.", as_json)


def _prepare(file: Path, *, events: bool, shape: dict[str, Any]) -> ImportRun:
    rows_are = "events" if events else "people"
    return starting.receive(name=file.name, chunks=pieces_of(file), rows_are=rows_are, **shape)


@contextmanager
def _dropped_unless_started(run: ImportRun) -> Iterator[None]:
    """What was refused, or answered with a no, leaves nothing behind."""
    try:
        yield
    except BaseException:
        starting.drop(run)
        raise


def _shape(encoding: str, delimiter: str, sheet: str) -> dict[str, Any]:
    delimiter = delimiter.replace("\\t", "\t")
    if encoding:
        try:
            codecs.lookup(encoding)
        except (LookupError, ValueError):
            raise typer.BadParameter(f"--encoding: {encoding} is unknown. Known are utf-8, cp1251, utf-16 …") from None
    if delimiter and (len(delimiter) > 1 or delimiter in '\r\n"\0'):
        raise typer.BadParameter(f"--delimiter: one character expected, not {delimiter!r}")
    shape = {"encoding": encoding, "delimiter": delimiter, "sheet": sheet}
    return {name: value for name, value in shape.items() if value}


def _stopped(file: Path, *, as_json: bool) -> ImportRun:
    """The newest run of this file that has not ended; else the newest that has: its end may not have been told."""
    runs = ImportRun.objects.filter(name=file.name).order_by("-id")
    run = runs.filter(state__in=("stopped", "failed", "running", "queued")).first() or runs.filter(state="done").first()
    if run is None:
        _give_up(f"No import of {file.name} was stopped here. Start one: teplo import {file}", as_json)
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
        return _wishes_of_file(Path(wishes[0]))
    pairs = [wish.rpartition("=")[::2] for wish in wishes]
    if any(not heading for heading, _ in pairs):
        raise typer.BadParameter("--map: COLUMN=TARGET expected")
    return pairs


def _wishes_of_file(file: Path) -> list[tuple[str, str]]:
    try:
        said = json.loads(file.read_text(encoding="utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise typer.BadParameter(f"--mapping: {file} is not JSON: {error}") from None
    if not isinstance(said, dict) or not all(isinstance(target, str) for target in said.values()):
        raise typer.BadParameter(f'--mapping: {file} must hold one object: {{"heading": "target"}}')
    return list(said.items())


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
    screen.print(table)
    outcomes: dict[str, int] = {}
    seen = preview_all(run, limit=100)
    for notice in seen.notices:
        screen.print(f"! {notice.text}", style="bold red" if notice.code == "opt-outs" else "yellow")
    for row in seen.rows:
        outcomes[row.outcome] = outcomes.get(row.outcome, 0) + 1
        if row.refusal is not None and outcomes["refuse"] <= 5:
            screen.print(f"  row {row.number}: {row.refusal}", style="red")
    screen.print("The first rows: " + ", ".join(f"{outcome} {count}" for outcome, count in sorted(outcomes.items())))


def _carry_through(run: ImportRun, *, quiet: bool) -> None:
    """Work on the run here and now; Ctrl-C ends it after the chunk being written."""
    stop = threading.Event()

    def end(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    previous = {number: signal.signal(number, end) for number in (signal.SIGINT, signal.SIGTERM)}
    with progress_bar(quiet=quiet) as bar:
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
        screen.print(
            f"{run.state}: {run.rows_done} rows, {run.created} new, {run.updated} known, {run.refused} refused"
            + (f" (see {refused})" if with_refusals else "") + (f". {job.error}" if job.error else "")
        )  # fmt: skip
    if run.state != "done":
        raise typer.Exit(130 if run.state in ("stopped", "queued", "running") else 2)
    raise typer.Exit(1 if run.refused else 0)


def _give_up(reason: str, as_json: bool) -> NoReturn:
    if as_json:
        sys.stdout.write(json.dumps({"state": "refused", "error": reason}, ensure_ascii=False) + "\n")
    else:
        screen.print(reason, style="red")
    raise typer.Exit(2)
