from __future__ import annotations

import csv
import io

import pytest
from django.utils import translation

from teplo.people.importing.refusals import TEXTS, Refusal, refusals_as_csv
from teplo.people.importing.testing import import_rows

pytestmark = pytest.mark.django_db

CONTENT = "Имя;Почта;Заметка\nОльга;;=1+1\nИван;i@example.com;\nАнна;абв;@SUM(A1)\n"


def file_of(language: str) -> list[list[str]]:
    run = import_rows(CONTENT)
    with translation.override(language):
        text = "".join(refusals_as_csv(run))
    assert text.startswith("\ufeff")
    return list(csv.reader(io.StringIO(text[1:]), delimiter=";"))


def test_the_file_has_row_number_reason_and_the_cells_as_they_were() -> None:
    head, first, second = file_of("ru")
    assert head == ["Строка", "Итог", "Причина", "Имя", "Почта", "Заметка"]
    assert first[:2] == ["2", "не взята"]
    assert first[3:5] == ["Ольга", ""]
    assert second[0] == "4" and "«абв»" in second[2]


def test_reasons_are_in_the_readers_language() -> None:
    reasons = {language: file_of(language)[1][2] for language in ("ru", "uk", "en")}
    assert len(set(reasons.values())) == 3
    assert reasons["en"].startswith("There is no contact in the row")


def test_a_spreadsheet_calculates_nothing_of_it() -> None:
    _, first, second = file_of("ru")
    assert first[5] == "'=1+1"
    assert second[5] == "'@SUM(A1)"


def test_mended_rows_can_be_imported_again() -> None:
    text = (
        "\n".join(";".join(row) for row in file_of("ru")).replace("'=1+1", "").replace("Ольга;", "Ольга;o@example.com")
    )
    assert import_rows(text).created == 1


@pytest.mark.parametrize("reason", sorted(TEXTS))
@pytest.mark.parametrize("language", ["ru", "uk", "en"])
def test_every_reason_can_be_said(reason: str, language: str) -> None:
    params = {"text": "x", "column": "y", "cells": 3, "headers": 2, "line": 4, "place": "B4", "limit": 5}
    with translation.override(language):
        assert "%(" not in str(Refusal(reason, params))
