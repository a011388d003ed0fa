"""A database with many people, made by the database itself: a million in a minute or two."""

from __future__ import annotations

import os
import shutil
import tempfile
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

TALLIES_EACH = 20
ACTIVITIES_USED = 10


@dataclass(slots=True)
class World:
    """Where a benchmark runs: an engine, a number of people, and Django set up on a database of its own."""

    engine: str
    size: int
    home: Path
    url: str
    activities: list[int] = field(default_factory=list)

    def environment(self, **more: str) -> dict[str, str]:
        """For processes started by a benchmark."""
        return {**os.environ, "TEPLO_HOME": str(self.home), "DATABASE_URL": self.url, **more}


def open_world(engine: str, size: int) -> World:
    """An empty, migrated database; Django is set up on it in this process."""
    home = Path(tempfile.mkdtemp(prefix="teplo-bench-"))
    url = "" if engine == "sqlite" else _fresh_database(os.environ["TEST_DATABASE_URL"])
    os.environ.update(TEPLO_HOME=str(home), DATABASE_URL=url, DJANGO_SETTINGS_MODULE="teplo.config.settings")
    import django  # noqa: PLC0415 - the environment must be set first
    from django.core.management import call_command  # noqa: PLC0415

    from teplo.kit.logs import set_up_logs  # noqa: PLC0415

    django.setup()
    set_up_logs(level="ERROR")
    call_command("migrate", verbosity=0)
    return World(engine, size, home, url)


def close_world(world: World) -> None:
    """Drop what `open_world` made."""
    from django.db import connection  # noqa: PLC0415

    connection.close()
    shutil.rmtree(world.home, ignore_errors=True)
    if world.url:
        _run_on_server(
            os.environ["TEST_DATABASE_URL"], f'DROP DATABASE IF EXISTS "{urlsplit(world.url).path[1:]}" WITH (FORCE)'
        )


def populate(world: World, *, tallies: bool = True) -> None:
    """`world.size` people with e-mails, phones, scores, stages and 20 tallies each over the last 200 days.

    Made once in a run for each engine and size; the next benchmark gets a copy of it (`forget_kept` drops them).
    """
    from teplo.tracking.models import Activity  # noqa: PLC0415

    kept = f"teplo_bench_kept_{os.environ.get('TEPLO_BENCH_RUN', os.getpid())}_{world.size}_{int(tallies)}"
    if _is_kept(world, kept):
        _copy(world, kept, back=True)
    else:
        _make_people(world, tallies=tallies)
        if "TEPLO_BENCH_RUN" in os.environ:
            _copy(world, kept, back=False)
    world.activities = list(Activity.objects.order_by("id").values_list("id", flat=True)[:ACTIVITIES_USED])


def _make_people(world: World, *, tallies: bool) -> None:
    from teplo.kit.clock import now  # noqa: PLC0415
    from teplo.stages.models import Stage  # noqa: PLC0415
    from teplo.tracking.models import Activity  # noqa: PLC0415

    world.activities = list(Activity.objects.order_by("id").values_list("id", flat=True)[:ACTIVITIES_USED])
    stages = list(Stage.objects.filter(is_beside=False).order_by("position").values_list("id", flat=True))
    today = now().date()
    values = {"size": world.size, "now": _moment(world, now()), "ago": _moment(world, now() - timedelta(days=90))}
    _execute(world, _people(world), values)
    _execute(world, _identities(world), values)
    _execute(world, _phones(world), values)
    _fill_search_texts(world)
    _execute(world, _scores(world), values)
    _execute(world, _standings(world, stages), values)
    _execute(world, _presences(world), values)
    if tallies:
        for step in range(0, world.size, 100_000):
            _execute(world, _tallies(world, today), {**values, "low": step, "high": min(step + 100_000, world.size)})
    analyze(world)


def _is_kept(world: World, kept: str) -> bool:
    if world.engine == "sqlite":
        return (_kept_folder() / kept).exists()
    return bool(_run_on_server(os.environ["TEST_DATABASE_URL"], "SELECT 1 FROM pg_database WHERE datname = %s", kept))


