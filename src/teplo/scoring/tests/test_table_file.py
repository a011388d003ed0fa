"""Score tables as files: read, written, refused with their places."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.utils import translation

from teplo.conditions.testing import make_vocabulary
from teplo.scoring.file_scores import file_vocabulary
from teplo.scoring.table_file import Band, Line, TableUnreadable, read_bands, read_table, write_table

VOCABULARY = make_vocabulary()
BANDS = [Band(-5, 0.021, "cold"), Band(3, 0.1, "warm"), Band(12, 0.345, "hot")]


def test_a_table_from_a_spreadsheet_is_read(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    rows = (
        "Критерий;Условие;Баллы;Группа\r\n"
        "Москва;city is «Москва»;5;Город\r\n"
        'Смотрел цены;"did ""visited-prices"" at least 2 times in 7 days";+3;\r\n'
        ";attr.бюджет between 100 and 500;–2;\r\n"
    )
    path.write_bytes(rows.encode("cp1251"))
    lines = read_table(path, vocabulary=VOCABULARY)
    assert [(line.points, line.group, line.number) for line in lines] == [(5, "Город", 2), (3, "", 3), (-2, "", 4)]
    assert lines[0].condition == {"field": "city", "is": "Москва"}
    assert lines[1].condition == {"did": "visited-prices", "at_least": 2, "within": "7d"}
    assert lines[2].name  # said from the condition where the file says nothing


def test_the_three_columns_may_stand_without_a_heading() -> None:
    (line,) = read_table("Москва;city is «Москва»;5\n", vocabulary=VOCABULARY)
    assert (line.name, line.points, line.number) == ("Москва", 5, 1)


def test_everything_wrong_is_said_with_its_line_and_column() -> None:
    text = "criterion;condition;points;side\na;city es x;5;\nb;;4;\nc;city is x;many;\nd;town is x;1;up\n"
    with pytest.raises(TableUnreadable) as refused, translation.override("en"):
        read_table(text, vocabulary=VOCABULARY)
    problems = refused.value.problems
    assert [(problem.line, problem.column) for problem in problems] == [
        (2, "condition"), (3, "condition"), (4, "points"), (5, "condition"), (5, "side"),
    ]  # fmt: skip
    assert problems[3].code == "unknown-field" and problems[3].params["field"] == "town"


@pytest.mark.parametrize("text", ["", "\n\n", "a;b\n", "name,other\nx,y\n", "criterion;condition;points\n"])
def test_what_is_no_table_is_refused(text: str) -> None:
    with pytest.raises(TableUnreadable):
        read_table(text, vocabulary=VOCABULARY)


def test_a_file_that_is_not_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_bytes(bytes(range(256)) * 50)
    with pytest.raises(TableUnreadable):
        read_table(path, vocabulary=VOCABULARY)


NAMES = ["emp.var.rate", "Источник сделки", "50% off?", "it's `quoted`", 'say "x"; and «y»', "not", "did"]


@pytest.mark.parametrize("language", ["ru", "uk", "en"])
def test_what_is_written_is_read_back_in_every_language(language: str) -> None:
    vocabulary = file_vocabulary(NAMES)
    conditions = [{"field": name, "in": ["a; b", 'с «кавычками» и "ещё"', "back\\slash", "or"]} for name in NAMES] + [
        {"all": [{"field": NAMES[0], "at_least": -1.5}, {"field": NAMES[0], "less": 1e-07}]},
        {"field": NAMES[1], "between": [3, 4]},
        {"all": [{"field": NAMES[2], "after": "2024-01-31"}, {"field": NAMES[2], "before": "2024-03-01"}]},
        {"field": NAMES[3], "is_set": False},
        {"field": "days from emp.var.rate to Источник сделки", "less": 30},
    ]
    lines = [
        Line(
            f"n; {place}",
            condition,
            place - 3,
            "группа",
            "behaviour" if place % 2 else "",
            bool(place % 2),
            2,
            9,
            30,
            14,
        )
        for place, condition in enumerate(conditions)
    ]
    with translation.override(language):
        text = write_table(lines, vocabulary=vocabulary, bands=BANDS, person="№ клиента")
        back = read_table(text, vocabulary=vocabulary)
    assert [line.condition for line in back] == conditions
    for line, same in zip(lines, back, strict=True):
        said = (line.name, line.points, line.group, line.side, line.is_per_time, line.at_least, line.cap)
        assert said == (same.name, same.points, same.group, same.side, same.is_per_time, same.at_least, same.cap)
        assert (line.window_days, line.half_life_days) == (same.window_days, same.half_life_days)
    assert read_bands(text) == (BANDS, "№ клиента")


def test_conditions_are_written_without_doubled_quotation_marks() -> None:
    line = Line("a", {"field": "city", "in": ["Київ", "Львів"]}, 3)
    text = write_table([line], vocabulary=VOCABULARY)
    assert "city in («Київ», «Львів»)" in text and '""' not in text
