"""`teplo score learn` and `teplo score apply`: points from outcomes in a plain file, and a table applied to another.

Neither touches the database. Exit codes: 0 done, 1 the learner has failed, 2 the file, a column or the table is no
use, 3 there is no table to propose (too little data, or no signal), 130 stopped. What `--json` says: docs/learning.md.
"""

from __future__ import annotations

import csv
import json
import os
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Annotated, Any, NoReturn

import typer
from django.utils import translation
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext
from rich.table import Table

from teplo.cli.speaking import out as _out
from teplo.cli.speaking import progress_bar, screen
from teplo.kit.wording import in_language
from teplo.people.importing.shapes import FileRefused
from teplo.scoring.file_scores import ColumnsMissing, FileScoring, RowScore, band_of, file_vocabulary, read_table_for
from teplo.scoring.learned_names import share, times
from teplo.scoring.learning_process import LearningFailed, run_learning
from teplo.scoring.people_files import NoSuchColumn, PeopleFile, open_people, sidecar_of_file
from teplo.scoring.table_file import BAND_TITLES, TITLES, WARMTH, Band, Line, TableUnreadable, read_bands, write_table

FAILED, REFUSED, NOTHING_PROPOSED, STOPPED = 1, 2, 3, 130
LOSS_TOLD = 0.01
STEPS = {
    "reading": gettext_lazy("Reading the file"),
    "columns": gettext_lazy("Looking at the columns"),
    "leaks": gettext_lazy("Looking for columns that hold the answer"),
    "testing": gettext_lazy("Trying it on people held out"),
    "fitting": gettext_lazy("Composing the table"),
}
LANGUAGES = ("ru", "uk", "en")

PeopleOption = Annotated[Path, typer.Option("--people", help="CSV (also .gz) or XLSX, in any encoding.")]
LanguageOption = Annotated[str, typer.Option(help="ru, uk or en; otherwise by LANG.")]
JsonOption = Annotated[bool, typer.Option("--json", help="One line of JSON on standard output.")]


def learn(
    people: PeopleOption,
    outcome: Annotated[str, typer.Option(help="The column that says who was won and who was lost.")],
    out: Annotated[Path, typer.Option(help="Where the table goes.")],
    id_column: Annotated[str, typer.Option("--id", help="The column that tells people apart.")] = "",
    date: Annotated[
        str, typer.Option(help="The column with the day people are judged at: the table is then proven on later ones.")
    ] = "",
    exclude: Annotated[
        list[str] | None, typer.Option(help="Columns to leave out: a, b; may be repeated.", metavar="COLUMN,COLUMN")
    ] = None,
    insist: Annotated[
        list[str] | None, typer.Option(help="Use this column although it looks like the answer.", metavar="COLUMN")
    ] = None,
    won: Annotated[list[str] | None, typer.Option(help="A value of the outcome that means won.")] = None,
    lost: Annotated[list[str] | None, typer.Option(help="A value of the outcome that means lost.")] = None,
    criteria: Annotated[int, typer.Option(min=1, max=200, help="At most so many criteria.")] = 25,
    language: LanguageOption = "",
    as_json: JsonOption = False,
) -> None:
    """Learn a score table from people whose outcome is known."""
    with _speaking(language), _refusing(as_json), _open(people, out, wanted=outcome) as file:
        asked = {
            "exclude": [file.find(name) for name in _split(exclude or [], file)],
            "insist": [file.find(name) for name in _split(insist or [], file)],
            "won": won or [], "lost": lost or [], "criteria": criteria,
        }  # fmt: skip
        person = file.find(id_column) if id_column else ""
        sidecar = sidecar_of_file(
            file, outcome=file.find(outcome), person=person or None, moment=file.find(date) if date else None
        )
        result = _learnt(file, {**asked, "sidecar": sidecar, "shape": file.shape.as_json()}, quiet=as_json)
        if result["verdict"] == "refused":
            _give_up(result["why"]["text"], as_json)
        if result["verdict"] == "proposed":
            table = write_table(
                [_line(entry, result) for entry in result["criteria"]], vocabulary=file_vocabulary(file.names),
                bands=bands_of(result), person=person,
            )  # fmt: skip
            out.write_text(table, encoding="utf-8")
        _tell_learnt(result, out, criteria, date, as_json)
    if result["verdict"] != "proposed":
        raise typer.Exit(NOTHING_PROPOSED)


