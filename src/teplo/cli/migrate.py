"""`teplo migrate`: bring the tables up to date."""

from __future__ import annotations

from django.core.management import call_command

from teplo.kit.schema import look_at_schema


def migrate() -> None:
    """Bring the tables of the database up to date."""
    call_command("migrate", interactive=False, verbosity=1)


def migrate_if_needed() -> bool:
    """Whether there was something to do; looking costs much less than Django's own command."""
    if not look_at_schema().missing:
        return False
    call_command("migrate", interactive=False, verbosity=0)
    return True
