"""Ready journeys, and their letters, keep their names in three languages."""

from django.db import migrations, models

from teplo.journeys.presets.installing import note_ready


def note_ready_names(apps, schema_editor):
    note_ready(journeys=apps.get_model("journeys", "Journey"), templates=apps.get_model("content", "Template"))


class Migration(migrations.Migration):

    dependencies = [
        ('journeys', '0002_room_for_leases'),
        ('content', '0002_ready_names'),
    ]

    operations = [
        migrations.AddField(
            model_name='journey',
            name='ready',
            field=models.JSONField(blank=True, default=dict, help_text='Ready texts by column and language.'),
        ),
        migrations.RunPython(note_ready_names, migrations.RunPython.noop),
    ]
