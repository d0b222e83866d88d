"""Correction requests: how a figure of a closed month is changed."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from bpo.choices import CorrectionStatus
from kpis.choices import CorrectionReason
from kpis.models import Submission
from vendors.models import Contract
from vendors.querysets import scoped_by


class CorrectionRequest(models.Model):
    """Rows of one contract's month that somebody asks to have changed (정정 요청), and what was decided.

    ``rows`` are those of a submission, ``changes`` what they change: ``{queue, date, month, measure, old, new}`` as it
    stood when the request was filed and, once accepted, when it was applied. ``user`` is the person behind who filed
    it, also where a key did. ``effect`` is what the values do to the month's points, as it was when it was decided.
    """

    contract = models.ForeignKey(
        Contract, models.PROTECT, related_name="correction_requests", verbose_name=_("contract")
    )
    start = models.DateField(_("month"))
    rows = models.JSONField(_("rows"))
    changes = models.JSONField(_("changes"))
    reason = models.CharField(_("reason"), max_length=24, choices=CorrectionReason)
    note = models.CharField(_("note"), max_length=2000, blank=True, default="")
    status = models.CharField(
        _("status"), max_length=12, choices=CorrectionStatus, default=CorrectionStatus.OPEN, db_index=True
    )
    filed_by = models.CharField(_("filed by"), max_length=200)
    filed_at = models.DateTimeField(_("filed at"))
    is_from_vendor = models.BooleanField(_("from the vendor"), default=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    decided_by = models.CharField(_("decided by"), max_length=200, blank=True, default="")
    decided_at = models.DateTimeField(_("decided at"), null=True, blank=True)
    decision = models.CharField(_("decision"), max_length=2000, blank=True, default="")
    effect = models.JSONField(_("effect on the points"), null=True, blank=True)
    submission = models.ForeignKey(
        Submission, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("submission")
    )

    objects = scoped_by("contract__vendor_id")

    class Meta:
        verbose_name = _("correction request")
        verbose_name_plural = _("correction requests")
        ordering = ["-filed_at", "-id"]

    def __str__(self) -> str:
        return f"#{self.pk} {self.contract} {self.start:%Y-%m}"
