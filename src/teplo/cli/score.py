"""`teplo score …`: score tables from the shell."""

from __future__ import annotations

import typer

from teplo.cli import score_learn

app = typer.Typer(help="Score tables: learn them from outcomes, apply them to files.", no_args_is_help=True)
app.command("learn")(score_learn.learn)
app.command("apply")(score_learn.apply)
