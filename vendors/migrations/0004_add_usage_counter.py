from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("vendors", "0003_add_key_rules")]

    operations = [
        migrations.CreateModel(
            name="UsageCounter",
            fields=[
                ("subject", models.CharField(max_length=100, primary_key=True, serialize=False)),
                ("count", models.PositiveIntegerField()),
                ("ends_at", models.DateTimeField(db_index=True)),
            ],
            options={"verbose_name": "usage counter", "verbose_name_plural": "usage counters"},
        ),
    ]
