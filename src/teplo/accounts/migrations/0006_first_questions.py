"""The first questions: own city, when they were answered; a company that is at work has answered them."""

from django.db import migrations, models

from teplo.kit.clock import now


def note_answered(apps, schema_editor):
    workspaces = apps.get_model("accounts", "Workspace").objects.filter(settled_at=None)
    if not apps.get_model("accounts", "User").objects.exists():
        workspaces = workspaces.exclude(name="")
    workspaces.update(settled_at=now())


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0005_workspace_is_example'),
    ]

    operations = [
        migrations.AddField(
            model_name='workspace',
            name='city',
            field=models.CharField(blank=True, help_text='Where most of its customers are, as one writes it.', max_length=120),
        ),
        migrations.AddField(
            model_name='workspace',
            name='settled_at',
            field=models.DateTimeField(blank=True, help_text='When the first questions were answered.', null=True),
        ),
        migrations.AlterField(
            model_name='workspace',
            name='language',
            field=models.CharField(default='en', max_length=5),
        ),
        migrations.RunPython(note_answered, migrations.RunPython.noop),
    ]
