from django.db import migrations


def move(apps, schema_editor):
    Key, Submission = apps.get_model("kpis", "IdempotencyKey"), apps.get_model("kpis", "Submission")
    rows = Submission.objects.exclude(idempotency_hash=None).values_list("idempotency_hash", "id", "received_at")
    keys = (Key(digest=digest, submission_id=pk, kept_at=received_at) for digest, pk, received_at in rows.iterator())
    Key.objects.bulk_create(keys, batch_size=1_000)


class Migration(migrations.Migration):
    dependencies = [("kpis", "0007_keep_idempotency_keys")]

    # The way back leaves the keys where they are: receipts are append-only.
    operations = [migrations.RunPython(move, migrations.RunPython.noop)]
