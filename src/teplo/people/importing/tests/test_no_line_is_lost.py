from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from teplo.people.importing.bounds import UnreadableRow
from teplo.people.importing.cutting import Cutter
from teplo.people.importing.refusals import refusals_as_csv
from teplo.people.importing.testing import import_rows
from teplo.people.models import Identity, ImportRefusal

PEOPLE = 60


def lines(*, quoting: int, delimiter: str = ";", count: int = PEOPLE) -> list[str]:
    """A file without line ends in its cells: as many people as lines below the header."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter, quoting=quoting, lineterminator="\n")  # type: ignore[arg-type]
    writer.writerow(["Имя", "Компания", "Почта", "Заметка"])
    for n in range(count):
        company = f'ООО "Ромашка {n}"' if n % 3 == 0 else ""
        writer.writerow([f"Имя {n}", company, f"p{n}@example.com", "да; нет, может" if n % 5 == 0 else "есть"])
    return out.getvalue().splitlines(keepends=True)


def cut(text: str, delimiter: str = ";") -> tuple[Cutter, list[list[str]]]:
    cutter = Cutter(io.StringIO(text, newline=""), delimiter)
    return cutter, list(cutter.rows())


damages = st.lists(
    st.tuples(st.integers(1, PEOPLE), st.integers(0, 40), st.sampled_from(["insert", "remove", "cut"])),
    min_size=1, max_size=3,
)  # fmt: skip


@settings(max_examples=250, deadline=None)
@given(damaged=damages, quoting=st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL]), delimiter=st.sampled_from(";,\t"))
def test_whatever_quotes_are_damaged_every_other_line_is_its_row(
    damaged: list[tuple[int, int, str]], quoting: int, delimiter: str
) -> None:
    whole = lines(quoting=quoting, delimiter=delimiter)
    broken = list(whole)
    for number, place, how in damaged:
        line = broken[number]
        place = min(place, len(line) - 1)
        if how == "insert":
            broken[number] = line[:place] + '"' + line[place:]
        elif how == "cut":
            broken[number] = line[:place] + "\n"
        else:
            quotes = [at for at, char in enumerate(line) if char == '"']
            if quotes:
                at = quotes[place % len(quotes)]
                broken[number] = line[:at] + line[at + 1 :]
    cutter, rows = cut("".join(broken), delimiter)
    assert cutter.lines.taken == len(broken)
    assert len(rows) == len(broken)
    expected = list(csv.reader(whole, delimiter=delimiter))
    hurt = {number for number, _place, _how in damaged}
    for number, (row, right) in enumerate(zip(rows, expected, strict=True)):
        assert number in hurt or row == right


@pytest.mark.django_db
@pytest.mark.parametrize("place", ["first", "middle", "last"])
def test_one_unclosed_quote_costs_at_most_its_own_line(place: str) -> None:
    text = ["Имя;Почта;Город\n"] + [f"Имя{n};p{n}@example.com;Київ\n" for n in range(3000)]
    cell = {"first": 0, "middle": 1, "last": 2}[place]
    cells = text[11].split(";")
    cells[cell] = '"' + cells[cell]
    text[11] = ";".join(cells)
    run = import_rows("".join(text))
    assert (run.state, run.rows_done, run.created + run.refused) == ("done", 3000, 3000)
    assert run.created == 3000
    assert Identity.objects.filter(kind="email", value="p10@example.com").exists()
    assert run.counted["lines"] == 3001


@pytest.mark.django_db
def test_a_line_that_cannot_be_cut_is_refused_with_its_number_and_its_text() -> None:
    text = 'Имя;Почта;Город\nОльга;o@example.com;Київ\n"Иван;i@example.com\nАнна;a@example.com;Львів\n'
    run = import_rows(text)
    assert (run.created, run.updated, run.refused) == (2, 0, 1)
    refusal = ImportRefusal.objects.get(run=run)
    assert (refusal.reason, refusal.params) == ("row-unreadable", {"line": 3})
    assert "Иван;i@example.com" in "".join(refusals_as_csv(run))


@pytest.mark.django_db
def test_new_known_and_refused_rows_are_all_rows_always() -> None:
    text = "Имя;Почта\nОльга;o@example.com\n\nОльга;o@example.com\nИван;нет\n;;;\nАнна;a@example.com\n"
    first = import_rows(text)
    assert (first.created, first.updated, first.refused, first.rows_done) == (2, 1, 1, 4)
    assert (first.counted["lines"], first.counted["empty"]) == (7, 2)
    again = import_rows(text, known="skip")
    assert (again.created, again.updated, again.refused, again.rows_done) == (0, 3, 1, 4)


def test_a_cell_with_line_ends_stays_whole_beside_a_wrong_quote() -> None:
    text = (
        "Имя;Почта;Заметка\n"
        'Ольга;o@example.com;"первая\n\nвторая; с точкой\nтретья"\n'
        'Иван;i@example.com;"не закрыта\n'
        'Анна;a@example.com;"одна\nдве"\n'
        "Пётр;p@example.com;есть\n"
    )
    _, rows = cut(text)
    assert [row[0] for row in rows] == ["Имя", "Ольга", "Иван", "Анна", "Пётр"]
    assert rows[1][2] == "первая\n\nвторая; с точкой\nтретья"
    assert rows[2][2] == "не закрыта"
    assert rows[3][2] == "одна\nдве"


def test_quotes_inside_of_a_name_are_kept() -> None:
    _, rows = cut(
        'Компания;Почта\n"ООО "Ромашка"";o@example.com\n"ТОВ ""Мрія""";m@example.com\n5" труба;t@example.com\n'
    )
    assert [row[0] for row in rows[1:]] == ['ООО "Ромашка"', 'ТОВ "Мрія"', '5" труба']


