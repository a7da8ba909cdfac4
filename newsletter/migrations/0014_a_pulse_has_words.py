from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("newsletter", "0013_what_was_opened_and_votes_count_otherwise")]

    operations = [
        # With a default in the database, for workers of the release before.
        migrations.AddField("pulse", "said", models.CharField(blank=True, db_default="", default="", max_length=300)),
    ]
