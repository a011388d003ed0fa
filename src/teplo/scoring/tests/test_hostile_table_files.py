"""A score table's file from a stranger: read apart and within limits; what is over says so, with its line."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from django.utils import translation

from teplo.conditions.registry import people
from teplo.config import wiring
from teplo.scoring import table_rows
from teplo.scoring.table_exchange import read_sheet
from teplo.scoring.table_file import TableUnreadable, read_table

pytestmark = pytest.mark.django_db
HEAD = "criterion;condition;points\n"
GOOD = HEAD + "Kyiv;city is «Київ»;5\n"


@pytest.fixture(autouse=True)
def wired() -> None:
    wiring.assemble()


def said_of(source: Path | str) -> tuple[int, str]:
    with translation.override("en"), pytest.raises(TableUnreadable) as refused:
        read_sheet(source)
    (problem,) = refused.value.problems
    return problem.line, problem.reason


HOSTILE = {
    "long-cell": (HEAD + f"a;city is «{'x' * 20_000}»;5\n", 2, "10,000 characters"),
    "unclosed": (HEAD + 'a;"city is x;5\n' + "b;city is y;5\n" * 40_000, 2, "10,000 characters"),
    "wide": (HEAD + "a;city is x;5" + ";" * 60_000 + "\n", 2, "60 cells"),
    "rows": (HEAD + "a;city is x;5\n" * 6_000, 5_001, "5,000 rows"),
    "large": (HEAD + "a;city is x;5\n" * 400_000, 1, "5 MB"),
    "one-line": (HEAD + "x" * 4_000_000, 2, "10,000 characters"),
    "delimiters": (";" * 4_000_000, 1, "is empty"),
}


@pytest.mark.parametrize("kind", HOSTILE)
@pytest.mark.parametrize("is_file", [True, False])
def test_what_is_over_the_limits_is_refused_in_words(kind: str, is_file: bool, tmp_path: Path) -> None:
    text, line, words = HOSTILE[kind]
    path = tmp_path / "table.csv"
    path.write_text(text)
    start = time.monotonic()
    found, reason = said_of(path if is_file else text)
    assert (found, words.replace(",", "") in reason.replace(",", "").replace("\u202f", "")) == (line, True), reason
    assert time.monotonic() - start < 20


def test_a_file_is_read_in_a_process_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "table.csv"
    path.write_bytes(GOOD.encode("cp1251"))
    monkeypatch.setattr(table_rows, "read_file", None)  # of this process: nobody calls it
    (line,) = read_table(path, vocabulary=people())
    assert (line.condition, line.points) == ({"field": "city", "is": "Київ"}, 5)


@pytest.mark.parametrize("content", [b"\x00" * 5000, bytes(range(256)) * 50, b"PK\x03\x04" + bytes(range(32)) * 400])
def test_what_is_no_text_is_refused(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_bytes(content)
    assert said_of(path) == (1, "this is not a text file; save the table as CSV")


def test_a_file_that_is_not_there_or_no_file_is_refused(tmp_path: Path) -> None:
    assert said_of(tmp_path / "none.csv")[0] == 1
    assert said_of(tmp_path)[0] == 1


def test_a_large_honest_table_is_read_in_seconds(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text(HEAD + "".join(f"n{n};city is «{'a ' * 400}{n}»;{n}\n" for n in range(1_000)))
    start = time.monotonic()
    assert len(read_table(path, vocabulary=people())) == 1_000
    assert time.monotonic() - start < 20
