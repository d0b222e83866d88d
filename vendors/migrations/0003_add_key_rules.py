from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("vendors", "0002_append_only_audit")]

    operations = [
        migrations.AddField(
            model_name="apikey",
            name="exposed_at",
            field=models.DateTimeField(blank=True, editable=False, null=True, verbose_name="seen in an address at"),
        ),
        migrations.AddField(
            model_name="apikey",
            name="is_sandbox",
            field=models.BooleanField(
                default=False,
                help_text="Figures sent with it are checked and answered, and never stored.",
                verbose_name="sandbox",
            ),
        ),
        migrations.AddField(
            model_name="apikey",
            name="networks",
            field=models.JSONField(blank=True, default=list, verbose_name="addresses it is taken from"),
        ),
    ]
