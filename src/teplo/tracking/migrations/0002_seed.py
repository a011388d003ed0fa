"""The ready set of activities."""

from django.db import migrations

from teplo.tracking import presets


def install(apps, schema_editor):
    presets.install(apps.get_model("tracking", "Activity"))


class Migration(migrations.Migration):
    dependencies = [("tracking", "0001_initial")]
    operations = [migrations.RunPython(install, migrations.RunPython.noop)]
