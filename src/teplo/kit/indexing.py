"""Indexes of tables that are in use: PostgreSQL builds them beside the work instead of locking writers out.

For migrations with `atomic = False`. What was broken off is begun anew: each operation can be run twice.
"""

from __future__ import annotations

from typing import Any

from django.db import NotSupportedError, migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor


class AddIndexLive(migrations.AddIndex):
    """CREATE INDEX CONCURRENTLY on PostgreSQL; on SQLite, which has one writer, as ever."""

    atomic = False

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        model = to_state.apps.all_models[app_label][self.model_name_lower]
        if self.allow_migrate_model(schema_editor.connection.alias, model):
            _add(schema_editor, model, self.index)

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        model = from_state.apps.all_models[app_label][self.model_name_lower]
        if self.allow_migrate_model(schema_editor.connection.alias, model):
            _remove(schema_editor, model, self.index)


class RemoveIndexLive(migrations.RemoveIndex):
    """DROP INDEX CONCURRENTLY on PostgreSQL."""

    atomic = False

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        model = from_state.apps.all_models[app_label][self.model_name_lower]
        if self.allow_migrate_model(schema_editor.connection.alias, model):
            _remove(
                schema_editor, model, from_state.models[app_label, self.model_name_lower].get_index_by_name(self.name)
            )

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        model = to_state.apps.all_models[app_label][self.model_name_lower]
        if self.allow_migrate_model(schema_editor.connection.alias, model):
            _add(schema_editor, model, to_state.models[app_label, self.model_name_lower].get_index_by_name(self.name))


def build_index(schema_editor: BaseDatabaseSchemaEditor, *, name: str, definition: str) -> None:
    """An index of PostgreSQL that no model can tell of; `definition`: what stands behind its name, from ON."""
    refuse_transaction(schema_editor)
    if _is_valid(schema_editor, name):
        return
    schema_editor.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")  # a build that was broken off
    schema_editor.execute(f"CREATE INDEX CONCURRENTLY {name} {definition}")


def refuse_transaction(schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Raises NotSupportedError within one: PostgreSQL builds nothing beside the work there."""
    if schema_editor.connection.in_atomic_block:
        raise NotSupportedError("The migration needs atomic = False.")


def _add(schema_editor: Any, model: type[models.Model], index: models.Index) -> None:
    refuse_transaction(schema_editor)
    if _is_valid(schema_editor, index.name):
        return
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {schema_editor.quote_name(index.name)}")
        schema_editor.add_index(model, index, concurrently=True)
    else:
        schema_editor.add_index(model, index)


def _remove(schema_editor: Any, model: type[models.Model], index: models.Index) -> None:
    refuse_transaction(schema_editor)
    how = "CONCURRENTLY IF EXISTS" if schema_editor.connection.vendor == "postgresql" else "IF EXISTS"
    schema_editor.execute(f"DROP INDEX {how} {schema_editor.quote_name(index.name)}")


def _is_valid(schema_editor: Any, name: str) -> bool:
    """Whether it stands and is whole; a build of PostgreSQL that was broken off leaves one that is not."""
    with schema_editor.connection.cursor() as cursor:
        if schema_editor.connection.vendor == "postgresql":
            cursor.execute(
                "SELECT 1 FROM pg_index i WHERE i.indexrelid = to_regclass(%s) AND i.indisvalid",
                [schema_editor.quote_name(name)],
            )
        else:
            cursor.execute("SELECT 1 FROM sqlite_master WHERE type = 'index' AND name = %s", [name])
        return cursor.fetchone() is not None
