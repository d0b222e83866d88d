from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("kpis", "0008_move_idempotency_keys")]

    # An index and a plain column: SQLite drops both in place, so the table keeps its append-only triggers.
    operations = [
        migrations.RemoveConstraint(model_name="submission", name="kpis_submission_once_a_key"),
        migrations.RemoveField(model_name="submission", name="idempotency_hash"),
    ]
