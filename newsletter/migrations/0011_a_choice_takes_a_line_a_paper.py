import json

from django.db import migrations, models

import newsletter.models.picks
from newsletter.models.picks import read_picks, write_picks

CHUNK = 5_000


def copy(apps, schema_editor, *, origin, to, convert):
    """Rewrite every row's choice, a chunk of rows at a time."""
    digests = apps.get_model("newsletter", "Digest").objects.using(schema_editor.connection.alias)
    rows = digests.order_by("pk").values_list("pk", origin)
    last = 0
    with schema_editor.connection.cursor() as cursor:
        while chunk := list(rows.filter(pk__gt=last)[:CHUNK]):
            last = chunk[-1][0]
            changed = [(convert(value), pk) for pk, value in chunk]
            cursor.executemany(f"UPDATE newsletter_digest SET {to} = %s WHERE id = %s", changed)


def to_lines(apps, schema_editor):
    copy(apps, schema_editor, origin="picks", to="lines", convert=write_picks)


def to_json(apps, schema_editor):
    copy(apps, schema_editor, origin="lines", to="picks", convert=lambda text: json.dumps(read_picks(text)))


class Migration(migrations.Migration):
    # PostgreSQL changes no table that has changed rows of the same transaction waiting.
    atomic = False

    dependencies = [("newsletter", "0010_votes_of_our_readers")]

    operations = [
        migrations.AddField("digest", "lines", models.TextField(blank=True, default="")),
        migrations.RunPython(to_lines, to_json),
        migrations.RemoveField("digest", "picks"),
        migrations.RenameField("digest", "lines", "picks"),
        migrations.AlterField(
            "digest", "picks", newsletter.models.picks.PicksField(blank=True, default=list)
        ),
    ]
