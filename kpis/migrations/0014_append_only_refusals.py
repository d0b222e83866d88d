from django.db import migrations

from vendors.append_only import AppendOnly


class Migration(migrations.Migration):
    """What was refused is a log: it only grows."""

    dependencies = [("kpis", "0013_add_refused_feeds")]

    operations = [AppendOnly("kpis_refusedfeed"), AppendOnly("kpis_refusedday")]
