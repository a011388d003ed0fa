"""Room in the pages of enrolments: a claim changes no index, so PostgreSQL can write it beside the row it replaces."""

from django.db import migrations


def leave_room(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        table = schema_editor.quote_name(apps.get_model("journeys", "Enrolment")._meta.db_table)
        schema_editor.execute(f"ALTER TABLE {table} SET (fillfactor = 60)")


class Migration(migrations.Migration):
    dependencies = [("journeys", "0001_initial")]
    operations = [migrations.RunPython(leave_room, migrations.RunPython.noop)]
