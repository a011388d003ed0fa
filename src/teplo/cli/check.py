"""`teplo check`: does this installation hold together?"""

from __future__ import annotations

import sys
from io import StringIO

import typer
from django.core.management import call_command
from django.core.management.base import SystemCheckError

from teplo.cli.bringing_up import bring_up_if_empty
from teplo.tracking.health import look


def check() -> None:
    """Say whether the database answers, its tables are up to date and the worker keeps up."""
    bring_up_if_empty()
    try:
        call_command("check", verbosity=0, stdout=StringIO())
    except SystemCheckError as error:
        sys.stderr.write(f"{error}\n")
        raise typer.Exit(1) from None
    health = look()
    for name, value in health.as_dict().items():
        sys.stdout.write(f"{name}: {value}\n")
    raise typer.Exit(0 if health.is_ready else 1)
