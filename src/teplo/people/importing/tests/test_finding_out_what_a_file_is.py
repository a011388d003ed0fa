from __future__ import annotations

import gzip
import io
import zipfile
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import openpyxl
import pytest

from teplo.people.importing.shapes import FileRefused
from teplo.people.importing.shaping import Shape
from teplo.people.importing.tables import count_rows, find_shape, first_rows, read_headers, read_rows, reshape

RUSSIAN = (
    "Имя;Телефон;Комментарий\nОльга Иванова;+7 900 000-00-01;Хочет скидку\n"
    "Пётр Ёлкин;+7 900 000-00-02;Перезвонить в среду\n"
)
UKRAINIAN = "Ім'я;Телефон;Коментар\nОксана Іваненко;+380 50 000 00 01;Їде на зустріч, є питання\n"


def write(path: Path, content: str | bytes, encoding: str = "utf-8") -> Path:
    path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
    return path


def rows_of(path: Path) -> tuple[list[str], list[list[str]], Shape]:
    shape = find_shape(path)
    return read_headers(path, shape), [cells for _, cells in read_rows(path, shape)], shape


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1251", "koi8-r", "cp866", "mac-cyrillic"]
)
def test_russian_is_read_in_every_encoding_people_use(tmp_path: Path, encoding: str) -> None:
    headers, rows, _ = rows_of(write(tmp_path / "a.csv", RUSSIAN * 1, encoding))
    assert headers == ["Имя", "Телефон", "Комментарий"]
    assert rows[1] == ["Пётр Ёлкин", "+7 900 000-00-02", "Перезвонить в среду"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "cp1251", "koi8-u"])
def test_ukrainian_is_read_in_every_encoding_people_use(tmp_path: Path, encoding: str) -> None:
    headers, rows, _ = rows_of(write(tmp_path / "a.csv", UKRAINIAN, encoding))
    assert headers == ["Ім'я", "Телефон", "Коментар"]
    assert rows[0][2] == "Їде на зустріч, є питання"


def test_german_umlauts_are_not_taken_for_cyrillic(tmp_path: Path) -> None:
    text = "Name;Stadt\nJürgen Müller;Köln\nBjörn Weiß;Düsseldorf\n"
    _, rows, shape = rows_of(write(tmp_path / "a.csv", text, "cp1252"))
    assert (rows[0], shape.encoding) == (["Jürgen Müller", "Köln"], "cp1252")


def test_letters_that_come_late_in_a_file_decide_its_encoding(tmp_path: Path) -> None:
    text = "name;city\n" + "Ivan;Kyiv\n" * 60_000 + "Ольга;Москва\n"
    assert find_shape(write(tmp_path / "a.csv", text, "cp1251")).encoding == "cp1251"
    assert find_shape(write(tmp_path / "b.csv", text)).encoding == "utf-8"


def test_a_broken_byte_does_not_turn_utf8_into_something_else(tmp_path: Path) -> None:
    content = (RUSSIAN * 20).encode() + b"\xd0;1;2\n"
    assert find_shape(write(tmp_path / "a.csv", content)).encoding == "utf-8"


@pytest.mark.parametrize("delimiter", [";", ",", "\t", "|"])
def test_the_delimiter_is_found_although_others_stand_in_the_text(tmp_path: Path, delimiter: str) -> None:
    text = RUSSIAN.replace(";", delimiter).replace("Хочет скидку", '"да; нет, но | может\tбыть"')
    _, rows, shape = rows_of(write(tmp_path / "a.csv", text))
    assert shape.delimiter == delimiter
    assert rows[0][2] == "да; нет, но | может\tбыть"


def test_a_sep_line_is_obeyed_and_is_no_row(tmp_path: Path) -> None:
    headers, rows, shape = rows_of(write(tmp_path / "a.csv", "sep=|\r\n" + RUSSIAN.replace(";", "|")))
    assert (shape.delimiter, headers[0], len(rows)) == ("|", "Имя", 2)


