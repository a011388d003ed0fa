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
    plain, whole, expected = _by_hand(world, at)
    yield at_most("rescore-statement", world, _statement_alone(world, at), "s", limit=plain, goal=1.5, note=NOTE)
    before = peak_megabytes()
    began = time.perf_counter()
    rescore(person_ids=None, cause="table", at=at)
    seconds = time.perf_counter() - began
    grown = peak_megabytes() - before
    total = sum_of(Score.objects.values_list("total", flat=True).iterator(chunk_size=20_000))
    assert total == expected, f"scores add up to {total}, by hand to {expected}"
    note = f"{world.size * 20} tallies, memory +{grown:.0f} MB; both write every score and its change"
    yield at_most("rescore-all", world, seconds, "s", limit=whole, goal=1.5, note=note)


NOTE = "both fill the same plain table; nothing else"


def _statement_alone(world: World, at: Any) -> float:
    """Our compiled statement for everybody, into the table that the hand-written one fills."""
    from django.db import connection  # noqa: PLC0415

    from teplo.scoring.rules import live_rules  # noqa: PLC0415
    from teplo.scoring.statement import Scope, compile_rules  # noqa: PLC0415

    compiled = compile_rules(rules=live_rules(), scope=Scope(first=1, last=world.size), at=at).total()
    with connection.cursor() as cursor:
        cursor.execute(PLAIN_TABLE)
        began = time.perf_counter()
        cursor.execute(
            f"INSERT INTO bench_score SELECT person_id, fit, behaviour FROM ({compiled.text}) t", compiled.params
        )
        seconds = time.perf_counter() - began
        cursor.execute("DROP TABLE bench_score")
    return seconds


PLAIN_TABLE = (
    "CREATE TABLE bench_score (person_id bigint PRIMARY KEY, fit integer NOT NULL, behaviour integer NOT NULL)"
)


def sum_of(values: Any) -> int:
    return int(sum(values))


def make_table(world: World) -> None:
    """Twenty criteria, live: eight of fit, twelve of behaviour with caps and windows."""
    from teplo.kit.clock import now  # noqa: PLC0415
    from teplo.scoring.models import Criterion, Profile, ScoreTable, TableState  # noqa: PLC0415

    Profile.objects.update(is_active=False)  # the hand-written statement knows no portraits
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


def _by_hand(world: World, at: Any) -> tuple[float, float, int]:
    """The limits: what one would write oneself. Seconds into a plain table; seconds with a change row for everybody and
    the scores brought up to date in tables of the same shape as ours; and the sum of all scores."""
    from django.db import connection  # noqa: PLC0415

    scored = _hand_written(world, at)
    warm = "CASE WHEN total >= 25 THEN 'hot' WHEN total >= 10 THEN 'warm' ELSE 'cold' END"
    moment = str(at) if world.engine == "postgresql" else str(at.replace(tzinfo=None))
    with connection.cursor() as cursor:
        cursor.execute(PLAIN_TABLE)
        began = time.perf_counter()
        cursor.execute(f"INSERT INTO bench_score SELECT id, fit, behaviour FROM ({scored}) t")
        plain = time.perf_counter() - began
        cursor.execute("SELECT SUM(fit + behaviour) FROM bench_score")
        total = int(cursor.fetchone()[0])
        cursor.execute("DROP TABLE bench_score")
        _same_shape(world, cursor)
        began = time.perf_counter()
        cursor.execute(
            "INSERT INTO bench_change (person_id, id, at, table_id, cause, fit, behaviour, total, total_before, "
            "temperature, temperature_before, grade) "
            f"SELECT id, 7, '{moment}', 1, 'table', fit, behaviour, total, before, {warm}, was, '' FROM (SELECT t.id, "
            "t.fit, t.behaviour, t.fit + t.behaviour AS total, s.total AS before, s.temperature AS was "
            f"FROM ({scored}) t LEFT JOIN bench_now s ON s.person_id = t.id) u"
        )
        cursor.execute(
            "INSERT INTO bench_now (person_id, fit, behaviour, total, grade, temperature, changed_at) "
            "SELECT person_id, fit, behaviour, total, grade, temperature, at FROM bench_change WHERE id = 7 "
            "ORDER BY person_id ON CONFLICT (person_id) DO UPDATE SET fit = excluded.fit, "
            "behaviour = excluded.behaviour, total = excluded.total, grade = excluded.grade, "
            "temperature = excluded.temperature, "
            "changed_at = excluded.changed_at"
        )
        whole = time.perf_counter() - began
        cursor.execute("DROP TABLE bench_now")
        cursor.execute("DROP TABLE bench_change")
    return plain, whole, total


def _same_shape(world: World, cursor: Any) -> None:
    """Tables like ours, with the indexes ours have; the scores as they stand."""
    moment = "timestamptz" if world.engine == "postgresql" else "datetime"
    cursor.execute(
        "CREATE TABLE bench_now (person_id bigint PRIMARY KEY, fit integer, behaviour integer, total integer, "
        f"grade varchar(12), temperature varchar(4), changed_at {moment})"
    )
    cursor.execute(
        "INSERT INTO bench_now SELECT person_id, fit, behaviour, total, grade, temperature, changed_at "
        "FROM scoring_score"
    )
    cursor.execute("CREATE INDEX bench_warmth ON bench_now (temperature, total DESC)")
    cursor.execute("CREATE INDEX bench_total ON bench_now (total DESC, person_id)")
    cursor.execute(
        f"CREATE TABLE bench_change (person_id bigint, id bigint, at {moment}, table_id bigint, cause varchar(12), "
        "fit integer, behaviour integer, total integer, total_before integer, temperature varchar(4), "
        "temperature_before varchar(4), grade varchar(12), PRIMARY KEY (person_id, id))"
    )


def _hand_written(world: World, at: Any) -> str:
    """The statement for the same rules: id, fit, behaviour of everybody."""
    from teplo.conditions import registry  # noqa: PLC0415

    today = at.astimezone(registry.zone()).date()
    least, greatest = ("MIN", "MAX") if world.engine == "sqlite" else ("LEAST", "GREATEST")
    parts = []
    for activity, points, per_time, cap, days in DEEDS:
        chosen = f"activity_id = {world.activities[activity]} AND day >= '{today - timedelta(days=days - 1)}'"
        count = f"COALESCE(SUM(CASE WHEN {chosen} THEN count END), 0)"
        if per_time:
            parts.append(f"{greatest if cap < 0 else least}({points} * {count}, {cap})")
        else:
            parts.append(f"CASE WHEN {count} >= 1 THEN {points} ELSE 0 END")
    fit = " + ".join(
        [f"CASE WHEN city = '{city}' THEN {p} ELSE 0 END" for city, p in CITIES]
        + [f"CASE WHEN position = '{position}' THEN {p} ELSE 0 END" for position, p in POSITIONS]
    )
    return (
        f"SELECT p.id, {fit} AS fit, COALESCE(b.points, 0) AS behaviour "
        f"FROM people_person p LEFT JOIN (SELECT person_id, {' + '.join(parts)} AS points FROM tracking_tally "
        f"WHERE day >= '{today - timedelta(days=179)}' GROUP BY person_id) b ON b.person_id = p.id"
    )
