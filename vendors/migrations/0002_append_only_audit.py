from django.db import migrations

from vendors.append_only import AppendOnly


class Migration(migrations.Migration):
    """The audit trail only grows."""

    dependencies = [("vendors", "0001_initial")]

    operations = [AppendOnly("vendors_auditentry")]
