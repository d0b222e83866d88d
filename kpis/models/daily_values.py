"""The queue-day documents unfolded, one row a value: a read-only SQL view, for BI tools and for reading here.

The view is dropped before and made anew after every migration, because SQLite cannot rebuild a table that a
view reads, and PostgreSQL cannot change the type of its columns.
"""

from __future__ import annotations

from typing import Any

from django.db import connections, models
from django.utils.translation import gettext_lazy as _

from kpis.models.feeds import Submission
from vendors.models import Queue
from vendors.querysets import scoped_by

VIEW = "kpis_daily_values"

_POSTGRESQL = """
SELECT q.code AS queue, d.date, e.key AS measure,
       CASE WHEN json_typeof(e.value) <> 'array' THEN (e.value #>> '{}')::numeric END AS value,
       d.is_month, e.value::text AS raw, d.queue_id,
       coalesce(o.key::uuid, d.submission_id) AS submission_id, coalesce((o.value ->> e.key)::integer, 1) AS revision
  FROM kpis_dailymetric d JOIN vendors_queue q ON q.id = d.queue_id CROSS JOIN LATERAL json_each(d.measures) e
  LEFT JOIN LATERAL json_each(d.origins) o ON o.value ->> e.key IS NOT NULL
"""
_SQLITE = """
SELECT q.code AS queue, d.date, e.key AS measure,
       CASE WHEN e.type <> 'array' THEN CAST(e.value AS NUMERIC) END AS value,
       d.is_month, d.measures -> e.fullkey AS raw, d.queue_id,
       coalesce(replace(o.key, '-', ''), d.submission_id) AS submission_id,
       coalesce(o.value ->> e.fullkey, 1) AS revision
  FROM kpis_dailymetric d JOIN vendors_queue q ON q.id = d.queue_id JOIN json_each(d.measures) e
  LEFT JOIN json_each(d.origins) o ON o.value ->> e.fullkey IS NOT NULL
"""


class DailyValue(models.Model):
    """One reported value. ``raw`` is the value as JSON, exact; ``value`` a number, null for histograms."""

    pk = models.CompositePrimaryKey("queue_id", "date", "is_month", "measure")
    queue = models.ForeignKey(Queue, models.DO_NOTHING, related_name="+", verbose_name=_("queue"))
    code = models.CharField(_("code"), max_length=64, db_column="queue")
    date = models.DateField(_("date"))
    measure = models.CharField(_("measure"), max_length=64)
    value = models.DecimalField(_("value"), max_digits=18, decimal_places=6, null=True)
    is_month = models.BooleanField(_("month total"))
    raw = models.TextField()
    submission = models.ForeignKey(Submission, models.DO_NOTHING, related_name="+", verbose_name=_("submission"))
    revision = models.PositiveIntegerField(_("revision"))

    objects = scoped_by("queue__centre__vendor_id")

    class Meta:
        managed = False
        db_table = VIEW
        verbose_name = _("daily value")
        verbose_name_plural = _("daily values")
        ordering = ["queue_id", "date", "is_month", "measure"]

    def __str__(self) -> str:
        return f"{self.code} {self.date} {self.measure}"


def make_view(using: str = "default", **_signal: Any) -> None:
    """Make the view where its tables exist (after each migration)."""
    connection = connections[using]
    drop_view(using)
    if {"kpis_dailymetric", "vendors_queue"} <= set(connection.introspection.table_names()):
        with connection.cursor() as cursor:
            body = _POSTGRESQL if connection.vendor == "postgresql" else _SQLITE
            cursor.execute(f"CREATE VIEW {VIEW} AS {body}")


def drop_view(using: str = "default", **_signal: Any) -> None:
    """Drop the view (before each migration)."""
    with connections[using].cursor() as cursor:
        cursor.execute(f"DROP VIEW IF EXISTS {VIEW}")
