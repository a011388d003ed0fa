"""No migration locks the writers of a table out that may hold millions of rows: indexes are built beside the work."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.db import NotSupportedError, connection, migrations, models
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.state import ProjectState

import teplo
from teplo.kit.indexing import AddIndexLive, RemoveIndexLive

ROOT = Path(teplo.__file__).parent
OURS = {config.label for config in apps.get_app_configs() if config.name.startswith("teplo.")}
LATER = [
    migration
    for (label, name), migration in sorted(MigrationLoader(None, ignore_no_migrations=True).disk_migrations.items())
    if label in OURS and not name.startswith("0001_")
]
FILES = [path for path in sorted(ROOT.rglob("migrations/0*.py")) if not path.name.startswith("0001_")]
LIVE = (AddIndexLive, RemoveIndexLive)


def table_of(operation: Any) -> str:
    return str(getattr(operation, "model_name", "")).lower()


def builds_an_index(operation: Any) -> bool:
    if isinstance(operation, migrations.AddConstraint):
        return isinstance(operation.constraint, models.UniqueConstraint)
    if isinstance(operation, migrations.AddField | migrations.AlterField):
        return bool(operation.field.db_index or operation.field.unique)
    return isinstance(operation, migrations.AddIndex | migrations.RemoveIndex | migrations.AlterUniqueTogether)


def locking(migration: migrations.Migration) -> list[str]:
    """Operations that build an index of a table that was there before, and lock it."""
    made_here = {op.name.lower() for op in migration.operations if isinstance(op, migrations.CreateModel)}
    return [
        f"{migration.app_label}.{migration.name}: {operation.describe()}"
        for operation in migration.operations
        if builds_an_index(operation) and table_of(operation) not in made_here
        and not (isinstance(operation, LIVE) and not migration.atomic)
    ]  # fmt: skip


def test_the_migrations_are_looked_at():
    assert len(LATER) == len(FILES) > 30
    assert sum(isinstance(op, LIVE) for migration in LATER for op in migration.operations) >= 8


@pytest.mark.parametrize("migration", LATER, ids=lambda one: f"{one.app_label}.{one.name}")
def test_no_index_of_a_table_in_use_is_built_while_its_writers_wait(migration):
    assert locking(migration) == []


@pytest.mark.parametrize("path", FILES, ids=lambda one: f"{one.parent.parent.name}.{one.stem}")
def test_no_statement_of_a_migration_builds_an_index_otherwise(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            assert not re.search(r"\b(CREATE (UNIQUE )?|DROP )INDEX (?!CONCURRENTLY)", node.value, re.I), node.value


@pytest.mark.parametrize(
    "operation",
    [
        migrations.AddIndex("event", models.Index(fields=["at"], name="x")),
        migrations.AddConstraint("event", models.UniqueConstraint(fields=["person", "at"], name="x")),
        migrations.AddField("event", "x", models.IntegerField(db_index=True)),
        AddIndexLive("event", models.Index(fields=["at"], name="x")),
    ],
    ids=["index", "constraint", "field", "live-in-a-transaction"],
)
def test_one_that_locks_is_found(operation):
    migration = migrations.Migration("0099_x", "tracking")
    migration.operations = [operation]
    assert len(locking(migration)) == 1


# what they do to a database


INDEX = models.Index(fields=["value"], name="thing_value")


def indexes() -> set[str]:
    with connection.cursor() as cursor:
        return {name for name, of in connection.introspection.get_constraints(cursor, "things_thing").items()
                if of["index"] and not of["primary_key"]}  # fmt: skip


@pytest.fixture
def thing(transactional_db):
    state = ProjectState()
    migrations.CreateModel("Thing", [("value", models.IntegerField()), ("id", models.IntegerField(primary_key=True))],
                           options={"db_table": "things_thing"}).state_forwards("things", state)  # fmt: skip
    with connection.schema_editor() as editor:
        editor.create_model(state.apps.get_model("things", "Thing"))
    yield state
    with connection.schema_editor() as editor:
        editor.delete_model(state.apps.get_model("things", "Thing"))


def run(operation: Any, before: ProjectState, *, is_back: bool = False, atomic: bool = False) -> ProjectState:
    after = before.clone()
    if not is_back:
        operation.state_forwards("things", after)
    go = operation.database_backwards if is_back else operation.database_forwards
    with connection.schema_editor(atomic=atomic) as editor:
        go("things", editor, before, after)
    return after


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_an_index_is_built_beside_the_work_once_and_taken_away(thing):
    add = AddIndexLive("thing", INDEX)
    with_index = run(add, thing)
    assert indexes() == {"thing_value"}
    run(add, thing)  # broken off after it was built
    assert indexes() == {"thing_value"}
    remove = RemoveIndexLive("thing", "thing_value")
    without = run(remove, with_index)
    assert indexes() == set()
    run(remove, with_index)
    assert without.models["things", "thing"].options.get("indexes") == []
    with pytest.raises(NotSupportedError):
        run(add, thing, atomic=True)


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer and builds at once or not at all")
def test_what_was_broken_off_is_built_anew(thing):
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO things_thing (id, value) VALUES (1, 7), (2, 7)")
        with pytest.raises(Exception, match="could not create unique index"):
            cursor.execute("CREATE UNIQUE INDEX CONCURRENTLY thing_value ON things_thing (value)")
        assert indexes() == {"thing_value"}  # it is there and good for nothing
    run(AddIndexLive("thing", INDEX), thing)
    with connection.cursor() as cursor:
        cursor.execute("SELECT indisvalid, indisunique FROM pg_index WHERE indexrelid = 'thing_value'::regclass")
        assert cursor.fetchone() == (True, False)