def test_a_quote_that_opens_the_last_line_is_told() -> None:
    _, rows = cut('Имя;Почта;Город\nОльга;o@example.com;Київ\n"Иван')
    assert isinstance(rows[2], UnreadableRow)
    assert rows[2].params == {"line": 3}


WELL_FORMED = (
    "первая\nвторая; третья; четвёртая",
    "Приходили:\nБорис;;boris@example.com;есть\nи ещё двое",
    "вул. Шевченка, 5\nоф. 12; поверх 3; під'їзд 2\nКиїв",
    "10;20;30;40\n50;60;70;80\nитого",
    'сказал "да"\nи; ушёл; потом; вернулся',
    "\n\n;;;\n;;;",
)


@pytest.mark.parametrize("text", WELL_FORMED)
@pytest.mark.parametrize("column", [0, 1, 3])
@pytest.mark.parametrize("quoting", [csv.QUOTE_ALL, csv.QUOTE_MINIMAL])
def test_a_well_formed_cell_stays_one_whatever_its_lines_look_like(text: str, column: int, quoting: int) -> None:
    rows = [row[:] for row in csv.reader(lines(quoting=csv.QUOTE_MINIMAL), delimiter=";")]
    for number in (3, 20, 59):
        rows[number][column] = text
    out = io.StringIO()
    csv.writer(out, delimiter=";", quoting=quoting, lineterminator="\n").writerows(rows)  # type: ignore[arg-type]
    cutter, read = cut(out.getvalue())
    assert read == rows
    assert cutter.lines.taken == out.getvalue().count("\n")


def test_a_row_within_a_cell_stays_there_if_rows_are_quoted_otherwise() -> None:
    rows = [row[:] for row in csv.reader(lines(quoting=csv.QUOTE_MINIMAL), delimiter=";")]
    rows[5][3] = "Передал:\nБорис;Мрія;boris@example.com;есть"
    out = io.StringIO()
    csv.writer(out, delimiter=";", quoting=csv.QUOTE_ALL, lineterminator="\n").writerows(rows)
    assert cut(out.getvalue())[1] == rows


def test_a_cell_with_line_ends_stays_whole_in_a_row_that_is_short() -> None:
    text = (
        "Имя;Почта;Заметка;Город\n"
        'Ольга;o@example.com;"одна\nдве"\n'
        "Иван;i@example.com;;Київ\n"
        "Анна;a@example.com;;Львів\n"
    )
    _, rows = cut(text)
    assert rows[1:3] == [["Ольга", "o@example.com", "одна\nдве"], ["Иван", "i@example.com", "", "Київ"]]


@pytest.mark.parametrize("column", [0, 1, 3])
def test_two_quotes_that_belong_to_nobody_swallow_nothing_between_them(column: int) -> None:
    rows = [row[:] for row in csv.reader(lines(quoting=csv.QUOTE_MINIMAL), delimiter=";")]
    rows = [[*row[:3], "есть"] for row in rows]
    broken = [";".join(row[:1] + ["Мрія"] + row[2:]) for row in rows]
    for number, mark in ((7, '"{}'), (12, '{}"')):
        cells = broken[number].split(";")
        cells[column] = mark.format(cells[column])
        broken[number] = ";".join(cells)
    cutter, read = cut("\n".join(broken) + "\n")
    assert cutter.lines.taken == len(read) == len(broken)
    assert [row[2] for row in read[1:]] == [f"p{n}@example.com" for n in range(PEOPLE)]


def test_a_quote_that_is_never_closed_costs_nothing_beside_well_formed_cells() -> None:
    text = (
        "Имя;Почта;Заметка\n"
        'Ольга;o@example.com;"звонили;\nБорис;b@example.com;есть\nжду"\n'
        'Иван;i@example.com;"не закрыта\n'
        "Анна;a@example.com;есть\n"
        "Пётр;p@example.com;есть\n"
    )
    _, rows = cut(text)
    assert [row[1] for row in rows[1:]] == ["o@example.com", "i@example.com", "a@example.com", "p@example.com"]
    assert rows[1][2] == "звонили;\nБорис;b@example.com;есть\nжду"


@pytest.mark.django_db
def test_an_import_of_many_lines_in_a_cell_counts_rows_and_lines() -> None:
    note = '"Просил:\nБорис;boris@example.com;позвонить\nутром"'
    people = "".join(f"Имя{n};p{n}@example.com;{note if n % 10 == 0 else 'нет'}\n" for n in range(100))
    run = import_rows(f"Имя;Почта;Заметка\n{people}")
    assert (run.state, run.created, run.refused, run.rows_done) == ("done", 100, 0, 100)
    assert (run.counted["lines"], run.counted["inside"]) == (121, 20)
    assert not Identity.objects.filter(value="boris@example.com").exists()


@pytest.mark.parametrize("piece", [';"x', '"a" b;', '"a;'])
def test_a_long_line_of_wrong_quotes_takes_time_in_proportion_to_its_length(piece: str) -> None:
    _, rows = cut("Имя;Почта;Город\n1;2;3\n" + piece * 200_000 + "\n4;5;6\n")
    assert (rows[1], rows[-1]) == (["1", "2", "3"], ["4", "5", "6"])
