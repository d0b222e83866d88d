"""What is usual for a KPI of a contract, learnt once and held: a slow decline must not become the usual."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from kpis.models import TargetSeries
from vendors.querysets import scoped_by


class SeriesBaseline(models.Model):
    """The twelve weeks before ``until`` of one series, against which its later days are held (평소 수준).

    ``by_weekday`` has a value for Monday to Sunday, ``spread`` says how far days stray (1 is as chance would have it).
    Where too few days could be used there are no values, and nothing is said. It is learnt anew when a month begins,
    when figures of its days were corrected, or when a definition makes another ``shape`` of the KPI (a share, a mean).
    """

    series = models.OneToOneField(TargetSeries, models.CASCADE, related_name="+", verbose_name=_("target series"))
    until = models.DateField(_("twelve weeks before"))
    by_weekday = models.JSONField(_("by weekday"), default=list)
    spread = models.FloatField(_("spread"), default=0)
    days = models.PositiveSmallIntegerField(_("usable days"), default=0)
    shape = models.CharField(_("shape"), max_length=8, default="")
    learnt_at = models.DateTimeField(_("learnt at"))

    objects = scoped_by("series__contract__vendor_id")

    class Meta:
        verbose_name = _("usual level")
        verbose_name_plural = _("usual levels")
        ordering = ["series"]

    def __str__(self) -> str:
        return f"{self.series} {self.until}"
