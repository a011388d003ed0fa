"""learn: 50,000 people with 40 columns of every kind, from the file to the proposed table; and applying it."""

from __future__ import annotations

import csv
import random
import resource
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.figures import Figure, at_most
from benchmarks.world import World

GROWS = False  # one size: the promise is about this one
ROWS = 50_000
CITIES = [f"Город {number}" for number in range(60)]


def measure(world: World) -> Iterator[Figure]:
    from teplo.scoring.file_scores import FileScoring, read_table_for  # noqa: PLC0415
    from teplo.scoring.learning_process import run_learning  # noqa: PLC0415
    from teplo.scoring.people_files import open_people, sidecar_of_file  # noqa: PLC0415
    from teplo.scoring.table_file import Line, write_table  # noqa: PLC0415

    if world.engine != "sqlite":
        return  # neither database is asked
    from teplo.scoring.file_scores import file_vocabulary  # noqa: PLC0415

    path, table = world.home / "people.csv", world.home / "table.csv"
    _write(path)
    with open_people(path, wanted="won") as file:
        sidecar = sidecar_of_file(file, outcome="won", person="id", moment=None)
        began = time.perf_counter()
        result = run_learning(frame=file.path, options={"sidecar": sidecar, "shape": file.shape.as_json()})
        seconds = time.perf_counter() - began
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        peak = used.ru_maxrss / 1024
        assert result["verdict"] == "proposed" and len(result["criteria"]) <= 25, result["why"]
        area = result["auc"]["table"][0]
        note = f"AUC {area:.3f}, loss {result['loss']:.4f}, {used.ru_utime + used.ru_stime:.0f} s of one processor"
        yield at_most("learn", world, seconds, "s", limit=60, goal=1, note=note)
        yield at_most("learn, memory", world, peak, "MB", limit=1500, goal=1)
        lines = [Line(entry["name"], entry["condition"], entry["points"]) for entry in result["criteria"]]
        table.write_text(write_table(lines, vocabulary=file_vocabulary(file.names)), encoding="utf-8")
        began = time.perf_counter()
        scoring = FileScoring(read_table_for(table, file.names), file.names)
        scored = sum(1 for _ in scoring.score(file.rows(), []))
        assert scored == ROWS
        yield at_most("apply", world, time.perf_counter() - began, "s", goal=60, note=f"{ROWS} rows")


def _write(path: Path) -> None:
    """Twenty numbers, fifteen texts, two flags, a date and two that say nothing; about a tenth of the cells empty."""
    draw = random.Random(7)
    heads = [
        *(f"число {n}" for n in range(20)), *(f"текст {n}" for n in range(15)), "флаг 1", "флаг 2",
        "день", "пусто", "код",
    ]  # fmt: skip
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, delimiter=";")
        writer.writerow(["id", *heads, "won"])
        for number in range(ROWS):
            values = [draw.gauss(0, 1) for _ in range(20)]
            levels = [min(int(draw.expovariate(0.25)), 59) for _ in range(15)]
            flags = [draw.random() < 0.3, draw.random() < 0.6]
            odds = 0.8 * values[0] - 0.5 * values[1] + 0.3 * abs(values[2]) + 0.15 * (levels[0] % 5) - 2.4
            won = draw.random() < 1 / (1 + 2.718281828 ** (-odds))
            cells = [f"{value:.3f}".replace(".", ",") for value in values]
            texts = [CITIES[level] for level in levels]
            day = f"{draw.randint(1, 28):02}.{draw.randint(1, 12):02}.202{draw.randint(0, 4)}"
            row = [*cells, *texts, *("да" if flag else "нет" for flag in flags), day, "", f"K-{number}"]
            writer.writerow([number, *("" if draw.random() < 0.1 else cell for cell in row), "да" if won else "нет"])
