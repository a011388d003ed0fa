"""A template made of a ready one keeps its name in three languages."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('content', '0001_initial'),
    ]

    operations = [
        migrations.AddField(
            model_name='template',
            name='ready',
            field=models.JSONField(blank=True, default=dict, help_text='Ready texts by column and language.'),
        ),
        migrations.AlterField(
            model_name="template",
            name="language",
            field=models.CharField(default="en", max_length=5),
        ),
    ]
