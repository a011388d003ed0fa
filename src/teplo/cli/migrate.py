"""`teplo migrate`: bring the tables up to date."""

from __future__ import annotations

from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor


def migrate() -> None:
    """Bring the tables of the database up to date."""
    call_command("migrate", interactive=False, verbosity=1)


def migrate_if_needed() -> bool:
    """Whether there was something to do; looking costs much less than Django's own command."""
    executor = MigrationExecutor(connection)
    if not executor.migration_plan(executor.loader.graph.leaf_nodes()):
        return False
    call_command("migrate", interactive=False, verbosity=0)
    return True
