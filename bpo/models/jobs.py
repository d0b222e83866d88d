"""Work that takes a while, and the slots of scheduled work."""

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from bpo.choices import JobStatus
from vendors.models import Vendor
from vendors.querysets import scoped_by


class JobRun(models.Model):
    """One run of one job. ``(name, slot)`` is unique, so two schedulers cannot run the same slot twice."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(_("job"), max_length=64)
    slot = models.CharField(_("slot"), max_length=64)
    vendor = models.ForeignKey(
        Vendor, models.CASCADE, null=True, blank=True, related_name="+", verbose_name=_("vendor")
    )
    status = models.CharField(_("status"), max_length=8, choices=JobStatus, default=JobStatus.RUNNING)
    done = models.PositiveIntegerField(_("done"), default=0)
    total = models.PositiveIntegerField(_("of"), default=0)
    result = models.JSONField(_("result"), default=dict, blank=True)
    error = models.TextField(_("error"), blank=True, default="")
    started_at = models.DateTimeField(_("started at"), auto_now_add=True)
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True)

    objects = scoped_by("vendor_id")

    class Meta:
        verbose_name = _("job run")
        verbose_name_plural = _("job runs")
        ordering = ["-started_at"]
        constraints = [models.UniqueConstraint(fields=["name", "slot"], name="job_run_slot")]

    def __str__(self) -> str:
        return f"{self.name} {self.slot}"