def test_rows_wrapped_whole_in_quotes_are_unwrapped(tmp_path: Path) -> None:
    text = '"Имя,Почта,Город"\n"Ольга,olga@example.com,""Москва, центр"""\n"Иван,ivan@example.com,Киев"\n'
    headers, rows, shape = rows_of(write(tmp_path / "a.csv", text))
    assert shape.is_wrapped
    assert headers == ["Имя", "Почта", "Город"]
    assert rows == [["Ольга", "olga@example.com", "Москва, центр"], ["Иван", "ivan@example.com", "Киев"]]


def test_quoted_line_breaks_stay_in_their_cell_and_count_as_one_row(tmp_path: Path) -> None:
    text = 'Имя;Комментарий\nОльга;"первая\nвторая; ""да"""\nИван;нет\n'
    path = write(tmp_path / "a.csv", text)
    numbered = list(read_rows(path, find_shape(path)))
    assert numbered == [(2, ["Ольга", 'первая\nвторая; "да"']), (3, ["Иван", "нет"])]


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_any_line_ending_will_do(tmp_path: Path, ending: str) -> None:
    _, rows, _ = rows_of(write(tmp_path / "a.csv", RUSSIAN.replace("\n", ending)))
    assert len(rows) == 2


def test_a_title_above_the_header_is_stepped_over(tmp_path: Path) -> None:
    text = "Участники выставки;;\n;;\nФИО;Телефон;E-mail\nОльга Иванова;+79000000001;o@example.com\n"
    headers, rows, shape = rows_of(write(tmp_path / "a.csv", text))
    assert (shape.header_row, headers, len(rows)) == (2, ["ФИО", "Телефон", "E-mail"], 1)


def test_a_list_of_addresses_without_header_keeps_its_first_row(tmp_path: Path) -> None:
    headers, rows, shape = rows_of(write(tmp_path / "a.txt", "olga@example.com\nivan@example.com\n"))
    assert (shape.header_row, headers, rows) == (-1, [""], [["olga@example.com"], ["ivan@example.com"]])


