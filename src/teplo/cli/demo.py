"""`teplo demo`: an example company, six months of life in under a minute."""

from __future__ import annotations

import sys
import time
from typing import Annotated

import typer
from django.utils.translation import override
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from teplo.cli.migrate import migrate_if_needed
from teplo.demo.founding import AlreadyAlive
from teplo.demo.living import bring_to_life
from teplo.jobs.holding import HeldAlready, held_loops, renew_hold
from teplo.people.models import Person


def demo(
    strangers: Annotated[int, typer.Option(help="How many strangers come by.", min=10)] = 1800,
    days: Annotated[int, typer.Option(help="How many days the company lives, up to now.", min=7)] = 183,
    seed: Annotated[int, typer.Option(help="The same seed gives the same people and deeds.")] = 7,
    language: Annotated[str, typer.Option(help="Language of what the company writes: ru, uk, en.")] = "ru",
) -> None:
    """Bring an example company to life, through the real pipeline, on a virtual clock."""
    migrate_if_needed()
    began = time.monotonic()
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task("An example company lives", total=None)

        def progress(done: int, total: int) -> None:
            bar.update(task, completed=done, total=total)
            if done % 20 == 0:
                renew_hold()

        try:
            with held_loops(), override(language):
                bring_to_life(seed=seed, strangers=strangers, days=days, progress=progress)
        except AlreadyAlive:
            sys.stderr.write("There are people here already; an example company would mix with them.\n")
            raise typer.Exit(1) from None
        except HeldAlready:
            sys.stderr.write("An example company is being brought to life already.\n")
            raise typer.Exit(1) from None
    known = Person.objects.filter(is_anonymous=False).count()
    sys.stdout.write(f"{strangers} strangers came, {known} are known by now ({time.monotonic() - began:.0f} s).\n")
