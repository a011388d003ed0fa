"""Each sender's own queue, found by index."""

from django.db import migrations, models

from teplo.kit.indexing import AddIndexLive


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("channels", "0002_senders_in_trouble")]
    operations = [
        AddIndexLive(
            "delivery",
            models.Index(
                condition=models.Q(("state", "queued")), fields=["sender", "due_at"], name="delivery_sender_due"
            ),
        ),
    ]
