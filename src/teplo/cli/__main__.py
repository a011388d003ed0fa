"""`python -m teplo.cli` is `teplo`."""

from teplo.cli.main import app

app()