def test_empty_rows_are_left_out_but_counted_in_the_numbers(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", "Имя;Почта\n\nОльга;o@example.com\n;;\n\nИван;i@example.com\n")
    shape = find_shape(path)
    assert [number for number, _ in read_rows(path, shape)] == [3, 6]
    assert count_rows(path, shape) == 2


def test_a_quote_that_is_never_closed_is_a_mere_character(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", "Имя;Почта\nОльга;o@example.com\n" + 'Иван;"' + "очень длинно\n" * 30_000)
    rows = list(read_rows(path, find_shape(path)))
    assert rows[0][1] == ["Ольга", "o@example.com"]
    assert rows[1] == (3, ["Иван", "очень длинно"])
    assert len(rows) == 30_001


def test_zeros_in_a_text_are_left_out(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", b"name;email\nOl\x00ga;o@example.com\n" + b"Ivan;i@example.com\n" * 50)
    assert first_rows(path, find_shape(path), limit=1)[0][1][0] == "Olga"


def workbook(path: Path, rows: list[list[object]], *, before: str = "") -> Path:
    book = openpyxl.Workbook()
    sheet = book.active
    if before:
        sheet.title = before
        sheet = book.create_sheet("Люди")
    for row in rows:
        sheet.append(row)
    book.save(path)
    return path


def test_an_xlsx_is_read_by_its_content_whatever_its_name(tmp_path: Path) -> None:
    rows = [["Имя", "Телефон", "Дата", "Сумма"], ["Ольга", 79000000001, datetime(2024, 4, 3, 10, 5), 10.5]]
    headers, found, shape = rows_of(workbook(tmp_path / "a.csv", rows))
    assert shape.format == "xlsx"
    assert headers == ["Имя", "Телефон", "Дата", "Сумма"]
    assert found == [["Ольга", "79000000001", "2024-04-03 10:05:00", "10.5"]]


def test_an_empty_first_sheet_is_stepped_over(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", [["Имя", "Почта"], ["Ольга", "o@example.com"]], before="Пусто")
    shape = find_shape(path)
    assert (shape.sheet, shape.sheets) == ("Люди", ("Пусто", "Люди"))


def test_a_web_page_named_csv_is_read_as_its_table(tmp_path: Path) -> None:
    page = (
        '<html><head><meta charset="utf-8"></head><body><table><tr><th>Имя</th><th>Почта</th></tr>'
        "<tr><td>Ольга&nbsp;&amp;&nbsp;Ко</td><td>o@example.com<br>p@example.com</td></tr></table></body></html>"
    )
    headers, rows, shape = rows_of(write(tmp_path / "a.csv", page))
    assert (shape.format, headers) == ("html", ["Имя", "Почта"])
    assert rows == [["Ольга & Ко", "o@example.com\np@example.com"]]


def gzipped() -> bytes:
    return gzip.compress(RUSSIAN.encode())


def zipped() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("a.csv", RUSSIAN)
    return out.getvalue()


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty"),
        (b"\xef\xbb\xbf \r\n", "empty"),
        (b";;;\n;;;\n", "empty"),
        (bytes(range(256)) * 40, "binary"),
        (b"PAR1" + bytes(500), "binary"),
        (b"%PDF-1.7 ...", "pdf"),
        (gzipped(), "archive"),
        (zipped(), "archive"),
        (b"PK\x03\x04 cut off", "sheet"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "sheet"),
        (b'{"people": [{"name": "Olga"}]}', "json"),
        (b"<!DOCTYPE html><html><body><h1>Sign in</h1></body></html>", "page"),
    ],
)
def test_what_is_no_table_is_refused_with_its_reason(tmp_path: Path, content: bytes, code: str) -> None:
    with pytest.raises(FileRefused) as refusal:
        find_shape(write(tmp_path / "list.csv", content))
    assert refusal.value.code == code
    assert len(str(refusal.value)) >= 10


def test_a_file_that_is_gone_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(FileRefused) as refusal:
        find_shape(tmp_path / "nothing.csv")
    assert refusal.value.code == "gone"


def test_a_human_may_correct_the_encoding_and_the_header(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", RUSSIAN, "cp1251")
    wrong = reshape(path, find_shape(path), encoding="koi8-u")
    assert read_headers(path, wrong)[0] != "Имя"
    right = reshape(path, wrong, encoding="cp1251", header_row=1)
    assert read_headers(path, right)[0] == "Ольга Иванова"


def test_a_shape_survives_its_storing(tmp_path: Path) -> None:
    shape = find_shape(workbook(tmp_path / "a.xlsx", [["Имя", "Почта"], ["Ольга", "o@example.com"]]))
    assert Shape.from_json(shape.as_json()) == shape


def test_a_stored_spreadsheet_without_any_ending_is_read(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", [["Имя", "Почта"], ["Ольга", "o@example.com"]])
    assert find_shape(path.rename(tmp_path / "20260101-abcdef")).format == "xlsx"


@pytest.mark.parametrize("by_row", [False, True])
def test_small_and_large_spreadsheets_are_read_alike(tmp_path: Path, by_row: bool) -> None:
    rows: list[list[object]] = [
        [], [None, None], [None, "Имя", "Почта", "Дата", "Да?", "Число"],
        [None, "Ольга", "o@example.com", datetime(2024, 4, 3), True, 12], [],
        [None, "Иван", None, datetime(2024, 4, 3, 1, 2, 3), False, 1.25],
    ]  # fmt: skip
    path = workbook(tmp_path / "a.xlsx", rows)
    shape = replace(find_shape(path), by_row=by_row)
    assert shape.header_row == 2
    assert read_headers(path, shape)[1:] == ["Имя", "Почта", "Дата", "Да?", "Число"]
    assert [(number, cells[1:]) for number, cells in read_rows(path, shape)] == [
        (4, ["Ольга", "o@example.com", "2024-04-03", "true", "12"]),
        (6, ["Иван", "", "2024-04-03 01:02:03", "false", "1.25"]),
    ]
    assert count_rows(path, shape) in (2, 3)


def test_words_of_headings_in_the_rows_are_not_taken_for_the_header(tmp_path: Path) -> None:
    text = "Кто это;Чем болеет;Связь\nОльга;Компания;Telegram\nИван;Город;Телефон\nАнна;Сайт;Почта\n"
    headers, rows, _ = rows_of(write(tmp_path / "a.csv", text))
    assert (headers, len(rows)) == (["Кто это", "Чем болеет", "Связь"], 3)
