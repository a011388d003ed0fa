"""`teplo score learn`: from the outcomes in the base, or with --people from a plain file without touching the base."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from teplo.cli import score_learn
from teplo.cli.score_past import (
    DaysOption,
    HorizonOption,
    KnownOption,
    MomentOption,
    OnOption,
    SinceOption,
    UntilOption,
    learn_from_base,
)


def learn(
    people: Annotated[
        Path | None, typer.Option(help="Learn from this file (CSV, also .gz, or XLSX) instead of the base.")
    ] = None,
    outcome: Annotated[str, typer.Option(help="Of a file: the column that says who was won and who was lost.")] = "",
    out: Annotated[Path | None, typer.Option(help="Of a file: where the table goes.")] = None,
    id_column: Annotated[str, typer.Option("--id", help="Of a file: the column that tells people apart.")] = "",
    date: Annotated[
        str, typer.Option(help="Of a file: the column with the day people are judged at; proven on later ones then.")
    ] = "",
    won: Annotated[list[str] | None, typer.Option(help="Of a file: a value of the outcome that means won.")] = None,
    lost: Annotated[list[str] | None, typer.Option(help="Of a file: a value that means lost.")] = None,
    exclude: Annotated[
        list[str] | None,
        typer.Option(help="Columns, fields or activities to leave out: a, b; may be repeated.", metavar="NAME,NAME"),
    ] = None,
    insist: Annotated[
        list[str] | None, typer.Option(help="Use this one although it looks like the answer.", metavar="NAME")
    ] = None,
    criteria: Annotated[int, typer.Option(min=1, max=200, help="At most so many criteria.")] = 25,
    moment: MomentOption = "hand-off",
    since: SinceOption = "",
    until: UntilOption = "",
    days: DaysOption = 14,
    on: OnOption = "",
    horizon: HorizonOption = 90,
    known: KnownOption = False,
    versus: Annotated[str, typer.Option(help="With whom buyers are compared: everybody or lost.")] = "everybody",
    draft: Annotated[str, typer.Option(help="Make a draft of this name of the proposal.")] = "",
    language: Annotated[str, typer.Option(help="ru, uk or en; otherwise the company's, for a file by LANG.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="One line of JSON on standard output.")] = False,
) -> None:
    """Learn a score table from what became of people."""
    if people is not None:
        if not outcome or out is None:
            raise typer.BadParameter("--people needs --outcome COLUMN and --out TABLE.csv")
        score_learn.learn(
            people=people, outcome=outcome, out=out, id_column=id_column, date=date, exclude=exclude, insist=insist,
            won=won, lost=lost, criteria=criteria, language=language, as_json=as_json,
        )  # fmt: skip
        return
    if outcome or out or id_column or date or won or lost:
        raise typer.BadParameter("--outcome, --out, --id, --date, --won and --lost go with --people FILE")
    question = {
        "moment": moment,
        "since": since,
        "until": until,
        "days": days,
        "on": on,
        "horizon": horizon,
        "known": known,
    }
    learn_from_base(
        question=question, versus=versus, exclude=_split(exclude), insist=_split(insist), criteria=criteria,
        draft=draft, language=language, as_json=as_json,
    )  # fmt: skip


def _split(names: list[str] | None) -> list[str]:
    return [part.strip() for name in names or [] for part in name.split(",") if part.strip()]
