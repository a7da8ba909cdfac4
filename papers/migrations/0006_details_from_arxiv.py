"""A second source of a new installation: categories and clean abstracts from arXiv for papers that lack them."""

from django.db import migrations


def fill(apps, schema_editor):
    Source = apps.get_model("papers", "Source")
    Source.objects.get_or_create(name="Details from arXiv", defaults={"kind": "arxiv-api", "every_minutes": 360})


class Migration(migrations.Migration):
    dependencies = [("papers", "0005_papers_keep_vectors_of_a_version")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
