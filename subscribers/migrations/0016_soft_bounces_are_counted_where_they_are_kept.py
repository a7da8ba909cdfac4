from django.db import migrations, models


class Migration(migrations.Migration):
    """Days of soft bounces are counted among the events; this column was only ever 0.

    It stays in the table for one version more: workers of the version before read and write it while they finish.
    """

    dependencies = [("subscribers", "0015_letters_in_hand_are_found_at_once")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.AlterField(
                    "subscriber", "soft_bounces", models.PositiveSmallIntegerField(default=0, db_default=0)
                )
            ],
            state_operations=[migrations.RemoveField("subscriber", "soft_bounces")],
        )
    ]
