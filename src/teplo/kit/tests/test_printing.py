import subprocess
import sys
import tempfile
from datetime import timedelta
from pathlib import Path

import pytest

import teplo
from teplo.kit.printing import pages
from teplo.kit.printing.pages import PrinterMissing, PrintingFailed, print_pdf
from teplo.kit.printing.testing import fonts_in, text_of


@pytest.fixture
def printer():
    """Whether this machine can print at all is known from one blank page."""
    try:
        print_pdf(html="<p></p>")
    except PrinterMissing as error:
        pytest.skip(f"PDF libraries are missing: {error}")


def test_html_becomes_a_pdf_file(printer):
    assert print_pdf(html="<h1>Встреча</h1>").startswith(b"%PDF-")


def test_a_page_reads_only_the_files_of_its_folder(printer, tmp_path):
    inside, outside = tmp_path / "in", tmp_path / "outside.svg"
    inside.mkdir()
    square = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><text y="9">{}</text></svg>'
    (inside / "own.svg").write_text(square.format("own"))
    outside.write_text(square.format("secret"))
    blank = print_pdf(html="<p></p>", folder=inside)
    own = print_pdf(html='<p></p><img src="own.svg">', folder=inside)
    other = print_pdf(html='<p></p><img src="../outside.svg">', folder=inside)
    assert len(own) > len(blank) + 1000  # the text's font is in it
    assert len(other) < len(blank) + 400


def test_a_page_is_set_in_fonts_of_its_folder_and_leaves_no_file(printer, tmp_path, monkeypatch):
    """The product's own style: its fonts go through files, which the child may write and must not leave."""
    passing = tmp_path / "passing"
    passing.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(passing))
    vendor = Path(teplo.__file__).parent / "web" / "static" / "vendor"
    style = '<link rel="stylesheet" href="font.css">'
    text = "<p style=\"font-family: 'Inter Variable'\">Тёплые люди</p>"
    printed = print_pdf(html=style + text, folder=vendor)
    assert (text_of(printed).strip(), fonts_in(printed)) == ("Тёплые люди", {"Inter-Variable"})
    assert not list(passing.iterdir())


def test_missing_libraries_are_told_from_other_troubles(monkeypatch):
    def answer(code, stderr):
        return lambda *args, **kwargs: subprocess.CompletedProcess(args, code, b"", stderr)

    monkeypatch.setattr(pages.subprocess, "run", answer(3, b"cannot load library 'libpango-1.0-0'"))
    with pytest.raises(PrinterMissing, match="libpango"):
        print_pdf(html="")
    monkeypatch.setattr(pages.subprocess, "run", answer(1, b"broken"))
    with pytest.raises(PrintingFailed, match="broken"):
        print_pdf(html="")


def test_a_page_that_takes_too_long_is_given_up(printer):
    with pytest.raises(PrintingFailed, match="too slow"):
        print_pdf(html="<p></p>", patience=timedelta(milliseconds=5))


def test_the_asking_process_never_loads_the_printer():
    code = "import sys, teplo.kit.printing.pages; sys.exit('weasyprint' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
