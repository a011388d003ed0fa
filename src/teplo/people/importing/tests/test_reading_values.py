from __future__ import annotations

import time
from zoneinfo import ZoneInfo

import pytest

from teplo.people.importing.full_names import split_full_name
from teplo.people.importing.values import date_order, guess_type, read_flag, read_list, read_moment, read_number

KYIV = ZoneInfo("Europe/Kyiv")


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("15000.00", 15000), ("1 234,56", 1234.56), ("1,234.56", 1234.56), ("1.234,56", 1234.56),
        ("1,234,567", 1234567),
        ("15\u00a0000 ₽", 15000), ("$1,000", 1000), ("0,5", 0.5), ("-5", -5), ("10%", 10), ("1,234", 1234),
        ("12.03.2024", None), ("20000+", None), ("", None), ("нет", None), ("1.2.3", None),
    ],
)  # fmt: skip
def test_numbers_are_read_as_they_are_written_in_three_countries(text: str, number: float | None) -> None:
    assert read_number(text) == number


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("09.01.2025 16:13:00", "2025-01-09T14:13:00+00:00"),
        ("09.01.2025", "2025-01-08T22:00:00+00:00"),
        ("2025-01-09T16:13:00-05:00", "2025-01-09T21:13:00+00:00"),
        ("2025-01-09 16:13", "2025-01-09T14:13:00+00:00"),
        ("Apr 3, 2024", "2024-04-02T21:00:00+00:00"),
        ("3 апреля 2024", "2024-04-02T21:00:00+00:00"),
        ("3 квітня 2024 р.", "2024-04-02T21:00:00+00:00"),
        ("4/13/2024 1:05 PM", "2024-04-13T10:05:00+00:00"),
        ("45631", "2024-12-04T22:00:00+00:00"),
        ("1712130000", "2024-04-03T07:40:00+00:00"),
        ("1712130000000", "2024-04-03T07:40:00+00:00"),
        ("20240131", "2024-01-30T22:00:00+00:00"),
        ("31.02.2024", None), ("не закрыта", None), ("12", None), ("1/2", None), ("", None),
    ],
)  # fmt: skip
def test_dates_are_read_as_they_are_written_in_three_countries(text: str, moment: str | None) -> None:
    read = read_moment(text, order=date_order([text]), zone=KYIV)
    assert (read.isoformat() if read else None) == moment


def test_a_column_tells_whether_the_month_comes_first() -> None:
    assert date_order(["01/02/2024", "01/25/2024"]) == "mdy"
    assert date_order(["01/02/2024", "25/01/2024"]) == "dmy"
    assert read_moment("01/02/2024", order="mdy", zone=ZoneInfo("UTC")).month == 1  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("text", "flag"), [("да", True), ("Так", True), ("Y", True), ("нет", False), ("ні", False), ("?", None)]
)
def test_flags_are_read_in_three_languages(text: str, flag: bool | None) -> None:
    assert read_flag(text) is flag


def test_lists_lose_what_stands_twice() -> None:
    assert read_list("сайт, горячий;сайт") == ["сайт", "горячий"]
    assert read_list(" * a :::  b c \n;, a") == ["* a", "b c", "a"]


def test_a_list_of_wide_gaps_is_read_at_once() -> None:
    begun = time.process_time()
    assert read_list("а" + " " * 100_000 + "б") == ["а" + " " * 100_000 + "б"]
    assert time.process_time() - begun < 1


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (["Y", "N", ""], "boolean"), (["1", "0"], "boolean"), (["1", "2"], "number"), (["1", "1"], "number"),
        (["10,5", "3"], "number"), (["007", "012"], "text"), (["01.02.2024", "2024-01-02"], "date"),
        (["01.02.2024", "не закрыта"], "date"), (["01.02.2024", "скоро"], "text"),
        (["01.02.2024"] * 9 + ["скоро"], "date"), (["ON", "ON"], "text"), (["да", "да"], "boolean"),
        (["a", "b"] * 10, "choice"), ([f"имя {n}" for n in range(30)], "text"),
        ([], "text"), (["", " "], "text"),
    ],
)  # fmt: skip
def test_the_type_of_a_column_follows_from_its_values(values: list[str], kind: str) -> None:
    assert guess_type(values) == kind


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("Петров Иван Сергеевич", ("Иван", "Сергеевич", "Петров")),
        ("Иван Сергеевич Петров", ("Иван", "Сергеевич", "Петров")),
        ("Иван Петров", ("Иван", "", "Петров")),
        ("Петров Иван", ("Иван", "", "Петров")),
        ("Шевченко Тарас", ("Тарас", "", "Шевченко")),
        ("Іваненко Оксана Петрівна", ("Оксана", "Петрівна", "Іваненко")),
        ("Ольга Петровна", ("Ольга", "Петровна", "")),
        ("Olga van Dyck", ("Olga", "", "van Dyck")),
        ("Мария", ("Мария", "", "")),
        ("Smith, John P.", ("John", "P.", "Smith")),
        ("Иванов, Иван Петрович", ("Иван", "Петрович", "Иванов")),
        ("Olga Ivanova (CEO)", ("Olga", "", "Ivanova")),
        ("ИП Иванов Иван Петрович", ("Иван", "Петрович", "Иванов")),
        ("Иванов И. И.", ("", "", "Иванов И. И.")),
        ("г-н Петров", ("", "", "Петров")),
        ("Mr. John Smith", ("John", "", "Smith")),
        ("ООО «Ромашка»", ("", "", "")),
        ("Acme, Inc", ("", "", "")),
        ("  ", ("", "", "")),
    ],
)
def test_a_name_in_one_cell_is_taken_apart(text: str, parts: tuple[str, str, str]) -> None:
    assert split_full_name(text) == parts
