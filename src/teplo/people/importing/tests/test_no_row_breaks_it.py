from __future__ import annotations

import csv
import io
import random

import pytest

from teplo.people.importing.columns import FOR_EVENTS, FOR_PEOPLE, Column, ColumnMapping
from teplo.people.importing.options import Options
from teplo.people.importing.starting import choose
from teplo.people.importing.testing import carry_through, make_import
from teplo.people.models import AttributeType, ImportRefusal, ImportRun

pytestmark = pytest.mark.django_db

SIGNS = "абвЯёїґ abcXYZ 0123456789 .,:;/@+-_'\"()<>{}[]%$#&*!?=\t\n\\|«»“”№😀\u200b\u202e\u00a0\x01\x7f漢ا"
PIECES = (
    "olga@example.com", "+380501234567", "8 (900) 000-00-01", "01.02.2024", "31.02.2024", "2024-13-45", "1e308", "-1",
    "99999999999999999999", "да", "нет", "KZ (Kazakhstan)", "https://example.com/?a=1", "http://[::1", "@telegram_name",
    "vk.com/id1", "NaN", "null", "0001-01-01", "9999-12-31", "45631", "1712130000000", "Иванова Ольга Петровна",
    "ООО «»", "'", '"', "\\", "%s %(x)s", "x" * 5000,
)  # fmt: skip


def cell(chance: random.Random) -> str:
    kind = chance.random()
    if kind < 0.2:
        return ""
    if kind < 0.6:
        return chance.choice(PIECES)
    return "".join(chance.choice(SIGNS) for _ in range(chance.randint(1, 40)))


def columns_of(rows_are: str) -> list[Column]:
    targets = [target for target in (FOR_EVENTS if rows_are == "events" else FOR_PEOPLE) if target != "skip"]
    columns = [
        Column(target, key=f"key_{target}" if target in ("event_property", "deed") else "") for target in targets
    ]
    if rows_are == "people":
        columns = [column for column in columns if column.target != "attribute"]
        columns += [Column("attribute", f"own_{kind}", kind, kind) for kind in AttributeType.values]
        columns += [Column("attribute", f"of_{kind}", kind, kind, of_company=True) for kind in AttributeType.values]
    return columns


@pytest.mark.parametrize("rows_are", ["people", "events"])
@pytest.mark.parametrize("known", ["fill", "overwrite"])
def test_whatever_stands_in_the_cells_every_row_is_taken_or_refused_with_a_reason(rows_are: str, known: str) -> None:
    chance = random.Random(f"{rows_are} {known}")
    columns = columns_of(rows_are)
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";")
    writer.writerow([f"column {place}" for place in range(len(columns))])
    sound = {"email": "a@example.com", "event_name": "view", "event_time": "01.02.2024"}
    rows = [
        [sound[c.target] if number % 2 and c.target in sound else cell(chance) for c in columns]
        for number in range(250)
    ]
    writer.writerows(rows)
    for _ in range(2):
        run = make_import(out.getvalue(), rows_are=rows_are)
        ImportRun.objects.filter(pk=run.pk).update(headers=[f"column {place}" for place in range(len(columns))])
        choose(run, mapping=ColumnMapping(tuple(columns)), options=Options(known=known, tags=["тег"]))
        run = carry_through(run)
        assert (run.state, run.rows_done) == ("done", 250)
        assert run.created + run.updated >= 1
        assert run.refused <= 125
    assert not ImportRefusal.objects.filter(reason="row-failed").exists()
