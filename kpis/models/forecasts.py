"""What was forecast of a queue's volume before it came."""

from __future__ import annotations

from decimal import Decimal

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from kpis.choices import Forecaster, ForecastGrain
from vendors.models import Queue
from vendors.querysets import scoped_by


class Forecast(models.Model):
    """The volume expected of one queue in one day, week or month that begins at ``start``.

    Rows are only ever added, so a forecast is locked by being stored. What counts for a period is the newest one
    that was locked before it began. Only the client's forecast gives a vendor relief.
    """

    queue = models.ForeignKey(Queue, models.PROTECT, related_name="forecasts", verbose_name=_("queue"))
    measure = models.CharField(_("measure"), max_length=64, default="offered")
    grain = models.CharField(_("grain"), max_length=8, choices=ForecastGrain, default=ForecastGrain.DAY)
    start = models.DateField(_("first day"))
    volume = models.DecimalField(_("volume"), max_digits=18, decimal_places=6)
    band = models.DecimalField(_("band, ± %"), max_digits=6, decimal_places=2, default=Decimal(10))
    forecaster = models.CharField(_("forecast by"), max_length=8, choices=Forecaster, default=Forecaster.CLIENT)
    locked_at = models.DateTimeField(_("locked at"))
    recorded_at = models.DateTimeField(_("recorded at"))
    recorded_by = models.CharField(_("recorded by"), max_length=200)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")

    objects = scoped_by("queue__centre__vendor_id")

    class Meta:
        verbose_name = _("forecast")
        verbose_name_plural = _("forecasts")
        ordering = ["-start", "queue", "-id"]
        constraints = [
            models.CheckConstraint(condition=models.Q(volume__gte=0), name="forecast_not_negative"),
        ]
        indexes = [models.Index(fields=["queue", "start"], name="forecast_of_a_queue")]

    def __str__(self) -> str:
        return f"{self.queue_id} {self.start} {self.volume:f}"
