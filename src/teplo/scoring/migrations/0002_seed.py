"""The first score table is live from the start, so that the first deed already warms somebody."""

from django.db import migrations

from teplo.scoring.presets import Tables, install


def seed(apps, schema_editor):
    tables = apps.get_model("scoring", "ScoreTable")
    if not tables.objects.exists():
        install(
            language="ru",
            state="live",
            into=Tables(
                tables=tables,
                criteria=apps.get_model("scoring", "Criterion"),
                profiles=apps.get_model("scoring", "Profile"),
                activities=apps.get_model("tracking", "Activity"),
            ),
        )


class Migration(migrations.Migration):
    dependencies = [("scoring", "0001_initial"), ("tracking", "0002_seed")]
    operations = [migrations.RunPython(seed, migrations.RunPython.noop)]
