"""A score table goes out as a spreadsheet and comes back the same; what cannot be read is named by line and column."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.utils import translation

from teplo.people.testing import make_attribute
from teplo.scoring import presets
from teplo.scoring.models import ScoreTable, TableState
from teplo.scoring.table_exchange import read_sheet, write_sheet
from teplo.scoring.table_file import TableUnreadable
from teplo.scoring.tables import save_draft
from teplo.scoring.testing import behaviour, fit, make_table
from teplo.tracking.models import Activity

pytestmark = pytest.mark.django_db


BUDGET = {"field": "attr.budget", "between": [1, 5]}


def activity(key: str) -> int:
    return Activity.objects.get(key=key).pk


def rows(table: ScoreTable) -> list[dict[str, Any]]:
    return [{name: getattr(row, name) for name in _NAMES} for row in table.criteria.order_by("position", "id")]


_NAMES = (
    "side", "group", "name", "condition", "activity_id", "points", "is_per_time", "at_least", "cap", "window_days",
    "half_life_days",
)  # fmt: skip


def copied(table: ScoreTable) -> ScoreTable:
    sheet = read_sheet(write_sheet(table))
    draft = ScoreTable.objects.create(name="copy")
    assert sheet.warm_from is not None and sheet.hot_from is not None
    save_draft(table=draft, name="copy", warm_from=sheet.warm_from, hot_from=sheet.hot_from, note="", lines=sheet.lines)
    draft.refresh_from_db()
    return draft


def refusal(text: str, language: str) -> str:
    """Why a sheet cannot be read, in a language."""
    with translation.override(language):
        with pytest.raises(TableUnreadable) as refused:
            read_sheet(text)
        return str(refused.value)


@pytest.mark.parametrize("language", ["ru", "uk", "en"])
def test_the_preset_goes_out_and_comes_back_the_same(language: str) -> None:
    with translation.override(language):
        presets.install(state=TableState.DRAFT)
        table = ScoreTable.objects.order_by("-created_at")[0]
        copy = copied(table)
        assert rows(copy) == rows(table)
    assert (copy.warm_from, copy.hot_from) == (table.warm_from, table.hot_from)


def test_everything_a_criterion_may_say_comes_back() -> None:
    make_attribute(key="budget", type="number", names={"en": "Budget; all of it"})
    video = activity("video-watched")
    table = make_table(
        fit({"all": [{"field": "city", "is": 'The "big"; city'}, {"not": BUDGET}]}, -4),
        fit({"did": "form-submitted", "within": "7d"}, 1, name="A deed that says who he is"),
        fit({"any": [{"did_not": "video-watched", "within": "2mo"}, {"stage": "pal"}]}, 2, side="behaviour"),
        fit({"field": "position", "contains": "#director"}, 3, name="# not a note", group="Position"),
        behaviour(video, 2, is_per_time=True, cap=6, window_days=30, half_life_days=10),
        behaviour(video, -7, at_least=3, window_days=14, cap=-7),
        warm_from=-5, hot_from=7,
    )  # fmt: skip
    copy = copied(table)
    assert rows(copy) == rows(table)
    assert (copy.warm_from, copy.hot_from) == (-5, 7)


def test_a_plain_sheet_of_three_columns_is_enough(tmp_path: Path) -> None:
    file = tmp_path / "table.csv"
    file.write_text(
        "Критерий;Условие;Баллы\nМосква;city это Москва;+5\n"
        "Смотрел видео;did «video-watched» at least 2 times in 2 weeks;-3\n"
        "Оба;city это Москва и делал «video-watched»;1\n",
        encoding="cp1251", errors="replace",
    )  # fmt: skip
    sheet = read_sheet(file)
    assert (sheet.warm_from, sheet.hot_from) == (None, None)
    city, video, both = sheet.lines
    assert (city.side, city.points, city.condition) == ("fit", 5, {"field": "city", "is": "Москва"})
    assert (video.side, video.activity_id, video.at_least, video.window_days) == (
        "behaviour", activity("video-watched"), 2, 14,
    )  # fmt: skip
    assert both.side == "behaviour" and both.activity_id is None


def test_all_that_is_wrong_is_named_by_line_and_column() -> None:
    text = (
        "criterion;condition;points;cap;window\n"
        "A;city is;5;;\n"
        "B;city is Kyiv;many;;\n"
        "C;nose is long;1;;\n"
        "D;did no-such-thing;1;;\n"
    )
    said = refusal(text, "en").splitlines()
    assert [line.partition(":")[0] for line in said] == [
        "line 2, condition", "line 3, points", "line 4, condition", "line 5, condition",
    ]  # fmt: skip
    russian = refusal(text, "ru").splitlines()
    assert russian[0].startswith("строка 2, условие: знак 8: ожидается: значение")
    assert "нет поля «nose»" in russian[2]


@pytest.mark.parametrize(
    ("line", "place"),
    [
        ("A;city is Kyiv;5;10;", "line 2, condition"),
        ("A;score > 5;5;;", "line 2, condition"),
        ("A;city is Kyiv;20000;;", "line 2, points"),
        ("A;did video-watched;5;;9999", "line 2, window, days"),
    ],
)
def test_what_a_table_does_not_allow_is_said_of_the_line(line: str, place: str) -> None:
    assert refusal(f"criterion;condition;points;cap;window\n{line}\n", "en").startswith(f"{place}: ")


def test_thresholds_come_from_the_bands_of_a_learnt_table() -> None:
    text = (
        "criterion;condition;points\nA;city is Kyiv;5\n\nscore from;expected conversion;temperature\n"
        "-3;1%;cold\n2;5%;warm\n4;9%;warm\n7;20%;hot\n9;40%;hot\n"
    )
    sheet = read_sheet(text)
    assert (sheet.warm_from, sheet.hot_from) == (2, 7)
