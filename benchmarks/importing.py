"""import: a CSV of people with e-mails, phones and companies, from the file to the committed rows: people who are new,
the same file again (people who are known), and one that overwrites their positions and budgets."""

from __future__ import annotations

import csv
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.cpu import CpuClock
from benchmarks.figures import Figure, at_least
from benchmarks.importing_by_hand import import_by_hand
from benchmarks.memory import peak_megabytes
from benchmarks.world import World, populate

LEAST, MOST = 60_000, 300_000
"""Rows of a file: three for each person there is, within these."""
HEADERS = ("Имя", "Фамилия", "E-mail", "Телефон", "Компания", "Должность", "Город", "Бюджет")
GOAL = 0.5


def measure(world: World) -> Iterator[Figure]:
    populate(world, tallies=False)
    rows = max(LEAST, min(3 * world.size, MOST))
    warm_up, files = world.home / "warm-up.csv", {}
    for name, start in (("ours", 10_000_000), ("by hand", 20_000_000)):
        files[name] = [world.home / f"{name}-{turn}.csv" for turn in range(2)]
        _write(files[name][0], rows, start=start)
        _write(files[name][1], rows, start=start, is_later=True)
    _write(warm_up, 1_000, start=30_000_000)
    _import(warm_up)
    clock = CpuClock()
    for name, turn, known in (("import", 0, "fill"), ("import-known", 0, "fill"), ("import-overwrite", 1, "overwrite")):
        before, (ours, by_hand) = peak_megabytes(), (files["ours"][turn], files["by hand"][turn])
        began = time.perf_counter()
        cpu = clock.seconds_of(lambda path=ours, known=known: _import(path, known=known))
        seconds = time.perf_counter() - began
        limit = clock.seconds_of(lambda path=by_hand, known=known: import_by_hand(path, overwrite=known == "overwrite"))
        note = f"{rows} rows, {rows / seconds:.0f} rows/s by the clock, memory +{peak_megabytes() - before:.0f} MB"
        yield at_least(name, world, rows / cpu, "rows/s of CPU", limit=rows / limit, goal=GOAL, note=note)
    _must_be_the_same(2 * rows)


def _must_be_the_same(people: int) -> None:
    """Both have written the same: else they were not compared."""
    from teplo.people.models import AttributeChange, Identity, Person  # noqa: PLC0415

    found = Identity.objects.filter(kind="email", value__regex=r"^new[12]\d{7}@").count()
    assert found == people, (found, people)
    ours, by_hand = (
        Person.objects.filter(id__in=Identity.objects.filter(kind="email", value__startswith=start).values("person_id"))
        for start in ("new1", "new2")
    )
    for fields in (("position",), ("company__name_key",)):
        assert set(ours.values_list(*fields)) == set(by_hand.values_list(*fields)), fields
    changes = [AttributeChange.objects.filter(person__in=who).count() for who in (ours, by_hand)]
    assert changes[0] == changes[1] > 0, changes


def _import(path: Path, *, known: str = "fill") -> None:
    """What the screens and `teplo import` do: receive, take the guessed mapping, run the job to its end."""
    from teplo.jobs.models import Job, JobState  # noqa: PLC0415
    from teplo.jobs.running import run_due  # noqa: PLC0415
    from teplo.people.importing import starting  # noqa: PLC0415
    from teplo.people.importing.columns import ColumnMapping  # noqa: PLC0415
    from teplo.people.importing.options import Options  # noqa: PLC0415
    from teplo.people.importing.storing import pieces_of  # noqa: PLC0415

    run = starting.receive(name=path.name, chunks=pieces_of(path), rows_are="people")
    options = Options.from_json({**run.options, "known": known})
    starting.choose(run, mapping=ColumnMapping.from_json(run.mapping), options=options)
    starting.start_import(run)
    while Job.objects.filter(state__in=(JobState.QUEUED, JobState.RUNNING)).exists():
        run_due("bench")
    run.refresh_from_db()
    assert run.state == "done" and run.refused == 0, (run.state, run.refused)


def _write(path: Path, rows: int, *, start: int, is_later: bool = False) -> None:
    position = "Директор" if is_later else "Менеджер"
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, delimiter=";")
        writer.writerow(HEADERS)
        for i in range(start, start + rows):
            writer.writerow(
                (
                    f"Имя{i % 977}",
                    f"Фамилия{i % 9973}",
                    f"new{i}@example.com",
                    f"+3806{start // 10_000_000}{i % 10_000_000:07}",
                    f"ТОВ «Компания {i % 3000}»",
                    position,
                    "Київ",
                    (i + is_later) % 100_000,
                )
            )
