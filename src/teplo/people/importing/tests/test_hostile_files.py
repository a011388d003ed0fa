from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.utils import translation

from teplo.jobs.testing import run_all_jobs
from teplo.kit.confined.limits import Limits
from teplo.people.importing import tables
from teplo.people.importing.shapes import FileRefused
from teplo.people.importing.starting import resume_import, start_import
from teplo.people.importing.testing import import_rows, make_import
from teplo.people.models import ImportRefusal, ImportRun, Person

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
LINKS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PARTS = "http://schemas.openxmlformats.org/package/2006"
ODF = "urn:oasis:names:tc:opendocument:xmlns"


def xlsx(sheet: str | bytes, *, before: str = "", strings: bytes = b"") -> bytes:
    """The least of a spreadsheet: one sheet of these rows."""
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    parts: dict[str, str | bytes] = {
        "[Content_Types].xml": f'<Types xmlns="{PARTS}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{kind}.sheet.main+xml"/>'
        f'<Override PartName="/xl/sharedStrings.xml" ContentType="{kind}.sharedStrings+xml"/>'
        f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{kind}.worksheet+xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{PARTS}/relationships"><Relationship Id="rId1" Type="{LINKS}/'
        'officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{LINKS}"><sheets><sheet name="S" sheetId="1" '
        'r:id="rId1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{PARTS}/relationships"><Relationship Id="rId1" '
        f'Type="{LINKS}/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="rId2" Type="{LINKS}/sharedStrings"'
        ' Target="sharedStrings.xml"/></Relationships>',
        "xl/sharedStrings.xml": strings or f'<sst xmlns="{MAIN}"/>',
        "xl/worksheets/sheet1.xml": before.encode() + f'<worksheet xmlns="{MAIN}"><sheetData>'.encode()
        + (sheet.encode() if isinstance(sheet, str) else sheet) + b"</sheetData></worksheet>",
    }  # fmt: skip
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return out.getvalue()


def row(number: int, **cells: str) -> str:
    inner = "".join(
        f'<c r="{column}{number}" t="inlineStr"><is><t>{text}</t></is></c>' for column, text in cells.items()
    )
    return f'<row r="{number}">{inner}</row>'


HEAD = row(1, A="Имя", B="Почта") + row(2, A="Ольга", B="o@example.com")


def ods(rows: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr(
            "META-INF/manifest.xml",
            f'<manifest:manifest xmlns:manifest="{ODF}:manifest:1.0"><manifest:file-entry manifest:full-path="/" '
            'manifest:media-type="application/vnd.oasis.opendocument.spreadsheet"/></manifest:manifest>',
        )
        archive.writestr(
            "content.xml",
            f'<office:document-content xmlns:office="{ODF}:office:1.0" xmlns:table="{ODF}:table:1.0" '
            f'xmlns:text="{ODF}:text:1.0"><office:body><office:spreadsheet><table:table table:name="S">{rows}'
            "</table:table></office:spreadsheet></office:body></office:document-content>",
        )
    return out.getvalue()


def ods_row(*texts: str, repeated: str = "") -> str:
    cells = "".join(
        f'<table:table-cell office:value-type="string"><text:p>{text}</text:p></table:table-cell>' for text in texts
    )
    return f"<table:table-row{repeated}>{cells}</table:table-row>"


def code_of(content: bytes, tmp_path: Path) -> str:
    path = tmp_path / "file"
    path.write_bytes(content)
    with pytest.raises(FileRefused) as refusal:
        looked = tables.look(path)
        list(tables.read_rows(path, looked.shape))
    for language in ("ru", "uk", "en"):
        with translation.override(language):
            assert len(str(refusal.value)) > 20
    return refusal.value.code


@pytest.mark.django_db
def test_a_value_in_the_last_cell_of_a_sheet_costs_its_row_only() -> None:
    content = xlsx(HEAD + row(3, A="Иван", B="i@example.com") + row(1_048_576, XFD="далеко"))
    assert len(content) < 2500
    run = import_rows(content)
    assert (run.state, run.created, run.refused) == ("done", 2, 1)
    refusal = ImportRefusal.objects.get(run=run)
    assert (refusal.row_number, refusal.reason, refusal.params["place"]) == (1_048_576, "too-wide", "XFD1048576")


def test_a_header_too_wide_is_refused_with_its_last_cell(tmp_path: Path) -> None:
    wide = ",".join(f"c{n}" for n in range(60_000)) + "\n" + ",".join(["x"] * 60_000) + "\n"
    path = tmp_path / "wide.csv"
    path.write_text(wide)
    with pytest.raises(FileRefused) as refusal:
        tables.look(path)
    assert refusal.value.code == "too-wide"
    with translation.override("en"):
        assert str(refusal.value) == "There is a value in cell CJSR1: a table may have 1000 columns at most."


def test_a_thousand_columns_are_taken(tmp_path: Path) -> None:
    path = tmp_path / "wide.csv"
    path.write_text(",".join(f"c{n}" for n in range(1000)) + "\n" + ",".join(["x"] * 1000) + "," * 500 + "\n")
    looked = tables.look(path)
    assert (len(looked.headers), len(looked.rows[0][1])) == (1000, 1000)


@pytest.mark.django_db
def test_a_giant_cell_costs_its_row_only() -> None:
    giant = xlsx(HEAD + row(3, A="я" * 3_000_000, B="g@example.com") + row(4, A="Иван", B="i@example.com"))
    run = import_rows(giant)
    assert (run.state, run.created, run.refused) == ("done", 2, 1)
    refusal = ImportRefusal.objects.get(run=run)
    assert (refusal.row_number, refusal.reason, refusal.params["place"]) == (3, "cell-too-long", "A3")


@pytest.mark.django_db
def test_a_giant_line_costs_itself_only() -> None:
    content = "Имя;Почта\nОльга;o@example.com\n" + "я" * 9_000_000 + ";g@example.com\nИван;i@example.com\n"
    run = import_rows(content)
    assert (run.state, run.created, run.refused) == ("done", 2, 1)
    assert ImportRefusal.objects.get(run=run).params == {"line": 3}


def test_a_sheet_that_unpacks_to_too_much_is_refused(tmp_path: Path) -> None:
    bomb = io.BytesIO(xlsx(HEAD))
    with zipfile.ZipFile(bomb, "a", zipfile.ZIP_DEFLATED) as archive:
        for part in range(6):
            archive.writestr(f"xl/media/picture{part}.bin", bytes(100_000_000))
    assert code_of(bomb.getvalue(), tmp_path) == "bomb"


def test_a_part_that_lies_about_its_size_is_held_by_memory_or_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tables, "_limits", lambda path: Limits(memory_mb=300, cpu_seconds=30))
    strings = f'<sst xmlns="{MAIN}">'.encode() + b"<si><t>abcdefgh</t></si>" * 8_000_000 + b"</sst>"
    content = bytearray(xlsx(HEAD, strings=strings))
    real = len(strings).to_bytes(4, "little")
    assert content.count(real) == 2
    assert code_of(bytes(content.replace(real, (1000).to_bytes(4, "little"))), tmp_path) in (
        "memory",
        "too-slow",
        "sheet",
    )


