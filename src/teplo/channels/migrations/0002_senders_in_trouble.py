"""What several letters in a row say of a sender; pauses by hand are a state, not a far moment; each sender's own queue."""

from django.db import migrations, models


def note_pauses_by_hand(apps, schema_editor):
    senders = apps.get_model("channels", "Sender").objects.filter(paused_until__isnull=False, health="")
    senders.update(waits_for_colleague=True)


class Migration(migrations.Migration):
    dependencies = [("channels", "0001_initial")]
    operations = [
        migrations.AddField(
            "sender",
            "waits_for_colleague",
            models.BooleanField(default=False, help_text="Nothing goes out until it is resumed by hand."),
        ),
        migrations.AddField(
            "sender",
            "streak",
            models.JSONField(default=dict, help_text="What letters in a row say of it: email.streak.Streak."),
        ),
        migrations.AddField(
            "sender",
            "troubled_at",
            models.DateTimeField(blank=True, help_text="The last time it could not go on.", null=True),
        ),
        migrations.RunPython(note_pauses_by_hand, migrations.RunPython.noop),
    ]
