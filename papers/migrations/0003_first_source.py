"""The source of a new installation; from here on the list is the editor's."""

from django.db import migrations


def fill(apps, schema_editor):
    Source = apps.get_model("papers", "Source")
    Source.objects.create(name="Hugging Face Daily Papers", kind="huggingface", every_minutes=60)


class Migration(migrations.Migration):
    dependencies = [("papers", "0002_votes_in_time_and_turns_of_hosts")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
