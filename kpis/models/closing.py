"""Which months take no more figures."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from kpis.choices import ClosingWay
from vendors.models import Contract
from vendors.querysets import scoped_by


class MonthClose(models.Model):
    """One act on one month of one contract: its feed was closed (마감) or opened again, by whom and why.

    Rows are only ever added; the last one of a month says how it stands, and a month without one is open.
    """

    contract = models.ForeignKey(Contract, models.PROTECT, related_name="month_closes", verbose_name=_("contract"))
    start = models.DateField(_("month"))
    number = models.PositiveSmallIntegerField(_("number"))
    is_closed = models.BooleanField(_("closed"))
    way = models.CharField(_("way"), max_length=8, choices=ClosingWay, default=ClosingWay.HAND)
    by = models.CharField(_("who"), max_length=200)
    at = models.DateTimeField(_("at"))
    reason = models.CharField(_("reason"), max_length=2000, blank=True, default="")

    objects = scoped_by("contract__vendor_id")

    class Meta:
        verbose_name = _("closing of a month")
        verbose_name_plural = _("closings of months")
        ordering = ["-start", "contract", "-number"]
        constraints = [
            # Two acts at the same moment cannot both be the next one.
            models.UniqueConstraint(fields=["contract", "start", "number"], name="month_close_number"),
        ]

    def __str__(self) -> str:
        return f"{self.contract_id} {self.start:%Y-%m} {'closed' if self.is_closed else 'open'}"
