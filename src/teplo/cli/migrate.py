"""`teplo migrate`: bring the tables up to date."""

from __future__ import annotations

import sys

from django.core.management import call_command

from teplo.accounts.colleagues import administrator_can_sign_in
from teplo.cli.bringing_up import bring_up
from teplo.cli.users import nobody_can_sign_in


def migrate() -> None:
    """Bring the tables of the database up to date; an SQLite file is copied first."""
    if not bring_up(on_server=True):
        call_command("migrate", interactive=False, verbosity=0)  # what Django itself notes of the tables
    sys.stdout.write("The tables are up to date.\n")
    if not administrator_can_sign_in():
        sys.stdout.write(f"{nobody_can_sign_in()}\n")
