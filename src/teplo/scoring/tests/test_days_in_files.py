"""Weekdays and months of a file's dates are asked of its rows as they were learnt."""

from __future__ import annotations

from teplo.scoring.file_scores import FileScoring
from teplo.scoring.table_file import Line

ROWS = [["2024-03-02"], ["2024-03-04"], ["02.11.2024"], [""], ["later"]]


def points(condition: dict[str, object]) -> list[int]:
    scoring = FileScoring([Line("line", condition, 1, "")], ["signed"])
    return [row.score for row in scoring.score(iter(enumerate(ROWS)), [["2024-03-02"]])]


def test_a_weekday_and_a_month_are_those_of_the_day() -> None:
    assert points({"field": "weekday of signed", "in": ["6", "7"]}) == [1, 0, 1, 0, 0]
    assert points({"field": "month of signed", "is": "3"}) == [1, 1, 0, 0, 0]


def test_a_day_that_is_not_there_is_missing() -> None:
    assert points({"field": "weekday of signed", "is_set": False}) == [0, 0, 0, 1, 1]
