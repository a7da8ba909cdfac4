from django.db import migrations, models


class AddIndexBesideWork(migrations.AddIndex):
    """Make an index while workers write: over the digests of a year it takes minutes, and they would wait so long."""

    def database_forwards(self, app_label, schema_editor, from_state, to_state):
        if schema_editor.connection.vendor != "postgresql":
            return super().database_forwards(app_label, schema_editor, from_state, to_state)
        # One that was broken off stays behind, of no use and in the way.
        schema_editor.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {schema_editor.quote_name(self.index.name)}")
        model = to_state.apps.get_model(app_label, self.model_name)
        schema_editor.add_index(model, self.index, concurrently=True)


class Migration(migrations.Migration):
    atomic = False  # as making an index beside the work asks for
    dependencies = [("newsletter", "0014_a_pulse_has_words")]

    operations = [
        AddIndexBesideWork(
            "digest",
            models.Index(
                fields=["edition", "state"],
                name="digests_not_sent",
                condition=models.Q(state__in=["failed", "skipped"]),
            ),
        ),
        AddIndexBesideWork(
            "digest",
            models.Index(fields=["edition"], name="digests_sent_twice", condition=models.Q(resends=1)),
        ),
        migrations.AlterField(
            "digest",
            "resends",
            models.PositiveSmallIntegerField(choices=[(0, "no"), (1, "once")], default=0),
        ),
    ]
