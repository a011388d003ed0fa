"""`teplo score learn` and `teplo score apply` as a user runs them, on files only."""

from __future__ import annotations

import csv
import gzip
import json
import math
import os
import random
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from typer.testing import CliRunner

from teplo.cli import score_learn
from teplo.cli.score import app
from teplo.scoring.learning_process import LearningFailed

pytestmark = pytest.mark.once
HEAD = ["№ клиента", "Источник сделки", "emp.var.rate", 'say "it\'s"; ok', "Итог"]


def call(*arguments: Any) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments], env={"LANG": "ru_RU.UTF-8", "LC_ALL": ""})


def rows(count: int, seed: int = 1) -> list[list[str]]:
    draw = random.Random(seed)
    made = []
    for number in range(count):
        source, rate, answer = (
            draw.choice(["Реклама", "Партнёр", "Сайт"]),
            draw.gauss(0, 1),
            draw.choice(["так", "ні", ""]),
        )
        odds = 1.5 * (source == "Партнёр") + 0.8 * rate + 0.7 * (answer == "") - 1.2
        won = draw.random() < 1 / (1 + math.exp(-odds))
        made.append(
            [f"К-{number}", source, f"{rate:.2f}".replace(".", ","), answer, "Выиграна" if won else "Проиграна"]
        )
    return made


def write(path: Path, body: list[list[str]], head: list[str] = HEAD, encoding: str = "cp1251") -> Path:
    with path.open("w", newline="", encoding=encoding) as file:
        csv.writer(file, delimiter=";").writerows([head, *body])
    return path


@pytest.fixture
def people(tmp_path: Path) -> Path:
    return write(tmp_path / "люди.csv", rows(1_500))


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig") as file:
        return list(csv.DictReader(file, delimiter=";"))


def test_a_table_is_learnt_from_one_file_and_applied_to_another(people: Path, tmp_path: Path) -> None:
    table, scores = tmp_path / "t.csv", tmp_path / "s.csv"
    done = call("learn", "--people", people, "--outcome", "итог", "--id", "№ клиента", "--out", table)
    assert done.exit_code == 0, done.output
    assert "Выиграна" in done.stdout and "Партнёр" in done.stdout and "AUC" in done.stdout
    head = table.read_text(encoding="utf-8-sig").splitlines()[0]
    assert head.startswith("критерий;условие;баллы")
    other = write(tmp_path / "other.csv", rows(800, seed=2), encoding="utf-8")
    packed = tmp_path / "other.csv.gz"
    packed.write_bytes(gzip.compress(other.read_bytes()))
    done = call("apply", "--table", table, "--people", packed, "--out", scores, "--explain", "--json")
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    scored = read(scores)
    assert told["people"] == len(scored) == 800
    assert [row["№ клиента"] for row in scored] == [f"К-{number}" for number in range(800)]
    for row in scored:
        named = ("№ клиента", "score", "expected", "temperature")
        assert int(row["score"]) == sum(int(value) for key, value in row.items() if key not in named)
    won = [outcome == "Выиграна" for *_, outcome in rows(800, seed=2)]
    assert area([int(row["score"]) for row in scored], won) > 0.72
    warmth = {row["temperature"]: float(row["expected"]) for row in scored}
    assert warmth["hot"] > warmth["cold"]
    again = tmp_path / "again.csv"
    call("apply", "--table", table, "--people", other, "--out", again, "--explain")
    assert again.read_bytes() == scores.read_bytes()


def area(scores: list[int], won: list[bool]) -> float:
    pairs = [
        (a > b) + 0.5 * (a == b)
        for a, x in zip(scores, won, strict=True)
        if x
        for b, y in zip(scores, won, strict=True)
        if not y
    ]
    return sum(pairs) / len(pairs)


def test_levels_never_seen_get_no_points_and_more_columns_are_no_trouble(people: Path, tmp_path: Path) -> None:
    table, scores = tmp_path / "t.csv", tmp_path / "s.csv"
    assert (
        call("learn", "--people", people, "--outcome", "Итог", "--out", table, "--exclude", "№ клиента").exit_code == 0
    )
    body = [["Холодный обзвон", "—", "да", "x"], ["", "", "", ""]]
    other = write(tmp_path / "o.csv", body, ["Источник сделки", "emp.var.rate", 'say "it\'s"; ok', "extra"])
    done = call("apply", "--table", table, "--people", other, "--out", scores)
    assert done.exit_code == 0, done.output
    assert [row["row"] for row in read(scores)] == ["1"]  # an empty row is none


def test_a_column_that_is_missing_is_named(people: Path, tmp_path: Path) -> None:
    table = tmp_path / "t.csv"
    call("learn", "--people", people, "--outcome", "Итог", "--id", "№ клиента", "--out", table)
    other = write(tmp_path / "o.csv", [["Сайт"]], ["Источник сделки"])
    done = call("apply", "--table", table, "--people", other, "--out", tmp_path / "s.csv")
    assert done.exit_code == 2 and "emp.var.rate" in done.stderr
    assert not (tmp_path / "s.csv").exists()


