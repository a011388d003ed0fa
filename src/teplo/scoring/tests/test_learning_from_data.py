"""Learning from the measurement data: real calls, real deals, a made-up funnel with planted leaks (issue 3, §8)."""

from __future__ import annotations

import csv
import gzip
import random
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from teplo.scoring.file_scores import FileScoring, file_vocabulary, read_table_for
from teplo.scoring.learning.curves import auc
from teplo.scoring.learning_process import run_learning
from teplo.scoring.people_files import open_people, sidecar_of_file
from teplo.scoring.table_file import Line, write_table

DATA = Path(__file__).resolve().parents[4].parent / "shared" / "data"
pytestmark = [
    pytest.mark.data,
    pytest.mark.once,
    pytest.mark.skipif(not DATA.exists(), reason="the measurement data is not here"),
]


def learn(path: Path, outcome: str, **more: Any) -> dict[str, Any]:
    with open_people(path, wanted=outcome) as file:
        sidecar = sidecar_of_file(
            file, outcome=outcome, person=more.pop("person", None), moment=more.pop("moment", None)
        )
        return run_learning(frame=file.path, options={"sidecar": sidecar, "shape": file.shape.as_json(), **more})


def apply(result: dict[str, Any], path: Path, folder: Path) -> list[int]:
    """Scores of a file by the proposed table, written and read back as a user would."""
    with open_people(path) as file:
        lines = [Line(entry["name"], entry["condition"], entry["points"]) for entry in result["criteria"]]
        table = folder / "table.csv"
        table.write_text(write_table(lines, vocabulary=file_vocabulary(file.names)), encoding="utf-8")
        scoring = FileScoring(read_table_for(table, file.names), file.names)
        return [row.score for row in scoring.score(file.rows(), [])]


def write(path: Path, head: list[str], rows: Iterable[list[str]]) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, delimiter=";").writerows([head, *rows])
    return path


@pytest.fixture(scope="module")
def calls() -> Iterator[tuple[list[str], list[list[str]]]]:
    with gzip.open(DATA / "bank_marketing" / "bank-additional-full.csv.gz", "rt") as file:
        head, *rows = csv.reader(file, delimiter=";")
    yield head, rows


NUMBERS = (
    "age",
    "campaign",
    "pdays",
    "previous",
    "emp.var.rate",
    "cons.price.idx",
    "cons.conf.idx",
    "euribor3m",
    "nr.employed",
)


def whole_regression(head: list[str], learnt: list[list[str]], tested: list[list[str]]) -> float:
    """The AUC of a logistic regression on every column but the leak, unrounded and unselected."""
    numbers = [head.index(name) for name in NUMBERS]
    texts = [at for at, name in enumerate(head) if name not in (*NUMBERS, "duration", "y")]
    scale = StandardScaler().fit([[float(row[at]) for at in numbers] for row in learnt])
    ones = OneHotEncoder(handle_unknown="ignore", sparse_output=False).fit(
        [[row[at] for at in texts] for row in learnt]
    )

    def matrix(rows: list[list[str]]) -> Any:
        straight = scale.transform([[float(row[at]) for at in numbers] for row in rows])
        return np.hstack([straight, ones.transform([[row[at] for at in texts] for row in rows])])

    model = LogisticRegression(max_iter=2_000).fit(matrix(learnt), [row[-1] == "yes" for row in learnt])
    return auc(model.decision_function(matrix(tested)), np.array([row[-1] == "yes" for row in tested]))


def test_a_table_of_calls_orders_people_as_well_as_a_whole_regression(
    calls: tuple[list[str], list[list[str]]], tmp_path: Path
) -> None:
    head, rows = calls
    rows = random.Random(17).sample(rows, 24_000)
    learnt, tested = rows[:12_000], rows[12_000:]
    result = learn(write(tmp_path / "learnt.csv", head, learnt), "y")
    assert result["verdict"] == "proposed" and len(result["criteria"]) <= 25
    assert [leak["column"] for leak in result["leaks"]] == ["duration"]
    (leak,) = result["leaks"]
    assert leak["auc_with"] - leak["auc_without"] > 0.1 and "duration" in leak["text"]
    assert {"poutcome", "pdays"} & {entry["column"] for entry in result["criteria"]}
    assert result["loss"] <= 0.01
    scores = apply(result, write(tmp_path / "tested.csv", head, tested), tmp_path)
    area = auc(scores, np.array([row[-1] == "yes" for row in tested]))
    assert area >= whole_regression(head, learnt, tested) - 0.01
    assert abs(area - result["auc"]["table"][0]) < 0.02  # what was promised


@pytest.mark.parametrize("seed", range(2))
def test_shuffled_calls_are_no_signal(calls: tuple[list[str], list[list[str]]], tmp_path: Path, seed: int) -> None:
    head, rows = calls
    draw = random.Random(seed)
    rows = draw.sample(rows, 3_000)
    outcomes = [row[-1] for row in rows]
    draw.shuffle(outcomes)
    shuffled = [[*row[:-1], won] for row, won in zip(rows, outcomes, strict=True)]
    assert learn(write(tmp_path / "x.csv", head, shuffled), "y")["verdict"] == "no-signal"


@pytest.mark.parametrize("moment", [None, "AQL date"])
def test_closed_deals_are_learnt_from_without_what_was_written_when_they_closed(moment: str | None) -> None:
    result = learn(DATA / "ringostat_deals" / "deals.csv", "Stage", moment=moment)
    assert result["outcome"]["won"] == ["Closed Won"] and result["outcome"]["lost"] == ["Closed Lost"]
    assert result["won"] == 216 and result["people"] == 647 and sum(result["outcome"]["open"].values()) == 248
    leaks = {leak["column"] for leak in result["leaks"]}
    assert {"Subscription period", "Loss reason description", "Closing Date"} <= leaks
    assert result["verdict"] == "proposed" and result["strength"] == "weak"
    assert 0.6 < result["auc"]["table"][0] < 0.75
    assert result["criteria"][0]["points"] and "Source" in {entry["column"] for entry in result["criteria"]}


def test_planted_leaks_of_a_funnel_are_caught_and_the_honest_signal_is_said_to_be_weak(tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    folder = DATA / "leadforge_public"
    outcome = "converted_within_90_days"
    rows = parquet.read_table(folder / "tasks" / outcome / "train.parquet").to_pylist()[:6_000]
    stage = {
        deal["lead_id"]: deal["stage"]
        for deal in parquet.read_table(folder / "tables" / "opportunities.parquet").to_pylist()
    }
    for row in rows:  # as a CRM shows them on the day of the export, long after
        row["current_stage"] = stage.get(row["lead_id"], "mql")
        row["is_sql"] = bool(row[outcome]) or row["current_stage"] in ("negotiation", "proposal_sent")
    head = list(rows[0])
    path = write(
        tmp_path / "leads.csv", head, [["" if row[name] is None else str(row[name]) for name in head] for row in rows]
    )
    result = learn(path, outcome, person="lead_id")
    leaks = {leak["column"]: leak for leak in result["leaks"]}
    assert set(leaks) == {"current_stage", "is_sql", "total_touches_all"}
    assert leaks["total_touches_all"]["beside"] == "touch_count"  # alone it tells nothing
    assert result["verdict"] == "proposed" and result["strength"] == "weak"
    assert 0.58 < result["auc"]["table"][0] < 0.68
    assert not {"account_id", "contact_id"} & {entry["column"] for entry in result["criteria"]}
