from django.db import migrations

from vendors.append_only import AppendOnly


class Migration(migrations.Migration):
    """What was taken out stays out, and the steps of a factor only grow."""

    dependencies = [("kpis", "0026_add_external_factors")]

    operations = [AppendOnly("kpis_factorslice"), AppendOnly("kpis_factorevent")]