def _copy(world: World, kept: str, *, back: bool) -> None:
    """Copy the world's database to the kept one, or back, file by file: the quickest way on both engines."""
    from django.db import connection  # noqa: PLC0415

    if world.engine == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.close()
        ours = Path(connection.settings_dict["NAME"])
        pair = (_kept_folder() / kept, ours) if back else (ours, _kept_folder() / kept)
        shutil.copyfile(*pair)
        return
    connection.close()
    server, ours_ = os.environ["TEST_DATABASE_URL"], urlsplit(world.url).path[1:]
    source, target = (kept, ours_) if back else (ours_, kept)
    _run_on_server(server, f'DROP DATABASE IF EXISTS "{target}" WITH (FORCE)')
    _run_on_server(server, f'CREATE DATABASE "{target}" TEMPLATE "{source}" STRATEGY FILE_COPY')


def forget_kept(run: str) -> None:
    """Drop the databases that a run kept."""
    shutil.rmtree(Path(tempfile.gettempdir()) / f"teplo-bench-kept-{run}", ignore_errors=True)
    server = os.environ["TEST_DATABASE_URL"]
    like = f"teplo_bench_kept_{run}_%"
    for (name,) in _run_on_server(server, "SELECT datname FROM pg_database WHERE datname LIKE %s", like):
        _run_on_server(server, f'DROP DATABASE "{name}" WITH (FORCE)')


def _kept_folder() -> Path:
    folder = Path(tempfile.gettempdir()) / f"teplo-bench-kept-{os.environ.get('TEPLO_BENCH_RUN', os.getpid())}"
    folder.mkdir(exist_ok=True)
    return folder


def _numbers(world: World, low: str = "%(low)s", high: str = "%(high)s") -> str:
    if world.engine == "postgresql":
        return f"SELECT i::bigint AS i FROM generate_series({low} + 1, {high}) AS i"
    return f"WITH RECURSIVE n(i) AS (SELECT {low} + 1 UNION ALL SELECT i + 1 FROM n WHERE i < {high}) SELECT i FROM n"


def _chosen(world: World, number: str, choices: list[Any]) -> str:
    cases = " ".join(f"WHEN {number} = {i} THEN {c!r}" for i, c in enumerate(choices))
    return f"(CASE {cases} END)"


def _people(world: World) -> str:
    """Cities and positions do not follow from the score, whose number repeats every 40 people."""
    json = "jsonb_build_object('budget', (i * 7919) %% 100000, 'company_size', (i * 31) %% 900)"
    if world.engine == "sqlite":
        json = "json_object('budget', (i * 7919) %% 100000, 'company_size', (i * 31) %% 900)"
    city = _chosen(world, "(i / 40) %% 5", ["Москва", "Київ", "Львів", "Казань", "Дніпро"])
    position = _chosen(world, "(i / 200) %% 4", ["Владелец", "Генеральный директор", "Руководитель", "Менеджер"])
    false = "false" if world.engine == "postgresql" else "0"
    return (
        "INSERT INTO people_person (id, first_name, middle_name, last_name, first_key, last_key, position, city,"
        " country, language, timezone, attributes, is_anonymous, created_at, updated_at) "
        "SELECT i, 'Имя' || (i %% 977), '', 'Фамилия' || (i %% 9973), 'имя' || (i %% 977), 'фамилия' || (i %% 9973),"
        f" {position}, {city}, 'UA', 'ru', 'Europe/Kyiv', {json}, {false}, %(ago)s, %(now)s "
        f"FROM ({_numbers(world, '0', '%(size)s')}) AS numbers"
    )


def _identities(world: World) -> str:
    false = "false" if world.engine == "postgresql" else "0"
    return (
        "INSERT INTO people_identity (kind, value, person_id, shown, is_verified, is_main, source, created_at) "
        f"SELECT 'email', 'person' || i || '@example.com', i, '', {false}, {false}, 'bench', %(ago)s"
        f" FROM ({_numbers(world, '0', '%(size)s')}) AS numbers"
    )


def _phones(world: World) -> str:
    """One each, of nine figures behind the country's, in no order of the people."""
    false = "false" if world.engine == "postgresql" else "0"
    return (
        "INSERT INTO people_identity (kind, value, person_id, shown, is_verified, is_main, source, created_at) "
        f"SELECT 'phone', '+380' || (100000000 + (i * 7577273) %% 899999981), i, '', {false}, {false}, 'bench', %(ago)s"
        f" FROM ({_numbers(world, '0', '%(size)s')}) AS numbers"
    )


def _fill_search_texts(world: World) -> None:
    """As the migration does for people who are there already."""
    from teplo.kit import inside  # noqa: PLC0415
    from teplo.people import searching  # noqa: PLC0415

    inside.drop_index(searching.TABLE)
    after = searching.fill()
    while after:
        after = searching.fill(after=after)
    inside.create_index(searching.TABLE)


