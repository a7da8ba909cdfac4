from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("newsletter", "0012_what_a_letter_says_of_its_reader")]

    operations = [
        migrations.AlterField(
            "recipe", "opened", models.FloatField(default=0.8, help_text="Likeness to what the reader opened.")
        ),
        migrations.AlterField(
            "recipe", "votes", models.FloatField(default=0.4, help_text="Votes, by how far they stand above the day's.")
        ),
    ]
