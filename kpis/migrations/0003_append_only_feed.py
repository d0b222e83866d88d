from django.db import migrations

from vendors.append_only import AppendOnly

RECEIPT = ("received_at", "submitted_by", "way", "note", "body_hash", "row_count", "result", "vendor_id")


class Migration(migrations.Migration):
    """What was submitted and what it changed only grow; a receipt outlives the person and the key that sent it."""

    dependencies = [("kpis", "0002_add_daily_values"), ("vendors", "0002_append_only_audit")]

    operations = [AppendOnly("kpis_submission", RECEIPT), AppendOnly("kpis_metricrevision")]
