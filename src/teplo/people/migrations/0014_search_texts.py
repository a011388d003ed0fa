"""Whatever people are looked for by stands in one text of each, in a table that is searched inside.

It takes the place of the trigram indexes of 0010, which needed an extension and a collation, and of `identity_inside`.
A million people take about half a minute on SQLite and two minutes on PostgreSQL.
"""

from __future__ import annotations

import django.db.models.deletion
from django.db import connection, migrations, models, transaction

from teplo.kit import inside
from teplo.kit.indexing import RemoveIndexLive
from teplo.people import searching


def drop_extension_indexes(apps, schema_editor):
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            for name in ("person_last_inside", "person_first_inside", "identity_trigrams"):
                cursor.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")


def make_texts(apps, schema_editor):
    """In portions, each committed: what a broken migration has written is written again by the next."""
    inside.create_table(searching.TABLE)
    last = 1
    after = 0
    while last:
        with transaction.atomic():
            last = searching.fill(after=after)
        after = last
    inside.create_index(searching.TABLE)


def drop_texts(apps, schema_editor):
    inside.drop_table(searching.TABLE)


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("people", "0013_shared_contacts")]

    operations = [
        migrations.CreateModel(
            name="SearchText",
            fields=[
                (
                    "person",
                    models.OneToOneField(
                        db_column="rowid",
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="people.person",
                    ),
                ),
                ("text", models.TextField()),
            ],
            options={"db_table": "people_searchtext", "managed": False},
        ),
        migrations.RunPython(make_texts, drop_texts),
        RemoveIndexLive(model_name="identity", name="identity_inside"),
        migrations.RunPython(drop_extension_indexes, migrations.RunPython.noop),
    ]