def apply(
    table: Annotated[Path, typer.Option(help="A table: criterion; condition; points.")],
    people: PeopleOption,
    out: Annotated[Path, typer.Option(help="Where the scores go, in the order of the file.")],
    id_column: Annotated[
        str, typer.Option("--id", help="The column that tells people apart; else rows have numbers.")
    ] = "",
    explain: Annotated[bool, typer.Option("--explain", help="Also the points of each criterion.")] = False,
    language: LanguageOption = "",
    as_json: JsonOption = False,
) -> None:
    """Score the people of a file by a table."""
    with _speaking(language), _refusing(as_json), _open(people, out, wanted=id_column) as file:
        lines = read_table_for(table, file.names)
        bands, learnt_person = read_bands(table)
        person = file.find(id_column) if id_column else learnt_person if learnt_person in file.names else ""
        scoring = FileScoring(lines, file.names, person)
        samples = [cells for (_number, cells), _count in zip(file.rows(), range(5_000), strict=False)]
        scores = scoring.score(file.rows(), samples)
        told = _write_scores(out, scores, lines, bands, person, explain=explain, delimiter=file.shape.delimiter or ";")
        result = {"state": "done", "scores": str(out), "criteria": len(lines), **told}
        if as_json:
            _say_json(result)
        else:
            _out.print(
                _("%(people)s people scored by %(criteria)s criteria, from %(low)s to %(high)s points: %(file)s")
                % {**result, "low": told["lowest"], "high": told["highest"], "file": out}
            )


# what both share


class NotThere(Exception):
    """The file to read, or the folder to write to, does not exist; the text says which."""


@contextmanager
def _open(people: Path, out: Path, *, wanted: str) -> Iterator[PeopleFile]:
    """The file of people, once it is known that there is one and that the answer can be written."""
    if not people.is_file():
        raise NotThere(_("There is no file %(path)s.") % {"path": people})
    if not out.absolute().parent.is_dir():
        raise NotThere(_("There is no folder %(path)s to write to.") % {"path": out.absolute().parent})
    with open_people(people, wanted=wanted) as file:
        yield file


@contextmanager
def _speaking(language: str) -> Iterator[None]:
    spoken = language or _language_of_shell()
    if spoken not in LANGUAGES:
        raise typer.BadParameter(f"--language: {', '.join(LANGUAGES)}")
    with translation.override(spoken):
        yield


def _language_of_shell() -> str:
    """LC_ALL, LC_MESSAGES or LANG, the first that says anything; English for languages not spoken here."""
    said = next((value for name in ("LC_ALL", "LC_MESSAGES", "LANG") if (value := os.environ.get(name))), "en")
    spoken = said.lower().split("_")[0].split(".")[0]
    return spoken if spoken in LANGUAGES else "en"


@contextmanager
def _refusing(as_json: bool) -> Iterator[None]:
    try:
        yield
    except BrokenPipeError:  # nobody reads any more: `ending` knows what to do
        raise
    except (NotThere, FileRefused, NoSuchColumn, TableUnreadable, ColumnsMissing, OSError) as error:
        _give_up(str(error), as_json)
    except LearningFailed as error:
        _give_up(_("The learner has failed: %(error)s") % {"error": error}, as_json, code=FAILED, state="failed")
    except KeyboardInterrupt:
        _give_up(_("Stopped. Nothing is half done."), as_json, code=STOPPED, state="stopped")


