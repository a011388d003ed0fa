"""The seven-stage ladder stands from the first start, so that the first person has a stage."""

from django.db import migrations

from teplo.stages.presets import install


def seed(apps, schema_editor):
    stage = apps.get_model("stages", "Stage")
    if not stage.objects.exists():
        install("seven-stage", model=stage)


class Migration(migrations.Migration):
    dependencies = [("stages", "0001_initial")]
    operations = [migrations.RunPython(seed, migrations.RunPython.noop)]
