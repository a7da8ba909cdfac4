from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("newsletter", "0011_a_choice_takes_a_line_a_paper")]

    operations = [
        # With a default in the database, for workers of the release before.
        migrations.AddField("digest", "topics", models.PositiveSmallIntegerField(db_default=0, default=0)),
        migrations.AddField("digest", "is_first", models.BooleanField(db_default=False, default=False)),
        migrations.AddIndex(
            "digest",
            models.Index(
                fields=["lease_owner"], name="digests_held_under", condition=models.Q(lease_owner__gt="")
            ),
        ),
        migrations.RemoveIndex("digest", "digests_in_hand"),
    ]
