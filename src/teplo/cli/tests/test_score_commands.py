"""`teplo score …` on the base: spreadsheets in and out, explained, tried on the past, learnt; Ctrl-C ends it well."""

from __future__ import annotations

import inspect
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from typer.testing import CliRunner

from teplo.accounts.workspace import get_workspace
from teplo.cli import long_work, score_learn, score_learning, score_past
from teplo.cli.score import app
from teplo.jobs import registry
from teplo.jobs.models import Job, JobState
from teplo.jobs.running import CannotGoOn, Work
from teplo.jobs.starting import start_job
from teplo.kit.clock import at_moment, now
from teplo.kit.testing import PATIENCE
from teplo.people.models import AttributeChange
from teplo.people.testing import make_person
from teplo.scoring import jobs_learning
from teplo.scoring.hand_scoring import score_by_hand
from teplo.scoring.models import BackTest, Criterion, Learning, Score, ScoreTable
from teplo.scoring.outcomes import Told, tell_outcomes
from teplo.scoring.testing import fit, make_table
from teplo.tracking.models import Activity

pytestmark = pytest.mark.django_db
SHEET = "criterion;condition;points;cap\nKyiv;city is «Київ»;5;\nVideo;did «video-watched» in 30 days;3;6\n"
DAY = (now() - timedelta(days=60)).date().isoformat()


def call(*arguments: Any) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments], env={"COLUMNS": "200"})


def said(result: Result) -> Any:
    """The one line of JSON."""
    assert result.stdout.count("\n") == 1, result.output
    return json.loads(result.stdout)


@pytest.fixture(autouse=True)
def _english() -> None:
    workspace = get_workspace()
    workspace.language = "en"
    workspace.save(update_fields=["language"])


@pytest.fixture
def sheet(tmp_path: Path) -> Path:
    path = tmp_path / "My table.csv"
    path.write_text(SHEET, encoding="utf-8")
    return path


# import and export


def test_a_sheet_becomes_a_draft_of_the_files_name(sheet: Path) -> None:
    result = call("import", sheet, "--warm-from", 3, "--hot-from", 7)
    assert result.exit_code == 0, result.output
    assert "Draft “My table”: 2 criteria" in result.stdout
    table = ScoreTable.objects.get(name="My table")
    assert (table.state, table.warm_from, table.hot_from) == ("draft", 3, 7)
    video = Criterion.objects.get(table=table, name="Video")
    assert (video.activity_id, video.window_days, video.cap) == (Activity.objects.get(key="video-watched").pk, 30, 6)


def test_with_live_everybody_is_scored_by_it(sheet: Path) -> None:
    person = make_person(city="Київ")
    result = said(call("import", sheet, "--name", "Live one", "--live", "--json"))
    assert (result["table"]["state"], result["table"]["name"]) == ("live", "Live one")
    assert Score.objects.get(person=person).total == 5


def test_what_goes_out_comes_back(sheet: Path, tmp_path: Path) -> None:
    call("import", sheet, "--name", "One", "--hot-from", 99)
    out = tmp_path / "out.csv"
    assert call("export", "One", "--out", out).exit_code == 0
    assert call("import", out, "--name", "Two").exit_code == 0
    one, two = (ScoreTable.objects.get(name=name) for name in ("One", "Two"))
    names = ("side", "name", "condition", "activity_id", "points", "cap", "window_days")
    assert list(one.criteria.values(*names)) == list(two.criteria.values(*names))
    assert (two.warm_from, two.hot_from) == (one.warm_from, 99)
    assert call("export", "One").stdout == out.read_text(encoding="utf-8")
    assert said(call("export", "One", "--json"))["table"]["lines"][0]["name"] == "Kyiv"


@pytest.mark.parametrize(
    ("language", "words"), [("ru", "строка 2, условие: "), ("uk", "рядок 2, умова: "), ("en", "line 2, condition: ")]
)
def test_a_wrong_sheet_is_refused_in_words_with_line_and_column(tmp_path: Path, language: str, words: str) -> None:
    path = tmp_path / "wrong.csv"
    path.write_text("criterion;condition;points\nA;nose is long;1\nB;city is Kyiv;lots\n")
    before = ScoreTable.objects.count()
    result = call("import", path, "--language", language)
    assert result.exit_code == 2
    assert words in result.stderr and "\n" in result.stderr.strip()
    refused = call("import", path, "--json")
    assert refused.exit_code == 2
    problems = said(refused)["problems"]
    assert [(each["line"], each["code"]) for each in problems][0] == (2, "unknown-field")
    assert problems[1]["line"] == 3 and problems[1]["column"] == "points"
    assert ScoreTable.objects.count() == before


def test_files_that_are_not_there_or_no_tables_are_refused(tmp_path: Path) -> None:
    binary, empty = tmp_path / "b.csv", tmp_path / "e.csv"
    binary.write_bytes(b"PK\x03\x04\x00\x00")
    empty.write_text("")
    for path in (tmp_path / "none.csv", binary, empty):
        result = call("import", path)
        assert result.exit_code == 2 and result.stderr.strip()
    assert "There is no table “Nothing”" in call("export", "Nothing").stderr
    assert call("import", empty, "--language", "de").exit_code == 2