def test_without_a_signal_no_table_is_written_and_the_code_says_so(people: Path, tmp_path: Path) -> None:
    body = rows(900)
    outcomes = [row[-1] for row in body]
    random.Random(4).shuffle(outcomes)
    shuffled = write(tmp_path / "x.csv", [[*row[:-1], won] for row, won in zip(body, outcomes, strict=True)])
    table = tmp_path / "t.csv"
    done = call("learn", "--people", shuffled, "--outcome", "Итог", "--id", "№ клиента", "--out", table)
    assert done.exit_code == 3 and not table.exists()
    assert "Связи" in done.stdout


def test_a_column_of_days_that_cannot_be_read_is_said_and_folds_are_used(people: Path, tmp_path: Path) -> None:
    done = call(
        "learn", "--people", people, "--outcome", "Итог", "--date", "Источник сделки", "--out", tmp_path / "t.csv"
    )
    assert done.exit_code == 0, done.output
    assert "на людях, пришедших позже, нельзя" in " ".join(done.stdout.split())


def test_too_few_people_end_with_the_same_code_and_their_own_reason(tmp_path: Path) -> None:
    few = write(tmp_path / "few.csv", rows(40))
    done = call("learn", "--people", few, "--outcome", "Итог", "--out", tmp_path / "t.csv", "--json")
    assert done.exit_code == 3
    told = json.loads(done.stdout)
    assert told["verdict"] == "too-little" and told["table"] is None and "30" in told["why"]["text"]


@pytest.mark.parametrize("language", ["ru", "uk", "en"])
def test_a_wrong_column_is_refused_in_the_users_language(people: Path, tmp_path: Path, language: str) -> None:
    done = call("learn", "--people", people, "--outcome", "gone", "--out", tmp_path / "t.csv", "--language", language)
    assert done.exit_code == 2 and "gone" in done.stderr and "Источник сделки" in done.stderr
    said = {"ru": "В файле нет", "uk": "У файлі немає", "en": "There is no column"}[language]
    assert said in done.stderr


