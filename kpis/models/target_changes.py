"""Changes of a contract's targets, month by month: what was asked, by whom, and what became of it."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from kpis.choices import TargetChangeStatus
from vendors.models import Contract
from vendors.querysets import scoped_by


class TargetChange(models.Model):
    """One change of one contract's targets (목표 변경), made on the grid of a year.

    ``cells`` are ``{kpi, queue, level, month, before, after}`` with decimals as text; an empty text is no level.
    ``goes_on``: what stands in December holds beyond the year. A change that waits counts nowhere until a second
    person has approved it. ``user`` is the person behind who proposed it, also where a key did.
    """

    contract = models.ForeignKey(Contract, models.PROTECT, related_name="target_changes", verbose_name=_("contract"))
    year = models.PositiveSmallIntegerField(_("calendar year"))
    cells = models.JSONField(_("months changed"))
    goes_on = models.BooleanField(_("December goes on"), default=True)
    note = models.CharField(_("note"), max_length=2000, blank=True, default="")
    proposed_by = models.CharField(_("who"), max_length=200)
    proposed_at = models.DateTimeField(_("at"))
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    status = models.CharField(
        _("status"), max_length=12, choices=TargetChangeStatus, default=TargetChangeStatus.STORED, db_index=True
    )
    decided_by = models.CharField(_("decided by"), max_length=200, blank=True, default="")
    decided_at = models.DateTimeField(_("decided at"), null=True, blank=True)
    reason = models.CharField(_("reason"), max_length=2000, blank=True, default="")

    objects = scoped_by("contract__vendor_id")

    class Meta:
        verbose_name = _("change of targets")
        verbose_name_plural = _("changes of targets")
        ordering = ["-proposed_at", "-id"]

    def __str__(self) -> str:
        return f"#{self.pk} {self.contract} {self.year}"