# explain


def test_a_score_is_explained_to_whoever_asks_by_contact_or_id() -> None:
    make_table(fit({"field": "city", "is": "Київ"}, 12, name="From Kyiv"), warm_from=10, hot_from=20, name="Live")
    person = make_person(city="Київ", email="olga@example.com", phone="+380441112233")
    for asked in ("Olga@example.com", "044 111-22-33", str(person.pk)):
        result = call("explain", asked)
        assert result.exit_code == 0, result.output
        assert "12 points, warm, by “Live”" in result.stdout and "From Kyiv" in result.stdout
    assert call("explain", "stranger@example.com").exit_code == 2
    why = said(call("explain", person.pk, "--json"))
    assert why["total"] == 12 == sum(part["points"] for part in why["parts"])


def test_the_past_is_explained_as_it_was() -> None:
    make_table(fit({"field": "city", "is": "Київ"}, 12, name="From Kyiv"))
    person = make_person(city="Київ", created_at=now() - timedelta(days=30))
    changed = now() - timedelta(days=5)
    AttributeChange.objects.create(person=person, key="city", old="Львів", new="Київ", at=changed, by="test")
    before = (changed - timedelta(days=1)).date().isoformat()
    assert said(call("explain", person.pk, "--as-of", before, "--json"))["total"] == 0
    assert said(call("explain", person.pk, "--as-of", now().date().isoformat(), "--json"))["total"] == 12
    assert call("explain", person.pk, "--as-of", "2999-01-01T00:00").exit_code == 2
    assert "is not a date" in call("explain", person.pk, "--as-of", "yesterday").stderr


def test_a_past_day_is_explained_by_its_own_table_unless_another_is_named() -> None:
    ScoreTable.objects.all().delete()
    old, new = now() - timedelta(days=30), now() - timedelta(days=10)
    make_table(fit({"field": "city", "is": "Київ"}, 3), name="Spring", live_at=old, retired_at=new)
    make_table(fit({"field": "city", "is": "Київ"}, 8), name="Autumn", live_at=new)
    person = make_person(city="Київ", created_at=now() - timedelta(days=60))
    with at_moment(now() - timedelta(days=50)):
        score_by_hand(person_id=person.pk, temperature="hot", points=30, words="Asks for the contract", by=1)

    def shown(days: int, *more: str) -> str:
        day = (now() - timedelta(days=days)).date().isoformat()
        return call("explain", person.pk, "--as-of", day, *more).stdout

    assert "by “Spring”" in shown(20) and "did not score" not in shown(20)
    todays = shown(20, "--table", "live")
    assert "by “Autumn”" in todays and "This table did not score people then." in todays
    first = shown(40)
    assert "by “Autumn”" in first and "did not score people then" in first
    assert "hot, 30. Asks for the contract" in first


# the past


def world(people: int = 40) -> ScoreTable:
    table = make_table(fit({"field": "city", "is": "Київ"}, 12), warm_from=5, hot_from=10, name="Cities")
    met, bought = now() - timedelta(days=90), now() - timedelta(days=50)
    made = [make_person(city="Київ" if number % 2 else "Львів", created_at=met) for number in range(people)]
    states = ("lost", "won")
    tell_outcomes([Told(one.pk, states[n % 2], bought) for n, one in enumerate(made)], source="import")
    return table


def test_a_table_is_tried_on_the_past() -> None:
    world()
    arguments = ("backtest", "Cities", "--moment", "date", "--on", DAY, "--horizon", 30)
    result = call(*arguments)
    assert result.exit_code == 0, result.output
    assert "40 people: 20 bought, 20 refused" in result.stdout
    assert "1.000" in result.stdout
    test = said(call(*arguments, "--json"))
    assert (test["state"], test["result"]["people"], test["result"]["live"]) == ("done", 40, None)
    assert BackTest.objects.count() == 2


def test_an_unclear_question_is_refused() -> None:
    world(2)
    backwards = call("backtest", "Cities", "--since", "2026-02-01", "--until", "2026-01-01")
    assert backwards.exit_code == 2 and backwards.stderr.startswith("--until: ")
    assert "--since: “soon” is not a date" in call("backtest", "Cities", "--since", "soon").stderr
    assert call("backtest", "Cities", "--moment", "birthday").exit_code == 2
    assert call("backtest", ScoreTable.objects.create(name="Empty").name).exit_code == 2
    assert not BackTest.objects.exists()


def learnt(result: dict[str, Any]) -> Callable[..., dict[str, Any]]:
    def run(**_: Any) -> dict[str, Any]:
        return result

    return run


PROPOSED = {
    "verdict": "proposed", "why": {"code": "proposed", "text": "A table of one criterion."}, "people": 40, "won": 20,
    "warm_from": 2, "hot_from": 4, "leaks": [],
    "criteria": [
        {"name": "Kyiv", "group": "", "side": "fit", "condition": {"field": "city", "is": "Київ"}, "points": 4,
         "people": 20, "conversion": 1.0},
    ],
}  # fmt: skip


