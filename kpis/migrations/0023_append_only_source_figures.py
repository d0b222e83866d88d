from django.db import migrations

from vendors.append_only import AppendOnly


class Migration(migrations.Migration):
    """What each source said only grows."""

    dependencies = [("kpis", "0022_add_reconciliation")]

    operations = [AppendOnly("kpis_sourcefigure")]
