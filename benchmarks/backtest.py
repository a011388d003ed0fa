"""backtest: a draft beside the live table over everybody, of one date and of each one's first fortnight; learning."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from benchmarks.figures import Figure, at_most
from benchmarks.memory import peak_megabytes
from benchmarks.rescore_all import make_table
from benchmarks.world import World, analyze, populate

GOAL_OF_A_MILLION = 60.0
BUYS = (
    "(id / 4096 + id) % 97 < 4 + CASE WHEN position = 'Владелец' THEN 12 ELSE 0 END"
    " + CASE WHEN city = 'Москва' THEN 8 ELSE 0 END"
)


def measure(world: World) -> Iterator[Figure]:
    from teplo.kit.clock import now  # noqa: PLC0415

    populate(world)
    make_table(world)
    _meet_over_time(world)
    _buy(world)
    analyze(world)
    today = now().date()
    period = {"since": today - timedelta(days=400), "until": today, "days": 14}
    questions = {
        "backtest-date": {"moment": "date", "on": today - timedelta(days=80)},
        "backtest-first-contact": {"moment": "first-contact", **period},
    }
    for name, question in questions.items():
        seconds, grown, people = _test(question)
        goal = GOAL_OF_A_MILLION * max(0.05, world.size / 1_000_000)
        note = f"{people} people scored by two tables of 20 and 22 criteria, all figures; memory +{grown:.0f} MB"
        yield at_most(name, world, seconds, "s", goal=goal, note=note)
    seconds, result = _learn({"moment": "first-contact", **period})
    note = f"{result['people']} people, verdict {result['verdict']}, {len(result.get('criteria', ()))} criteria"
    yield at_most("learn-from-base", world, seconds, "s", goal=max(30, 300 * world.size / 1_000_000), note=note)


def _meet_over_time(world: World) -> None:
    """People are met one after another over half a year, a little past the hour."""
    from django.db import connection  # noqa: PLC0415

    at = "now() - make_interval(days => 60 + (person % 140)::int, secs => (person * 37 % 86400)::int)"
    if world.engine == "sqlite":
        at = "datetime('now', '-' || (60 + person % 140) || ' days', '-' || (person * 37 % 86400) || ' seconds')"
    with connection.cursor() as cursor:
        cursor.execute("UPDATE people_person SET created_at = " + at.replace("person", "id"))
        cursor.execute("UPDATE tracking_presence SET first_seen_at = " + at.replace("person", "person_id"))


def _buy(world: World) -> None:
    """One in ten buys within the weeks after, owners and one city more often; one in ten is lost."""
    from django.db import connection  # noqa: PLC0415

    at = "now() - make_interval(days => (id % 75)::int)"
    if world.engine == "sqlite":
        at = "datetime('now', '-' || (id % 75) || ' days')"
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO scoring_outcome (person_id, id, state, reason, value, currency, at, source, key, told_at) "
            f"SELECT id, id, CASE WHEN {BUYS} THEN 'won' ELSE 'lost' END, '', 100, 'UAH', {at}, 'import', '', "
            f"{at} FROM people_person WHERE {BUYS} OR id % 10 = 1"
        )


def _test(question: dict[str, Any]) -> tuple[float, float, int]:
    """Seconds from the question to its figures, memory, and how many people were scored."""
    from teplo.jobs.running import run_job  # noqa: PLC0415
    from teplo.kit.clock import now  # noqa: PLC0415
    from teplo.scoring.backtesting import start_back_test  # noqa: PLC0415
    from teplo.scoring.models import BackTest, Criterion, ScoreTable, TableState  # noqa: PLC0415
    from teplo.scoring.sampling import Question  # noqa: PLC0415
    from teplo.scoring.tables import make_draft  # noqa: PLC0415

    live = ScoreTable.objects.get(state=TableState.LIVE)
    draft = make_draft(of=live, name="Draft", by=None, at=now())
    first = draft.criteria.filter(side="behaviour").first()
    assert first is not None and first.activity_id
    changes: tuple[dict[str, Any], ...] = ({"half_life_days": 14, "is_per_time": True}, {"at_least": 3})
    for position, change in enumerate(changes):
        Criterion.objects.create(
            table=draft, side="behaviour", name="more", activity_id=first.activity_id, points=4,
            position=100 + position, **change,
        )  # fmt: skip
    asked = Question(as_of=now(), horizon_days=60, with_unripe=True, **question)
    before = peak_megabytes()
    began = time.perf_counter()
    test = start_back_test(table=draft, against=live, question=asked, calls_per_day=20, name="", by=None, at=now())
    assert test.job_id is not None and run_job(test.job_id, owner="bench")
    seconds = time.perf_counter() - began
    result = BackTest.objects.get(id=test.id).result
    assert result["people"] > 0 and result["won"] > 0, result
    return seconds, peak_megabytes() - before, int(result["people"])


def _learn(question: dict[str, Any]) -> tuple[float, dict[str, Any]]:
    """Seconds from the question to the proposed points, and what came out."""
    from teplo.jobs.running import run_job  # noqa: PLC0415
    from teplo.kit.clock import now  # noqa: PLC0415
    from teplo.scoring.jobs_learning import start_learning  # noqa: PLC0415
    from teplo.scoring.models import Learning  # noqa: PLC0415
    from teplo.scoring.sampling import Question  # noqa: PLC0415

    asked = Question(as_of=now(), horizon_days=60, with_unripe=True, **question)
    began = time.perf_counter()
    learning = start_learning(question=asked, options={"versus": "everybody"}, by=None, at=now())
    assert learning.job_id is not None and run_job(learning.job_id, owner="bench")
    return time.perf_counter() - began, dict(Learning.objects.get(pk=learning.pk).result)