def _give_up(reason: str, as_json: bool, *, code: int = REFUSED, state: str = "refused") -> NoReturn:
    if as_json:
        _say_json({"state": state, "error": reason})
    else:
        screen.print(reason, style="red", markup=False, highlight=False)
    raise typer.Exit(code)


@contextmanager
def _stoppable() -> Iterator[None]:
    """SIGTERM ends the work as Ctrl-C does, so that the learner's own process goes with it."""

    def end(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    previous = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, previous)


def _say_json(result: Any) -> None:
    sys.stdout.write(json.dumps(result, ensure_ascii=False) + "\n")


def _split(wishes: Sequence[str], file: PeopleFile) -> list[str]:
    """Names between commas, unless a column is called just so."""
    names: list[str] = []
    for wish in wishes:
        names += [wish] if wish in file.names else [part.strip() for part in wish.split(",") if part.strip()]
    return names


# learning


def _learnt(file: PeopleFile, options: dict[str, Any], *, quiet: bool) -> dict[str, Any]:
    with _stoppable(), progress_bar(quiet=quiet, counts=False) as bar:
        line = bar.add_task(str(STEPS["reading"]), total=100)

        def show(done: int, total: int, what: str) -> None:
            bar.update(line, completed=done, total=total, description=str(STEPS.get(what, what)))

        return run_learning(frame=file.path, options=options, report=show)


def _line(criterion: dict[str, Any], result: dict[str, Any]) -> Line:
    found = {
        "people": criterion["people"], "conversion": f"{criterion['conversion'] * 100:.1f}%",
        "effect": f"{times(criterion, result):.2f}",
    }  # fmt: skip
    return Line(criterion["name"], criterion["condition"], criterion["points"], criterion["group"], found=found)


def bands_of(result: dict[str, Any]) -> list[Band]:
    """The score bands of a result as the table file keeps them."""
    warm, hot = result["warm_from"], result["hot_from"]
    return [
        Band(
            band["from"], band["expected"], "hot" if band["from"] >= hot else "warm" if band["from"] >= warm else "cold"
        )
        for band in result["bands"]
    ]


def _tell_learnt(result: dict[str, Any], out: Path, criteria: int, date: str, as_json: bool) -> None:
    is_proposed = result["verdict"] == "proposed"
    if as_json:
        _say_json({"state": "done" if is_proposed else "nothing", **result, "table": str(out) if is_proposed else None})
        return
    _tell_outcome(result)
    for leak in result.get("leaks", ()):
        _out.print(leak["text"], markup=False, style="yellow")
        if leak["insisted"]:
            _out.print("  " + _("It is used all the same, as you insist."))
    if result.get("dropped"):
        said = "; ".join(f"{column['label']} ({column['text']})" for column in result["dropped"])
        _out.print(_("Left out: %(columns)s") % {"columns": said}, markup=False, style="dim")
    _out.print(result["why"]["text"], markup=False, style="bold")
    if is_proposed:
        _tell_proof(result, criteria, date)
        _out.print(_criteria_of(result))
        _out.print(_bands_shown(result))
        _out.print(_("The table: %(file)s") % {"file": out}, markup=False)


def _tell_outcome(result: dict[str, Any]) -> None:
    if "outcome" not in result:
        return
    how = result["outcome"]
    said = _("%(people)s people: %(won)s won (%(good)s), %(lost)s lost (%(bad)s), conversion %(rate)s%%") % {
        "people": result["people"], "won": result["won"], "lost": result["lost"], "good": ", ".join(how["won"]),
        "bad": ", ".join(value or _("empty") for value in how["lost"]),
        "rate": number_format(result["base_rate"] * 100, 1),
    }  # fmt: skip
    _out.print(said, markup=False)
    open_still = sum(how["open"].values()) + how["empty"]
    if open_still:
        values = ", ".join(how["open"]) or _("empty")
        _out.print(
            _("Left out because their outcome is open: %(count)s (%(values)s)")
            % {"count": open_still, "values": values},
            markup=False,
        )
    if result.get("repeated"):
        _out.print(_("Rows that stand twice count once: %(count)s") % {"count": result["repeated"]})