def test_points_are_learnt_from_the_base_and_become_a_draft(monkeypatch: pytest.MonkeyPatch) -> None:
    world()
    monkeypatch.setattr(jobs_learning, "run_learning", learnt(PROPOSED))
    arguments = ("learn", "--moment", "date", "--on", DAY, "--horizon", 30, "--exclude", "position, owner")
    result = call(*arguments, "--draft", "Learnt")
    assert result.exit_code == 0, result.output
    assert "A table of one criterion." in result.stdout and "Draft “Learnt” is made" in result.stdout
    assert ScoreTable.objects.get(name="Learnt").criteria.get().points == 4
    assert Learning.objects.get().options["exclude"] == ["position", "owner"]
    assert said(call(*arguments, "--json"))["draft"] is None


def test_where_nothing_can_be_learnt_it_says_so_and_makes_no_draft(monkeypatch: pytest.MonkeyPatch) -> None:
    world()
    nothing = {"verdict": "no-signal", "why": {"text": "The interval covers 0.5."}, "criteria": []}
    monkeypatch.setattr(jobs_learning, "run_learning", learnt(nothing))
    tables = ScoreTable.objects.count()
    result = call("learn", "--moment", "date", "--on", DAY, "--horizon", 30, "--draft", "Learnt")
    assert result.exit_code == score_past.NOTHING_PROPOSED
    assert "The interval covers 0.5." in result.stdout
    assert ScoreTable.objects.count() == tables


def test_a_period_without_anybody_is_too_little_to_learn_from() -> None:
    world(2)
    result = call("learn", "--moment", "date", "--on", DAY, "--json")
    assert (result.exit_code, said(result)["verdict"]) == (3, "too-little")
    assert said(result)["result"]["people"] == 0
    assert "Nobody stood at such a moment" in call("learn", "--moment", "date", "--on", DAY).output


def test_learning_knows_all_options_of_learning_from_a_file() -> None:
    plain, whole = (inspect.signature(command).parameters for command in (score_learn.learn, score_learning.learn))
    assert set(plain) <= set(whole)


@pytest.mark.parametrize(
    "arguments",
    [("--people", "x.csv"), ("--people", "x.csv", "--outcome", "y"), ("--outcome", "y"), ("--out", "x.csv")],
)
def test_options_of_a_file_go_together(arguments: tuple[str, ...]) -> None:
    assert call("learn", *arguments).exit_code == 2
    assert not Learning.objects.exists()


# long work


def long_job(function: Callable[[Work], Any]) -> Job:
    registry.register("test-long", function)
    return start_job(kind="test-long", args={})


def test_ctrl_c_ends_the_work_cleanly() -> None:
    def step_by_step(work: Work) -> None:
        for number in range(1000):
            if number == 3:
                os.kill(os.getpid(), signal.SIGINT)
            work.advance(done=number, total=1000, cursor={"at": number})

    before = signal.getsignal(signal.SIGINT)
    job = long_work.carry_through(job_id=long_job(step_by_step).pk, title="long", quiet=True)
    assert (job.state, job.cursor, job.lease_until) == (JobState.CANCELLED, {"at": 3}, None)
    assert signal.getsignal(signal.SIGINT) is before


def test_a_stopped_command_says_so_with_its_own_code(monkeypatch: pytest.MonkeyPatch) -> None:
    world()

    def stopped(*, job_id: int, **_: Any) -> Job:
        Job.objects.filter(pk=job_id).update(state=JobState.CANCELLED)
        return Job.objects.get(pk=job_id)

    monkeypatch.setattr(score_past, "carry_through", stopped)
    result = call("backtest", "Cities", "--moment", "date", "--on", DAY, "--json")
    assert (result.exit_code, said(result)["state"]) == (130, "stopped")


def test_work_that_fails_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_work: Work) -> None:
        raise CannotGoOn("out of paper")

    world()
    registry.register("back-test", fail)
    try:
        result = call("backtest", "Cities", "--moment", "date", "--on", DAY)
    finally:
        registry.register("back-test", score_past_job())
    assert result.exit_code == 1 and "out of paper" in result.stderr


def score_past_job() -> Callable[[Work], Any]:
    from teplo.scoring.jobs_backtest import run_back_test  # noqa: PLC0415

    return run_back_test


def test_work_that_a_worker_has_is_followed_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    job = long_job(lambda work: None)
    Job.objects.filter(pk=job.pk).update(
        state=JobState.RUNNING, lease_owner="worker", lease_until=now() + timedelta(minutes=5)
    )

    def look(*_: Any, **__: Any) -> bool:
        Job.objects.filter(pk=job.pk).update(state=JobState.DONE)
        return False

    monkeypatch.setattr(long_work, "run_job", look)
    assert long_work.carry_through(job_id=job.pk, title="long", quiet=True).state == JobState.DONE


def test_a_base_without_tables_gets_them(tmp_path: Path) -> None:
    environment = {**os.environ, "TEPLO_HOME": str(tmp_path), "DATABASE_URL": "", "TEST_DATABASE_URL": ""}
    command = [sys.executable, "-m", "teplo.cli", "score", "export", "--json"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=PATIENCE)
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["state"] == "done"
