from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import typer
from click.testing import Result
from typer.testing import CliRunner

from teplo.cli.importing import import_file
from teplo.people.models import Identity, ImportRun, Person

pytestmark = pytest.mark.django_db

app = typer.Typer()
app.command()(import_file)


def call(*arguments: Any, answer: str = "") -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments], input=answer)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "люди.csv"
    path.write_text("Имя;Почта;Дата\nОльга;olga@example.com;01.02.2024\nИван;нет;02.02.2024\n", encoding="cp1251")
    return path


def test_a_file_is_imported_and_refused_rows_are_put_beside_it(file: Path) -> None:
    done = call(file, "--json")
    assert done.exit_code == 1
    result = json.loads(done.stdout)
    assert (result["state"], result["created"], result["refused"]) == ("done", 1, 1)
    refused = Path(result["refusals_file"])
    assert refused == file.with_name("люди.csv.refused.csv")
    assert "Иван" in refused.read_text(encoding="utf-8-sig")


def test_a_file_taken_whole_ends_with_0(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("Имя;Почта\nОльга;olga@example.com\n")
    assert call(path, "--yes").exit_code == 0
    assert not list(tmp_path.glob("*.refused.csv"))


def test_it_asks_and_a_no_writes_nobody(file: Path) -> None:
    done = call(file, answer="n\n")
    assert done.exit_code == 130
    assert not Person.objects.exists() and not ImportRun.objects.exists()


def test_columns_can_be_said_by_heading_or_number(file: Path) -> None:
    assert call(file, "--yes", "--map", "Имя=city", "--map", "3=attribute:seen:date").exit_code == 1
    person = Identity.objects.get().person
    assert (person.city, person.attributes) == ("Ольга", {"seen": "2024-02-01"})


def test_a_mapping_can_come_from_a_file(file: Path, tmp_path: Path) -> None:
    mapping = tmp_path / "mapping.json"
    mapping.write_text(json.dumps({"Имя": "last_name"}), encoding="utf-8")
    call(file, "--yes", "--mapping", mapping)
    assert Identity.objects.get().person.last_name == "Ольга"


@pytest.mark.parametrize("wish", ["Нет такого=email", "Имя=nothing", "Имя"])
def test_a_wrong_mapping_is_refused_with_what_there_is(file: Path, wish: str) -> None:
    done = call(file, "--yes", "--map", wish)
    assert done.exit_code == 2
    assert "--map" in done.output


@pytest.mark.parametrize("content", [b"", b"\x00\x01\x02" * 200, b"Name;Colour\n"])
def test_what_cannot_be_imported_ends_with_2_and_a_reason(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(content)
    done = call(path, "--json")
    assert done.exit_code == 2
    assert len(json.loads(done.stdout)["error"]) > 5
    assert not ImportRun.objects.exists()


def test_a_file_that_is_not_there_ends_with_2(tmp_path: Path) -> None:
    assert call(tmp_path / "nothing.csv", "--yes").exit_code == 2


def test_options_reach_the_run(file: Path) -> None:
    call(file, "--yes", "--known", "overwrite", "--source", "Выставка", "--tag", "2026", "--consent", "email")
    options = ImportRun.objects.get().options
    assert (options["known"], options["source"], options["tags"]) == ("overwrite", "Выставка", ["2026"])
    assert options["consent_channels"] == ["email"]


def test_deeds_are_imported_with_events(file: Path) -> None:
    done = call(file, "--events", "--event-name", "visited-fair", "--map", "Дата=event_time", "--json")
    assert json.loads(done.stdout)["created"] == 1


def test_a_finished_import_asked_to_be_resumed_tells_its_end_again(file: Path) -> None:
    first = json.loads(call(file, "--json").stdout)
    again = json.loads(call(file, "--json", "--resume").stdout)
    assert (again["import"], again["state"]) == (first["import"], "done")
