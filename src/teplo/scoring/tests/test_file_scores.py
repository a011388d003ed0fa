"""A table applied to the rows of a plain file."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from teplo.scoring.file_scores import ColumnsMissing, FileScoring, file_vocabulary, read_table_for
from teplo.scoring.people_files import open_people
from teplo.scoring.table_file import Line, write_table

NAMES = ["Возраст", "город", "signup", "moment", "ok"]
ROWS = [
    ["31", "Москва", "03.01.2024", "Feb 2, 2024", "да"],
    ["1 200,5", "москва ", "2024-01-20", "2024-02-02", "no"],
    ["—", "КИЕВ", "", "2024-02-02", ""],
    ["n/a", "unknown", "2023-12-31", "2024-02-02", "да"],
]


def points(*conditions: dict[str, object]) -> list[list[int]]:
    lines = [Line(str(number), condition, 10**number) for number, condition in enumerate(conditions)]
    scored = FileScoring(lines, NAMES).score(enumerate(iter(ROWS), start=2), ROWS)
    return [[int(bool(given)) for given in row.points] for row in scored]


def test_numbers_texts_flags_and_missing_values_compare_as_written_by_people() -> None:
    assert points({"field": "Возраст", "at_least": 31}, {"field": "Возраст", "less": 100}) == [
        [1, 1],
        [1, 0],
        [0, 0],
        [0, 0],
    ]
    assert points({"field": "город", "is": "МОСКВА"}, {"field": "город", "in": ["киев", "unknown"]}) == [
        [1, 0], [1, 0], [0, 1], [0, 1],
    ]  # fmt: skip
    assert points({"field": "ok", "is": True}, {"field": "Возраст", "is_set": False}) == [
        [1, 0],
        [0, 0],
        [0, 1],
        [1, 1],
    ]


def test_a_unit_behind_a_number_does_not_matter() -> None:
    rows = [["45 лет"], ["45"], ["44,9 years"], ["0.045k"], ["лет 45"]]
    lines = [Line("from 45", {"field": "age", "at_least": 45}, 1)]
    assert [row.score for row in FileScoring(lines, ["age"]).score(enumerate(iter(rows)), rows)] == [1, 1, 0, 1, 0]


def test_dates_compare_by_day_and_by_the_days_between_them() -> None:
    assert points({"field": "signup", "before": "2024-01-03"}, {"field": "signup", "after": "2024-01-03"}) == [
        [0, 0], [0, 1], [0, 0], [1, 0],
    ]  # fmt: skip
    age = "days from signup to moment"
    assert points({"field": age, "at_least": 30}, {"field": age, "is_set": False}) == [[1, 0], [0, 0], [0, 1], [1, 0]]


def test_a_score_is_the_sum_of_the_points_of_the_criteria_that_hold() -> None:
    draw = random.Random(3)
    names = ["a", "b"]
    rows = [[str(draw.randint(0, 9)), draw.choice("xyz")] for _ in range(5_000)]
    lines = [
        Line("low", {"field": "a", "less": 5}, 4),
        Line("x", {"field": "b", "is": "x"}, -3),
        Line("mid", {"all": [{"field": "a", "at_least": 3}, {"field": "a", "less": 7}]}, 7),
    ]
    scores = list(FileScoring(lines, names).score(enumerate(iter(rows)), rows))
    assert len(scores) == 5_000
    for (a, b), row in zip(rows, scores, strict=True):
        assert row.score == sum(row.points) == 4 * (int(a) < 5) - 3 * (b == "x") + 7 * (3 <= int(a) < 7)


def test_columns_the_file_has_not_are_named(tmp_path: Path) -> None:
    table = tmp_path / "t.csv"
    lines = [Line("a", {"field": "gone", "is": "x"}, 1), Line("b", {"field": "days from gone to here", "less": 3}, 1)]
    table.write_text(write_table(lines, vocabulary=file_vocabulary(["gone", "here"])), encoding="utf-8")
    with pytest.raises(ColumnsMissing) as refused:
        read_table_for(table, ["here"])
    assert refused.value.missing == ["gone", "days from gone to here"]


def test_a_file_is_opened_with_its_header_found_by_the_column_wanted(tmp_path: Path) -> None:
    path = tmp_path / "p.csv"
    path.write_bytes("отчёт за март\r\n\r\n1;2;2;исход\r\nа;б;в;да\r\n".encode("cp1251"))
    with open_people(path, wanted="Исход") as file:
        assert file.names == ["1", "2", "2 (2)", "исход"]
        assert file.find("ИСХОД") == "исход"
        assert [cells for _, cells in file.rows()] == [["а", "б", "в", "да"]]
