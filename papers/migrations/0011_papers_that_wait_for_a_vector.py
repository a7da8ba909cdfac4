from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("papers", "0010_fewer_indexes_to_keep")]

    operations = [
        migrations.AddIndex("paper", models.Index(fields=["vector_version"], name="papers_of_a_vector_version")),
    ]
