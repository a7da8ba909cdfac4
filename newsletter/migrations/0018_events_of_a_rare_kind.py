from importlib import import_module

from django.db import migrations, models

few_rows = import_module("newsletter.migrations.0015_few_rows_are_found_among_many")


class Migration(migrations.Migration):
    atomic = False  # as making an index beside the work asks for
    dependencies = [("newsletter", "0017_announcements")]

    operations = [
        few_rows.AddIndexBesideWork(
            "event",
            models.Index(
                fields=["kind", "at"],
                name="events_of_a_rare_kind",
                condition=~models.Q(kind__in=["delivered", "opened", "clicked"]),
            ),
        ),
    ]