@pytest.mark.parametrize("depth", [10, 200_000])
def test_a_pile_of_entities_or_of_tags_is_no_table(tmp_path: Path, depth: int) -> None:
    laughs = (
        '<!DOCTYPE x [<!ENTITY a0 "ha">'
        + "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 11))
        + "]>"
    )
    nested = "<is>" * depth + "</is>" * depth
    content = xlsx(HEAD + f'<row r="3"><c r="A3" t="inlineStr"><is><t>&a10;</t></is>{nested}</c></row>', before=laughs)
    path = tmp_path / "file"
    path.write_bytes(content)
    try:
        looked = tables.look(path)
    except FileRefused as refusal:
        assert refusal.code == "sheet"
    else:
        assert all(len(cell) < 100 for _, cells in looked.rows for cell in cells)


def test_a_row_said_to_be_repeated_a_million_times_is_held_or_read(tmp_path: Path) -> None:
    many = ' table:number-rows-repeated="1048576"'
    wide = (
        '<table:table-row table:number-rows-repeated="1048000"><table:table-cell table:number-columns-repeated="16384" '
    )
    wide += 'office:value-type="string"><text:p>x</text:p></table:table-cell></table:table-row>'
    assert code_of(ods(ods_row("Имя", "Почта") + wide), tmp_path) in ("memory", "too-slow", "sheet")
    path = tmp_path / "gaps"
    path.write_bytes(ods(ods_row("Имя", "Почта") + ods_row("Ольга", "o@example.com") + ods_row("", repeated=many)))
    assert [cells for _, cells in tables.look(path).rows] == [["Ольга", "o@example.com"]]


def test_a_million_empty_rows_are_stepped_over(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(xlsx(HEAD + row(1_048_576, A="Иван", B="i@example.com")))
    looked = tables.look(path)
    assert list(tables.read_rows(path, looked.shape)) == [
        (2, ["Ольга", "o@example.com"]),
        (1_048_576, ["Иван", "i@example.com"]),
    ]


@pytest.mark.django_db
def test_a_reader_that_dies_halfway_leaves_an_import_that_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    run = make_import("Имя;Почта\n" + "".join(f"Имя{n};p{n}@example.com\n" for n in range(3000)))
    real = tables.stream

    def die(function: str, *args: object, limits: Limits) -> Iterator[object]:
        for place, batch in enumerate(real(function, *args, limits=limits)):
            if function.endswith(":rows") and place == 9:
                raise tables.Overran("memory", limits)
            yield batch

    monkeypatch.setattr(tables, "stream", die)
    start_import(run)
    run_all_jobs()
    run.refresh_from_db()
    assert run.state == "failed"
    taken = run.rows_done
    monkeypatch.setattr(tables, "stream", real)
    assert resume_import(run)
    run_all_jobs()
    run.refresh_from_db()
    assert (run.state, run.created, run.refused, Person.objects.count()) == ("done", 3000, 0, 3000)
    assert taken in (0, 2000)
    assert ImportRun.objects.count() == 1


@pytest.mark.parametrize(
    ("beginning", "megabytes", "seconds"), [(b"a;b\n", 0, 90), (b"a;b\n", 30, 180), (b"PK\x03\x04", 30, 780)]
)
def test_a_reader_has_time_by_what_its_file_unpacks_to(
    tmp_path: Path, beginning: bytes, megabytes: int, seconds: int
) -> None:
    path = tmp_path / "file"
    with path.open("wb") as file:
        file.write(beginning)
        file.truncate(max(len(beginning), megabytes * 1_000_000))
    limits = tables._limits(path)
    assert (limits.cpu_seconds, limits.patience) == (seconds, 2 * seconds)
