"""rescore-all: everybody by a table of 20 criteria, beside a hand-written statement for the same rules."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from benchmarks.figures import Figure, at_most
from benchmarks.memory import peak_megabytes
from benchmarks.world import World, populate

CITIES = (("Москва", 5), ("Київ", 4), ("Львів", 3), ("Казань", 1))
POSITIONS = (("Владелец", 5), ("Генеральный директор", 3), ("Руководитель", 1), ("Менеджер", -3))
# (index of the activity, points, per time, cap, window in days)
DEEDS = (
    (0, 1, True, 10, 30), (1, 3, True, 15, 60), (2, 5, False, None, 90), (3, 2, True, 8, 14), (4, 4, False, None, 30),
    (5, 1, True, 5, 7), (6, 6, False, None, 180), (7, 2, True, 12, 90), (8, 3, True, 9, 60), (9, -2, True, -6, 30),
    (0, 2, False, None, 7), (5, 4, False, None, 30),
)  # fmt: skip


def measure(world: World) -> Iterator[Figure]:
    from teplo.kit.clock import now  # noqa: PLC0415
    from teplo.scoring.models import Score  # noqa: PLC0415
    from teplo.scoring.rescoring import rescore  # noqa: PLC0415

    populate(world)
    make_table(world)
    at = now()
    limit, expected = _by_hand(world, at)
    before = peak_megabytes()
    began = time.perf_counter()
    rescore(person_ids=None, cause="table", at=at)
    seconds = time.perf_counter() - began
    grown = peak_megabytes() - before
    total = sum_of(Score.objects.values_list("total", flat=True).iterator(chunk_size=20_000))
    assert total == expected, f"scores add up to {total}, by hand to {expected}"
    note = f"{world.size * 20} tallies, memory +{grown:.0f} MB; both write the scores, ours records every change too"
    yield at_most("rescore-all", world, seconds, "s", limit=limit, goal=1.5, note=note)


def sum_of(values: Any) -> int:
    return int(sum(values))


def make_table(world: World) -> None:
    """Twenty criteria, live: eight of fit, twelve of behaviour with caps and windows."""
    from teplo.kit.clock import now  # noqa: PLC0415
    from teplo.scoring.models import Criterion, ScoreTable, TableState  # noqa: PLC0415

    ScoreTable.objects.filter(state=TableState.LIVE).update(state=TableState.RETIRED)
    table = ScoreTable.objects.create(name="Bench", state=TableState.LIVE, live_at=now())
    fit = [{"field": "city", "is": city} for city, _ in CITIES] + [{"field": "position", "is": p} for p, _ in POSITIONS]
    points = [p for _, p in (*CITIES, *POSITIONS)]
    rows = [
        Criterion(table=table, side="fit", name=str(i), condition=c, points=p)
        for i, (c, p) in enumerate(zip(fit, points, strict=True))
    ]
    rows += [
        Criterion(
            table=table,
            side="behaviour",
            name=str(i),
            activity_id=world.activities[activity],
            points=points_,
            is_per_time=per_time,
            cap=cap,
            window_days=days,
        )
        for i, (activity, points_, per_time, cap, days) in enumerate(DEEDS)
    ]
    Criterion.objects.bulk_create(rows)


def _by_hand(world: World, at: Any) -> tuple[float, int]:
    """The limit: what one would write oneself into the same table of scores, index and all."""
    from django.db import connection  # noqa: PLC0415

    from teplo.conditions import registry  # noqa: PLC0415

    today = at.astimezone(registry.zone()).date()
    least, greatest = ("MIN", "MAX") if world.engine == "sqlite" else ("LEAST", "GREATEST")
    parts = []
    for activity, points, per_time, cap, days in DEEDS:
        since = f"'{today - timedelta(days=days - 1)}'"
        count = (
            f"COALESCE(SUM(CASE WHEN activity_id = {world.activities[activity]} AND day >= {since} THEN count END), 0)"
        )
        if per_time:
            bound = greatest if cap < 0 else least
            parts.append(f"{bound}({points} * {count}, {cap})")
        else:
            parts.append(f"CASE WHEN {count} >= 1 THEN {points} ELSE 0 END")
    fit = " + ".join(
        [f"CASE WHEN city = '{city}' THEN {p} ELSE 0 END" for city, p in CITIES]
        + [f"CASE WHEN position = '{position}' THEN {p} ELSE 0 END" for position, p in POSITIONS]
    )
    sql = (
        f"INSERT INTO bench_score (person_id, fit, behaviour) SELECT p.id, {fit}, COALESCE(b.points, 0) "
        f"FROM people_person p LEFT JOIN (SELECT person_id, {' + '.join(parts)} AS points FROM tracking_tally "
        f"WHERE day >= '{today - timedelta(days=179)}' GROUP BY person_id) b ON b.person_id = p.id"
    )
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TABLE bench_score (person_id bigint PRIMARY KEY, fit integer NOT NULL, behaviour integer NOT NULL)"
        )
        began = time.perf_counter()
        cursor.execute(sql)
        seconds = time.perf_counter() - began
        cursor.execute("SELECT SUM(fit + behaviour) FROM bench_score")
        total = int(cursor.fetchone()[0])
        cursor.execute("DROP TABLE bench_score")
    return seconds, total
