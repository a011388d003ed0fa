"""From a stored file to a run: what it is, what its columns mean, remembered choices, and go."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from django.utils.text import slugify

from teplo.accounts.models import User
from teplo.jobs.models import Job
from teplo.jobs.starting import cancel_job, resume_job, start_job
from teplo.kit.clock import now
from teplo.people.importing import lending, storing
from teplo.people.importing.columns import Column, ColumnMapping, headers_digest
from teplo.people.importing.guessing import guess_mapping, key_of
from teplo.people.importing.options import Options
from teplo.people.importing.running import JOB
from teplo.people.importing.shapes import FileRefused
from teplo.people.importing.shaping import Shape
from teplo.people.importing.storing import path_of
from teplo.people.importing.tables import SAMPLES, Looked, NumberedRow, first_rows, head, look, look_again
from teplo.people.models import AttributeDefinition, ImportMapping, ImportRun

_PASSING = re.compile(r"\(\d+\)|\b\d[\d._:T-]*\b|(?<=[_-])\d[\d._:T-]*", re.IGNORECASE)


class MappingEmpty(Exception):
    """No column says who the person is."""


class AlreadyStarted(Exception):
    """This import has been started already."""


def receive(
    *, name: str, chunks: Iterable[bytes], rows_are: str = "people", by: int | None = None, **shape: Any
) -> ImportRun:
    """Keep a file and find out what it is; one that cannot be imported is not kept. Raises FileRefused."""
    run = storing.store(name=name, chunks=chunks, by=by)
    try:
        inspect(run)
        if rows_are != "people" or shape:
            inspect_as(run, rows_are=rows_are, **shape)
    except FileRefused:
        drop(run)
        raise
    return run


def drop(run: ImportRun) -> None:
    """Forget a run that was not started, with its file."""
    storing.drop_file(run)
    run.delete()


def inspect(run: ImportRun) -> ImportRun:
    """Find out what the run's file is and what its columns mean; a mapping chosen before for the same headers is taken.
    Raises FileRefused."""
    return _understand(run, look(path_of(run)))


def inspect_as(run: ImportRun, *, rows_are: str | None = None, **changes: Any) -> ImportRun:
    """The same with a human's corrections: `rows_are`, encoding, delimiter, sheet, header_row. Raises FileRefused."""
    run.rows_are = rows_are or run.rows_are
    path, shape = path_of(run), Shape.from_json(run.shape)
    return _understand(run, look_again(path, shape, **changes) if changes else head(path, shape))


def samples_of(run: ImportRun, *, limit: int = SAMPLES) -> list[NumberedRow]:
    """The first rows of the run's file."""
    return first_rows(path_of(run), Shape.from_json(run.shape), limit=limit)


def choose(run: ImportRun, *, mapping: ColumnMapping, options: Options) -> None:
    """Keep what the human chose for the run, and remember the mapping for files with the same headers. Raises
    AlreadyStarted: a running import keeps the mapping it began with."""
    run.mapping, run.options = mapping.as_json(), options.as_json()
    draft = ImportRun.objects.filter(pk=run.pk, state="draft")
    if not draft.update(mapping=run.mapping, options=run.options):
        raise AlreadyStarted
    # A system's name that was only guessed from the file's is not carried over to the next file: one number in two
    # systems would join two people.
    is_chosen = options.id_space != _id_space(mapping, run.headers, run.name)
    remembered = {**mapping.as_json(), "id_space": options.id_space if is_chosen else ""}
    ImportMapping.objects.update_or_create(
        headers_digest=headers_digest(run.headers, run.rows_are), defaults={"mapping": remembered, "used_at": now()}
    )


def start_import(run: ImportRun, *, by: int | None = None) -> Job:
    """Put the run in the queue. Raises MappingEmpty, AlreadyStarted."""
    mapping, options = ColumnMapping.from_json(run.mapping), Options.from_json(run.options)
    if not (mapping.has("email", "phone", "telegram", "whatsapp", "viber", "vk", "external") or options.number_rows):
        raise MappingEmpty
    if not ImportRun.objects.filter(pk=run.pk, state="draft").update(state="queued"):
        raise AlreadyStarted
    job = start_job(kind=JOB, args={"run": run.pk}, subject=f"import:{run.pk}", by=by)
    ImportRun.objects.filter(pk=run.pk).update(job_id=job.pk)
    run.refresh_from_db()
    return job


def stop_import(run: ImportRun) -> bool:
    """Stop after the chunk that is being written; what was taken stays."""
    return run.job_id is not None and cancel_job(job_id=run.job_id)


def resume_import(run: ImportRun) -> bool:
    """Go on after the last row taken."""
    if run.job_id is None or not resume_job(job_id=run.job_id):
        return False
    ImportRun.objects.filter(pk=run.pk).update(state="queued", finished_at=None)
    return True


def _understand(run: ImportRun, looked: Looked) -> ImportRun:
    shape, headers = looked.shape, looked.headers
    if not looked.rows:
        raise FileRefused("no-rows")
    samples = [cells for _, cells in looked.rows]
    mapping, id_space = _mapping_for(headers, samples, run.rows_are)
    options = Options.from_json(run.options)
    options.id_space = id_space or _id_space(mapping, headers, run.name)
    run.shape, run.headers = shape.as_json(), headers
    run.mapping, run.options = mapping.as_json(), options.as_json()
    run.save(update_fields=["shape", "headers", "mapping", "options", "rows_are"])
    return run


def _mapping_for(headers: Sequence[str], samples: Sequence[Sequence[str]], rows_are: str) -> tuple[ColumnMapping, str]:
    remembered = ImportMapping.objects.filter(headers_digest=headers_digest(headers, rows_are)).first()
    if remembered is not None and any(headers):
        return ColumnMapping.from_json(remembered.mapping), remembered.mapping.get("id_space", "")
    owners = [word.lower() for pair in User.objects.values_list("email", "name") for word in pair if word]
    guessed = guess_mapping(
        headers, samples, rows_are=rows_are, definitions=list(AttributeDefinition.objects.all()), owners=owners,
        stages=lending.known_stages().keys(),
    )  # fmt: skip
    return guessed, ""


def _id_space(mapping: ColumnMapping, headers: Sequence[str], name: str) -> str:
    """To which system numbers belong: the one that wrote the file, else what the heading says, else the file."""
    if mapping.vendor:
        return mapping.vendor
    for heading, column in zip(headers, mapping.columns, strict=False):
        if column.target == "external":
            said = key_of(heading).removeprefix("own_").removesuffix("_id").strip("_")
            if said not in ("", "id", "external"):
                return said
    # The file's name without what changes from one export to the next: dates, times, numbers of copies.
    lasting = _PASSING.sub(" ", name.rsplit(".", 1)[0])
    return slugify(lasting, allow_unicode=True)[:40].strip("-_") or "file"


def with_column(mapping: ColumnMapping, place: int, column: Column) -> ColumnMapping:
    """The mapping with one column changed."""
    columns = list(mapping.columns)
    columns[place] = column
    return replace(mapping, columns=tuple(columns))