def _scores(world: World) -> str:
    warmth = "(CASE WHEN (i * 37) %% 40 >= 25 THEN 'hot' WHEN (i * 37) %% 40 >= 10 THEN 'warm' ELSE 'cold' END)"
    return (
        "INSERT INTO scoring_score (person_id, fit, behaviour, total, grade, temperature, changed_at) "
        f"SELECT i, 0, (i * 37) %% 40, (i * 37) %% 40, '', {warmth}, %(now)s "
        f"FROM ({_numbers(world, '0', '%(size)s')}) AS numbers"
    )


def _standings(world: World, stages: list[int]) -> str:
    stage = _chosen(world, f"i %% {len(stages)}", stages)
    return (
        "INSERT INTO stages_standing (person_id, stage_id, since) "
        f"SELECT i, {stage}, %(ago)s FROM ({_numbers(world, '0', '%(size)s')}) AS numbers"
    )


def _presences(world: World) -> str:
    """Last visits stand apart by seconds over 90 days, in no order of the people."""
    seconds = "((i * 2654435761) %% 4294967296 %% 7776000)"
    last = f"datetime(%(now)s, '-' || {seconds} || ' seconds')"
    if world.engine == "postgresql":
        last = f"%(now)s::timestamptz - {seconds} * INTERVAL '1 second'"
    return (
        "INSERT INTO tracking_presence (person_id, first_seen_at, last_seen_at, events) "
        f"SELECT i, %(ago)s, {last}, 0 FROM ({_numbers(world, '0', '%(size)s')}) AS numbers"
    )


def _tallies(world: World, today: Any) -> str:
    """Twenty rows a person: activity k mod 10, the day spread by person and k, unique within the person."""
    activity = _chosen(world, f"k %% {ACTIVITIES_USED}", world.activities)
    # Day offsets of the two rows of one activity differ: k / 10 adds 100.
    offset = f"((i * 13 + k * 7) %% 100 + (k / {ACTIVITIES_USED}) * 100)"
    day = (
        f"(DATE '{today}' - ({offset})::int)"
        if world.engine == "postgresql"
        else f"date('{today}', '-' || {offset} || ' days')"
    )
    ks = " UNION ALL ".join(f"SELECT {k} AS k" for k in range(TALLIES_EACH))
    at_work = f"{day} + TIME '09:00', {day} + TIME '18:00'"
    if world.engine == "sqlite":
        at_work = f"{day} || ' 09:00:00', {day} || ' 18:00:00'"
    return (
        "INSERT INTO tracking_tally (person_id, activity_id, day, count, first_at, last_at) "
        f"SELECT i, {activity}, {day}, 1 + (i + k) %% 3, {at_work}"
        f" FROM ({_numbers(world)}) AS numbers CROSS JOIN ({ks}) AS ks"
    )


def _execute(world: World, sql: str, values: dict[str, Any]) -> None:
    from django.db import connection  # noqa: PLC0415

    if world.engine == "sqlite":  # its backend knows %s only by position in some statements: fill plainly, all is ours
        for key, value in values.items():
            sql = sql.replace(f"%({key})s", f"'{value}'" if isinstance(value, str) else str(value))
        sql, values = sql.replace("%%", "%"), {}
    with connection.cursor() as cursor:
        if values:
            cursor.execute(sql, values)
        else:
            cursor.connection.execute(sql)
            cursor.connection.commit()


def analyze(world: World) -> None:
    """Statistics for the planner, as autovacuum keeps them on a server that has run for a while."""
    from django.db import connection  # noqa: PLC0415

    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE" if world.engine == "postgresql" else "ANALYZE")


def _moment(world: World, at: Any) -> Any:
    return at if world.engine == "postgresql" else str(at.replace(tzinfo=None))


def _fresh_database(server: str) -> str:
    name = f"teplo_bench_{os.getpid()}"
    _run_on_server(server, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
    _run_on_server(server, f'CREATE DATABASE "{name}"')
    return urlunsplit(urlsplit(server)._replace(path=f"/{name}"))


def _run_on_server(server: str, sql: str, *values: str) -> list[tuple[Any, ...]]:
    import psycopg  # noqa: PLC0415

    with psycopg.connect(server, autocommit=True) as connection:
        cursor = connection.execute(sql, values or None)  # type: ignore[arg-type]
        return cursor.fetchall() if cursor.description else []
