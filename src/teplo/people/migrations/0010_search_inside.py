"""Keys of names lose the accents of Latin letters; PostgreSQL gets trigram indexes where its role may have them."""

from __future__ import annotations

import re

from django.db import DatabaseError, connection, migrations

from teplo.kit.indexing import build_index
from teplo.people.names import name_key

BATCH = 5000
_ACCENTED = re.compile("[\u00df-\u024f\u0300-\u036f\u1e00-\u1eff]")
_FOLDED = "REPLACE(REPLACE(REPLACE(REPLACE({}, 'і', 'и'), 'ї', 'и'), 'є', 'е'), 'ґ', 'г')"
"""As choosing.py asks: PostgreSQL knows an index by its very expression."""
LAST, FIRST = _FOLDED.format("last_key"), _FOLDED.format("first_key")
TRIGRAMS = {
    "person_last_inside": f"ON people_person USING gin (({LAST}) gin_trgm_ops) WHERE last_key > ''",
    "person_first_inside": f"ON people_person USING gin (({FIRST}) gin_trgm_ops) WHERE first_key > ''",
    "identity_trigrams": "ON people_identity USING gin (value gin_trgm_ops) WHERE NOT (kind = 'visitor')",
}


def fold_again(apps, schema_editor):
    people = apps.get_model("people", "Person")
    after = 0
    columns = ("id", "first_name", "last_name", "first_key", "last_key")
    named = people.objects.filter(is_anonymous=False).order_by("id").only(*columns)
    while batch := list(named.filter(id__gt=after)[:BATCH]):
        changed = [person for person in batch if _ACCENTED.search(person.first_key + person.last_key)]
        for person in changed:
            person.first_key, person.last_key = name_key(person.first_name), name_key(person.last_name)
        people.objects.bulk_update(changed, ["first_key", "last_key"], batch_size=500)
        after = batch[-1].pk


def index_trigrams(apps, schema_editor):
    """Since PostgreSQL 13 the owner of a database may have pg_trgm; whoever may not reads the small indexes instead."""
    if connection.vendor != "postgresql":
        return
    try:
        with connection.cursor() as cursor:
            cursor.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
        for name, definition in TRIGRAMS.items():
            build_index(schema_editor, name=name, definition=definition)
    except DatabaseError:
        return


def drop_trigrams(apps, schema_editor):
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            for name in TRIGRAMS:
                cursor.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")


class Migration(migrations.Migration):
    atomic = False  # folded in parts, each can be done again
    dependencies = [("people", "0009_names_inside")]

    operations = [
        migrations.RunPython(fold_again, migrations.RunPython.noop),
        migrations.RunPython(index_trigrams, drop_trigrams),
    ]
