from django.db import migrations

from vendors.append_only import AppendOnly


class Migration(migrations.Migration):
    """A frozen scorecard is never changed."""

    dependencies = [("bpo", "0001_initial")]

    operations = [AppendOnly("bpo_frozenscorecard")]
