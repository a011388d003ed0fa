"""A ready segment keeps its name in three languages."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('people', '0010_search_inside'),
    ]

    operations = [
        migrations.AddField(
            model_name='segment',
            name='ready',
            field=models.JSONField(blank=True, default=dict, help_text='Ready texts by column and language.'),
        ),
    ]
