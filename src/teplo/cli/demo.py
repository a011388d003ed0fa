"""`teplo demo`: an example company, six months of life in well under a minute of one core."""

from __future__ import annotations

import os
import sys
import time
from datetime import datetime
from typing import Annotated

import typer
from django.conf import settings
from django.utils.translation import override

from teplo.accounts.colleagues import administrator_can_sign_in
from teplo.cli.bringing_up import bring_up
from teplo.cli.speaking import progress_bar
from teplo.demo.founding import AlreadyAlive
from teplo.demo.living import bring_to_life
from teplo.jobs.holding import HeldAlready, held_loops, renew_hold
from teplo.people.models import Person

_RENEW_SECONDS = 20


def demo(
    strangers: Annotated[int, typer.Option(help="How many strangers come by.", min=10, max=100_000)] = 1800,
    days: Annotated[int, typer.Option(help="How many days the company lives, up to now.", min=7, max=3_650)] = 183,
    seed: Annotated[int, typer.Option(help="The same seed gives the same people and deeds.")] = 7,
    language: Annotated[
        str, typer.Option(help="Language of what the company writes: ru, uk, en. Without it, the shell's.")
    ] = "",
) -> None:
    """Bring an invented example company to life, through the real pipeline, on a virtual clock."""
    if language and language not in dict(settings.LANGUAGES):
        raise typer.BadParameter(f"--language: {', '.join(dict(settings.LANGUAGES))}")
    began = time.monotonic()
    with progress_bar(keeps=True) as bar:
        task = bar.add_task("Making the tables", total=None)
        bring_up(on_server=True)
        bar.update(task, description="Founding the company")
        renewed = [began]

        def progress(done: int, total: int, lived_until: datetime) -> None:
            is_over = done == total
            said = "Adding up" if is_over else f"The company lives: {lived_until:%B %Y}"
            bar.update(task, completed=done, total=total, description=said)
            if time.monotonic() - renewed[0] > _RENEW_SECONDS:
                renewed[0] = time.monotonic()
                renew_hold()

        try:
            with held_loops(), override(_spoken(language)):
                bring_to_life(seed=seed, strangers=strangers, days=days, progress=progress)
        except AlreadyAlive:
            sys.stderr.write("There are people here already; an example company would mix with them.\n")
            raise typer.Exit(1) from None
        except HeldAlready:
            sys.stderr.write("An example company is being brought to life already.\n")
            raise typer.Exit(1) from None
        except KeyboardInterrupt:
            bar.stop()
            sys.stderr.write(f"Stopped half-way. For a whole example begin with an empty home: {settings.HOME}\n")
            raise typer.Exit(130) from None
        bar.update(task, description="The company is alive")
    known = Person.objects.filter(is_anonymous=False).count()
    sys.stdout.write(f"{strangers} strangers came, {known} are known by now ({time.monotonic() - began:.0f} s).\n")
    sys.stdout.write(f"All of it is invented. Next: teplo up{_and_then()}\n")


def _and_then() -> str:
    """What the next command will do for who has no account yet."""
    if administrator_can_sign_in():
        return " starts Teplo; sign in as always."
    return " starts Teplo and prints a one-time link on which you create your account."


def _spoken(language: str) -> str:
    """The language asked for, else that of the shell (LANG=uk_UA.UTF-8), where it is one of ours; else English."""
    for told in (language, *(os.environ.get(name, "") for name in ("LC_ALL", "LC_MESSAGES", "LANG"))):
        if told[:2] in dict(settings.LANGUAGES):
            return told[:2]
    return "en"
