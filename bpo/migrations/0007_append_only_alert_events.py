from django.db import migrations

from vendors.append_only import AppendOnly


class Migration(migrations.Migration):
    """What was done about an alert is never changed."""

    dependencies = [("bpo", "0006_add_alerts")]

    operations = [AppendOnly("bpo_alertevent")]