def test_what_is_not_there_is_said_before_any_work(
    people: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(score_learn, "run_learning", None)
    nowhere = tmp_path / "nowhere" / "t.csv"
    for source, out, named in ((people, nowhere, nowhere.parent), (nowhere, tmp_path / "t.csv", nowhere)):
        done = call("learn", "--people", source, "--outcome", "Итог", "--out", out)
        assert done.exit_code == 2 and str(named) in "".join(done.stderr.split("\n"))


def test_an_outcome_of_numbers_is_refused(people: Path, tmp_path: Path) -> None:
    done = call("learn", "--people", people, "--outcome", "emp.var.rate", "--out", tmp_path / "t.csv")
    assert done.exit_code == 2 and "emp.var.rate" in done.stderr and not (tmp_path / "t.csv").exists()


@pytest.mark.parametrize("body", [b"", b"%PDF-1.4 ...", b"a;b\n"])
def test_a_file_that_is_no_table_is_refused(tmp_path: Path, body: bytes) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes(body)
    assert call("learn", "--people", path, "--outcome", "a", "--out", tmp_path / "t.csv").exit_code == 2


def test_an_unreadable_table_is_refused_with_its_line(people: Path, tmp_path: Path) -> None:
    table = tmp_path / "t.csv"
    table.write_text("criterion;condition;points\na;`Источник сделки` is;5\n", encoding="utf-8")
    done = call("apply", "--table", table, "--people", people, "--out", tmp_path / "s.csv")
    assert done.exit_code == 2 and "2" in done.stderr


# files as people have them

PLAIN = ["id", "source", "budget", "seen", "flag", "note", "won"]


def as_is(text: str) -> str:
    return text


def plain_rows(count: int = 900) -> list[list[str]]:
    draw = random.Random(11)
    made = []
    for number in range(count):
        source, budget = draw.choice(["Реклама", "Партнёр", "Сайт"]), draw.lognormvariate(9, 1)
        flag = draw.random() < 0.4
        day = f"2024-{draw.randint(1, 12):02}-{draw.randint(1, 28):02}"
        odds = 1.2 * (source == "Партнёр") + 0.7 * (math.log(budget) - 9) + 0.6 * flag - 1.3
        won = draw.random() < 1 / (1 + math.exp(-odds))
        note = draw.choice(["звонил, просил «перезвонить»", "долго думал", ""])
        made.append([f"К-{number}", source, f"{budget:.2f}", day, str(int(flag)), note, str(int(won))])
    return made


def written(path: Path, encoding: str = "utf-8", delimiter: str = ",", eol: str = "\r\n", quote: str = "",
            **cells: Callable[[str], str]) -> Path:  # fmt: skip
    with path.open("w", newline="", encoding=encoding) as file:
        quoting = csv.QUOTE_ALL if quote else csv.QUOTE_MINIMAL
        writer = csv.writer(file, delimiter=delimiter, lineterminator=eol, quoting=quoting)
        writer.writerow(PLAIN)
        for row in plain_rows():
            writer.writerow([cells.get(name, as_is)(cell) for name, cell in zip(PLAIN, row, strict=True)])
    return path


def learnt_points(path: Path, folder: Path) -> list[tuple[str, int, int]]:
    done = call(
        "learn",
        "--people",
        path,
        "--outcome",
        "won",
        "--id",
        "id",
        "--date",
        "seen",
        "--out",
        folder / "t.csv",
        "--json",
    )
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert (told["state"], told["people"]) == ("done", 900)
    return [(entry["column"], entry["points"], entry["people"]) for entry in told["criteria"]]


@pytest.fixture(scope="module")
def plain_points(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[str, int, int]]:
    folder = tmp_path_factory.mktemp("plain")
    return learnt_points(written(folder / "p.csv"), folder)


@pytest.mark.parametrize(
    "how",
    [
        {"encoding": "cp1251", "delimiter": ";", "eol": "\n"},
        {"encoding": "utf-16", "delimiter": "\t"},
        {"encoding": "utf-8-sig", "delimiter": "|", "quote": "all"},
        {"won": lambda text: "Да" if text == "1" else "Нет", "flag": lambda text: "1.0" if text == "1" else "0.0"},
        {"won": lambda text: "Closed Won" if text == "1" else "Closed Lost",
         "budget": lambda text: f"{float(text):,.2f}".replace(",", " ").replace(".", ",") + " ₽", "delimiter": ";"},
        {"won": lambda text: "TRUE" if text == "1" else "FALSE", "budget": lambda text: f"${float(text):,.2f}",
         "seen": lambda text: f"{text[5:7]}/{text[8:]}/{text[:4]}", "note": lambda text: text or "N/A"},
        {"won": lambda text: "так" if text == "1" else "ні", "note": lambda text: text.replace(", ", "\n"),
         "seen": lambda text: f"{text[8:]}.{text[5:7]}.{text[2:4]} 10:05"},
    ],
)  # fmt: skip
def test_the_same_people_teach_the_same_points_however_their_file_is_written(
    how: dict[str, Any], plain_points: list[tuple[str, int, int]], tmp_path: Path
) -> None:
    assert learnt_points(written(tmp_path / "p.csv", **how), tmp_path) == plain_points


def test_other_people_are_scored_whatever_the_order_of_their_columns(people: Path, tmp_path: Path) -> None:
    table, body = tmp_path / "t.csv", rows(300, seed=2)
    assert call("learn", "--people", people, "--outcome", "Итог", "--id", "№ клиента", "--out", table).exit_code == 0
    turned = [list(reversed([*row, "ещё"])) for row in body]
    scored = []
    for path in (write(tmp_path / "a.csv", body), write(tmp_path / "b.csv", turned, [*reversed([*HEAD, "лишняя"])])):
        done = call("apply", "--table", table, "--people", path, "--out", tmp_path / "s.csv")
        assert done.exit_code == 0, done.output
        scored.append([(row["№ клиента"], row["score"], row["expected"]) for row in read(tmp_path / "s.csv")])
    assert scored[0] == scored[1] and [person for person, *_ in scored[0]] == [row[0] for row in body]


# how it ends


def test_a_stop_is_no_failure_and_leaves_nothing(people: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stopped(**_: Any) -> None:
        os.kill(os.getpid(), signal.SIGTERM)

    before = signal.getsignal(signal.SIGTERM)
    monkeypatch.setattr(score_learn, "run_learning", stopped)
    done = call("learn", "--people", people, "--outcome", "Итог", "--out", tmp_path / "t.csv", "--json")
    assert (done.exit_code, json.loads(done.stdout)["state"]) == (130, "stopped")
    assert not (tmp_path / "t.csv").exists() and signal.getsignal(signal.SIGTERM) is before


def test_a_learner_that_fails_has_a_code_of_its_own(
    people: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(**_: Any) -> None:
        raise LearningFailed("out of paper")

    monkeypatch.setattr(score_learn, "run_learning", fail)
    done = call("learn", "--people", people, "--outcome", "Итог", "--out", tmp_path / "t.csv")
    assert done.exit_code == 1 and "out of paper" in done.stderr


def test_everything_learn_says_as_json_stands_in_the_docs(people: Path, tmp_path: Path) -> None:
    docs = (Path(__file__).resolve().parents[4] / "docs" / "learning.md").read_text(encoding="utf-8")
    done = call(
        "learn", "--people", people, "--outcome", "Итог", "--id", "№ клиента", "--out", tmp_path / "t.csv", "--json"
    )
    told = json.loads(done.stdout)
    keys = {*told, *told["auc"], *told["bands"][0]} | {key for entry in told["dropped"] for key in entry}
    assert [key for key in sorted(keys) if f"`{key}`" not in docs] == []
