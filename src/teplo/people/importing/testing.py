"""Makers for tests of importing: a file of texts, a run made ready, a run carried through."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from teplo.jobs.testing import run_all_jobs
from teplo.people.importing import starting
from teplo.people.importing.columns import Column, ColumnMapping
from teplo.people.importing.options import Options
from teplo.people.importing.storing import pieces_of
from teplo.people.models import ImportRun


def make_import(content: str | bytes | Path, *, name: str = "people.csv", rows_are: str = "people") -> ImportRun:
    """A stored file, inspected and with its mapping guessed."""
    if isinstance(content, Path):
        return starting.receive(name=content.name, chunks=pieces_of(content), rows_are=rows_are)
    chunks = [content.encode() if isinstance(content, str) else content]
    return starting.receive(name=name, chunks=chunks, rows_are=rows_are)


def map_columns(run: ImportRun, **targets: str | Column) -> None:
    """Change the targets of columns by their headings (`_` for what cannot stand in a name)."""
    mapping = ColumnMapping.from_json(run.mapping)
    for place, heading in enumerate(run.headers):
        wanted = targets.get(heading.replace(" ", "_").replace("-", "_"))
        if wanted is not None:
            column = Column(wanted) if isinstance(wanted, str) else wanted
            mapping = starting.with_column(mapping, place, column)
    starting.choose(run, mapping=mapping, options=Options.from_json(run.options))


def set_options(run: ImportRun, **changes: Any) -> None:
    """Change options of a run."""
    options = Options.from_json({**run.options, **changes})
    starting.choose(run, mapping=ColumnMapping.from_json(run.mapping), options=options)


def carry_through(run: ImportRun) -> ImportRun:
    """Start the run and work until it is over."""
    starting.start_import(run)
    run_all_jobs()
    run.refresh_from_db()
    return run


def import_rows(content: str | bytes | Path, **options: Any) -> ImportRun:
    """Import with what was guessed and these options."""
    run = make_import(content)
    if options:
        set_options(run, **options)
    return carry_through(run)


def table(rows: Sequence[Sequence[str]], delimiter: str = ";") -> str:
    """Rows as a plain CSV text."""
    return "".join(delimiter.join(cells) + "\n" for cells in rows)
