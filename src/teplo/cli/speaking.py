"""How commands speak: people, files and headings are shown as they are, never read as rich's markup or emoji."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

screen = Console(stderr=True, soft_wrap=True, highlight=False, markup=False, emoji=False)
"""What a person reads: progress, questions, refusals."""
out = Console(soft_wrap=True, highlight=False, markup=False, emoji=False)
"""The answer of a command, on standard output."""


def progress_bar(*, quiet: bool = False, counts: bool = True, keeps: bool = False) -> Progress:
    """A bar with what is being done and how long it will take; `keeps`: it stays when the work has ended."""
    columns: list[Any] = [TextColumn("{task.description}", markup=False), BarColumn()]
    if counts:
        columns.append(MofNCompleteColumn())
    columns.append(TimeElapsedColumn() if keeps else TimeRemainingColumn())
    return Progress(*columns, console=screen, disable=quiet, transient=not keeps)
