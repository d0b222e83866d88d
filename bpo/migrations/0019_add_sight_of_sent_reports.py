from contextlib import contextmanager

from django.db import migrations, models

from vendors.append_only import AppendOnly


def judge(apps, schema_editor):
    """Find whose results the reports tell of that were sent before; what cannot be told apart is of all vendors."""
    SentReport, Contract = apps.get_model("bpo", "SentReport"), apps.get_model("vendors", "Contract")
    # What was sent is only ever added to; this says once what was not kept of it, and changes none of it.
    with written_to(schema_editor, "bpo_sentreport"):
        _judge(SentReport, Contract)


@contextmanager
def written_to(schema_editor, table):
    """Let the rows of an append-only table be changed; SQLite has made it anew for the fields, without its guard."""
    guard = AppendOnly(table)
    _fire_triggers(schema_editor)
    guard.database_backwards("bpo", schema_editor, None, None)
    yield
    _fire_triggers(schema_editor)
    guard.database_forwards("bpo", schema_editor, None, None)


def _fire_triggers(schema_editor):
    """PostgreSQL changes no table that has triggers waiting."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def _judge(SentReport, Contract):
    vendors = {}
    for contract in Contract.objects.select_related("vendor"):
        for label in (contract.vendor.name, contract.vendor.name_ko):
            vendors.setdefault((label, contract.name), set()).add(contract.vendor_id)
    for report in SentReport.objects.iterator():
        rows = report.content.get("contracts") or []
        found = [vendors.get((row["vendor"], row["name"]), set()) for row in rows]
        if report.kind == "all_staff" or (found and all(len(one) == 1 for one in found)):
            SentReport.objects.filter(pk=report.pk).update(is_of_all=False)
            report.vendors.set({pk for one in found for pk in one})


class Migration(migrations.Migration):

    dependencies = [
        ('bpo', '0018_add_money_terms'),
        ('vendors', '0011_add_relief_terms'),
    ]

    operations = [
        migrations.AddField(
            model_name='sentreport',
            name='is_of_all',
            field=models.BooleanField(default=True, verbose_name='about all vendors'),
        ),
        migrations.AddField(
            model_name='sentreport',
            name='vendors',
            field=models.ManyToManyField(blank=True, related_name='+', to='vendors.vendor', verbose_name='about these vendors'),
        ),
        migrations.AddField(
            model_name='seriesbaseline',
            name='shape',
            field=models.CharField(default='', max_length=8, verbose_name='shape'),
        ),
        migrations.RunPython(judge, migrations.RunPython.noop),
    ]
