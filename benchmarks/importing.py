"""import: a CSV of people with e-mails, phones and companies, upserted, from the file to the committed rows."""

from __future__ import annotations

import csv
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.figures import Figure, at_least
from benchmarks.memory import peak_megabytes
from benchmarks.world import World, populate

ROWS = 30_000
HEADERS = ("Имя", "Фамилия", "E-mail", "Телефон", "Компания", "Должность", "Город", "Бюджет")


def measure(world: World) -> Iterator[Figure]:
    from teplo.people.models import Identity  # noqa: PLC0415

    populate(world, tallies=False)
    small, large = world.home / "small.csv", world.home / "large.csv"
    _write(small, 1_000, start=10_000_000)
    _write(large, ROWS, start=1)  # as many as are known are updated, the others are new
    _import(small)
    before = peak_megabytes()
    known = Identity.objects.filter(kind="email").count()
    began = time.perf_counter()
    _import(large)
    seconds = time.perf_counter() - began
    new = max(0, ROWS - world.size)
    assert Identity.objects.filter(kind="email").count() == known + new
    note = f"{ROWS} rows, {new} new people, memory +{peak_megabytes() - before:.0f} MB"
    yield at_least("import", world, ROWS / seconds, "rows/s", limit=None, goal=5000, note=note)


def _import(path: Path) -> None:
    """What the screens and `teplo import` do: receive, take the guessed mapping, run the job to its end."""
    from teplo.jobs.models import Job, JobState  # noqa: PLC0415
    from teplo.jobs.running import run_due  # noqa: PLC0415
    from teplo.people.importing import starting  # noqa: PLC0415
    from teplo.people.importing.columns import ColumnMapping  # noqa: PLC0415
    from teplo.people.importing.options import Options  # noqa: PLC0415
    from teplo.people.importing.storing import pieces_of  # noqa: PLC0415

    run = starting.receive(name=path.name, chunks=pieces_of(path), rows_are="people")
    starting.choose(run, mapping=ColumnMapping.from_json(run.mapping), options=Options.from_json(run.options))
    starting.start_import(run)
    while Job.objects.filter(state__in=(JobState.QUEUED, JobState.RUNNING)).exists():
        run_due("bench")
    run.refresh_from_db()
    assert run.state == "done" and run.refused == 0, (run.state, run.refused)


def _write(path: Path, rows: int, *, start: int) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, delimiter=";")
        writer.writerow(HEADERS)
        for i in range(start, start + rows):
            writer.writerow(
                (
                    f"Имя{i % 977}",
                    f"Фамилия{i % 9973}",
                    f"person{i}@example.com",
                    "",
                    f"ТОВ «Компания {i % 3000}»",
                    "Менеджер",
                    "Київ",
                    i % 100_000,
                )
            )
