from django.db import migrations

from vendors.append_only import AppendOnly


class Migration(migrations.Migration):
    """What was shown as evidence stays as it was."""

    dependencies = [("kpis", "0031_add_evidence_files")]

    operations = [AppendOnly("kpis_factorfile")]
