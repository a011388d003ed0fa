"""`teplo score …`: score tables from the shell."""

from __future__ import annotations

import typer

from teplo.cli import score_learn, score_learning, score_past, score_people, score_tables

app = typer.Typer(help="Score tables: import and export, try on the past, learn, explain.", no_args_is_help=True)
app.command("import")(score_tables.import_table)
app.command("export")(score_tables.export_table)
app.command("explain")(score_people.explain)
app.command("backtest")(score_past.backtest)
app.command("learn")(score_learning.learn)
app.command("apply")(score_learn.apply)
