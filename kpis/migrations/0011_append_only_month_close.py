from django.db import migrations

from vendors.append_only import AppendOnly

RECEIPT = ("received_at", "submitted_by", "way", "note", "reason", "body_hash", "row_count", "result", "vendor_id")


class Migration(migrations.Migration):
    """Who closed a month and opened it again only grows; the reason of a correction is part of its receipt."""

    dependencies = [("kpis", "0010_add_month_close")]

    operations = [AppendOnly("kpis_monthclose"), AppendOnly("kpis_submission", RECEIPT)]
