from django.db import migrations

from vendors.append_only import AppendOnly


class Migration(migrations.Migration):
    dependencies = [("kpis", "0029_add_target_changes")]

    operations = [
        AppendOnly(
            "kpis_targetchange",
            columns=["contract_id", "year", "cells", "goes_on", "note", "proposed_by", "proposed_at"],
        ),
    ]
