"""Ready criteria keep their names in three languages. The first table is live from the start, so that the first deed
already warms somebody."""

from django.db import migrations, models

from teplo.scoring.presets import Tables, install, note_ready


def seed_or_note(apps, schema_editor):
    models = Tables(
        tables=apps.get_model("scoring", "ScoreTable"),
        criteria=apps.get_model("scoring", "Criterion"),
        profiles=apps.get_model("scoring", "Profile"),
        activities=apps.get_model("tracking", "Activity"),
    )
    if models.tables.objects.exists():
        note_ready(models)
    else:
        install(language="en", city="", state="live", into=models)


class Migration(migrations.Migration):

    dependencies = [
        ('scoring', '0005_own_past'),
    ]

    operations = [
        migrations.AddField(
            model_name='criterion',
            name='ready',
            field=models.JSONField(blank=True, default=dict, help_text='Ready texts by column and language.'),
        ),
        migrations.AddField(
            model_name='profile',
            name='ready',
            field=models.JSONField(blank=True, default=dict, help_text='Ready texts by column and language.'),
        ),
        migrations.AddField(
            model_name='scoretable',
            name='ready',
            field=models.JSONField(blank=True, default=dict, help_text='Ready texts by column and language.'),
        ),
        migrations.RunPython(seed_or_note, migrations.RunPython.noop),
    ]