def _tell_proof(result: dict[str, Any], criteria: int, date: str) -> None:
    area = result["auc"]
    is_later = area["how"] == "out-of-time"
    how = _("on later people") if is_later else _("on people held out, %(n)s times") % {"n": area["splits"]}
    _out.print(
        _(
            "Proven %(how)s: AUC of the table %(table)s (%(low)s to %(high)s), of the model before rounding %(model)s; "
            "loss %(loss)s"
        )
        % {
            "how": how, "table": number_format(area["table"][0], 3), "low": share(area["table"][1]),
            "high": share(area["table"][2]), "model": number_format(area["model"][0], 3),
            "loss": number_format(result["loss"], 3),
        },
        markup=False,
    )  # fmt: skip
    if date and not is_later:
        _out.print(
            _(
                "“%(column)s” has too few readable days, or too few outcomes late in them, "
                "to prove the table on later people."
            )
            % {"column": date},
            markup=False,
        )
    if result["loss"] > LOSS_TOLD and len(result["criteria"]) >= criteria:
        _out.print(
            _("So few criteria lose much of what is known. With more of them less is lost: --criteria %(n)s")
            % {"n": criteria * 2},
            markup=False,
        )


def _criteria_of(result: dict[str, Any]) -> Table:
    table = Table(*(in_language(TITLES[key]) for key in ("criterion", "points", "effect", "people", "conversion")))
    for entry in result["criteria"]:
        effect = number_format(times(entry, result), 2)
        conversion = number_format(entry["conversion"] * 100, 1) + "%"
        table.add_row(entry["name"], f"{entry['points']:+d}", effect, str(entry["people"]), conversion)
    return table


def _bands_shown(result: dict[str, Any]) -> Table:
    table = Table(
        _("score"), in_language(TITLES["people"]), pgettext("people", "won"),
        in_language(BAND_TITLES["expected"]), in_language(BAND_TITLES["temperature"]),
    )  # fmt: skip
    for band, kept in zip(result["bands"], bands_of(result), strict=True):
        expected = number_format(band["expected"] * 100, 1) + "%"
        reach = f"{band['from']} … {band['to']}"
        table.add_row(reach, str(band["people"]), str(band["won"]), expected, in_language(WARMTH[kept.temperature]))
    return table


# applying


def _write_scores(
    out: Path, scores: Iterator[RowScore], lines: Sequence[Line], bands: Sequence[Band], person: str, *,
    explain: bool, delimiter: str,
) -> dict[str, int]:  # fmt: skip
    people, lowest, highest = 0, 0, 0
    unfinished = out.with_name(f"{out.name}.part")
    with unfinished.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter=delimiter, lineterminator="\n")
        writer.writerow([
            person or "row", "score", *(["expected", "temperature"] if bands else []),
            *(_distinct([line.name for line in lines]) if explain else []),
        ])  # fmt: skip
        for row in scores:
            lowest = row.score if not people else min(lowest, row.score)
            highest = row.score if not people else max(highest, row.score)
            people += 1
            band = band_of(row.score, bands)
            about = [round(band.expected, 4), band.temperature] if band else []
            writer.writerow([row.person if person else people, row.score, *about, *(row.points if explain else [])])
    unfinished.replace(out)
    return {"people": people, "lowest": lowest, "highest": highest}


def _distinct(names: Sequence[str]) -> list[str]:
    """Names of criteria as headings: each once."""
    given: list[str] = []
    for name in names:
        unique, times = name, 1
        while unique in given:
            times += 1
            unique = f"{name} ({times})"
        given.append(unique)
    return given
