from importlib import import_module

from django.db import migrations, models

few_rows = import_module("newsletter.migrations.0015_few_rows_are_found_among_many")


class Migration(migrations.Migration):
    atomic = False  # as making an index beside the work asks for
    dependencies = [("newsletter", "0015_few_rows_are_found_among_many")]

    operations = [
        migrations.AddField("experiment", "counted", models.JSONField(editable=False, null=True)),
        few_rows.AddIndexBesideWork(
            "event",
            models.Index(
                fields=["at"],
                name="events_without_a_digest",
                condition=models.Q(digest=None)
                & ~models.Q(kind__in=["more", "upvoted", "complained", "unsubscribed"]),
            ),
        ),
    ]
