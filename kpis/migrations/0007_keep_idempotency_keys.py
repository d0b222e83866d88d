import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("kpis", "0006_add_korean_definitions")]

    operations = [
        migrations.CreateModel(
            name="IdempotencyKey",
            fields=[
                ("digest", models.CharField(max_length=64, primary_key=True, serialize=False)),
                ("kept_at", models.DateTimeField(db_index=True)),
                (
                    "submission",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="kpis.submission",
                        verbose_name="submission",
                    ),
                ),
            ],
            options={"verbose_name": "idempotency key", "verbose_name_plural": "idempotency keys"},
        ),
    ]
