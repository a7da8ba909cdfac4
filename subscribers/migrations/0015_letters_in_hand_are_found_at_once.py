from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("subscribers", "0014_updates_are_a_choice")]

    operations = [
        migrations.AddIndex(
            "notice",
            models.Index(fields=["lease_until"], name="notices_in_hand", condition=models.Q(state="sending")),
        ),
    ]
