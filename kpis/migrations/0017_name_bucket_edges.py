"""Give the edges of every histogram that is there the name they are cited by."""

from django.db import migrations

SHIPPED = {
    "tat_h_v1": [1, 2, 4, 8, 12, 24, 36, 48, 72, 120, 168, 336],
    "wait_s_v1": [5, 10, 15, 20, 30, 40, 60, 90, 120, 180, 300, 600, 1200],
}


def name_edges(apps, schema_editor):
    for measure in apps.get_model("kpis", "Measure").objects.exclude(edges=None).filter(edges_version=""):
        names = [name for name, bounds in SHIPPED.items() if bounds == measure.edges]
        measure.edges_version = (names or [f"{measure.code[:61]}_v1"])[0]
        measure.save(update_fields=["edges_version"])


class Migration(migrations.Migration):
    dependencies = [("kpis", "0016_add_bucket_edges")]

    operations = [migrations.RunPython(name_edges, migrations.RunPython.noop)]
