"""The first score table was made here; now it is made once its names can be kept in three languages (0006)."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("scoring", "0001_initial"), ("tracking", "0002_seed")]
    operations = []
