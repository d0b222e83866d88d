"""Files that take a while to take in."""

import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from kpis.choices import ImportStatus
from kpis.models.feeds import Submission
from vendors.models import ApiKey, Vendor
from vendors.querysets import scoped_by


class ImportJob(models.Model):
    """One file on its way in (대량 제출). The row is the truth; a message to a worker only hurries it.

    ``content`` is kept until the file is in, or for a week after it was refused, for the error report. ``options``
    are how the sender wants it read and stored. ``result`` is the answer a small file would have got at once,
    ``problem`` the refusal. ``key_digest`` names the sender's Idempotency-Key, or is random. An attempt holds the
    job until ``leased_until``; after three it is set aside.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    vendor = models.ForeignKey(
        Vendor, models.CASCADE, null=True, blank=True, related_name="+", verbose_name=_("vendor")
    )
    status = models.CharField(_("status"), max_length=16, choices=ImportStatus, default=ImportStatus.QUEUED)
    filename = models.CharField(_("file"), max_length=200, blank=True, default="")
    content = models.BinaryField(null=True, editable=False)
    content_hash = models.CharField(_("SHA-256 of the file"), max_length=64)
    size = models.PositiveIntegerField(_("bytes"))
    options = models.JSONField(_("options"), default=dict)
    submitted_by = models.CharField(_("who"), max_length=200)
    api_key = models.ForeignKey(ApiKey, models.SET_NULL, null=True, blank=True, related_name="+")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    key_digest = models.CharField(max_length=64, unique=True, editable=False)
    done = models.PositiveIntegerField(_("done"), default=0)
    total = models.PositiveIntegerField(_("of"), default=0)
    result = models.JSONField(_("result"), null=True, blank=True)
    problem = models.JSONField(_("refusal"), null=True, blank=True)
    submission = models.ForeignKey(
        Submission, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("submission")
    )
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    leased_until = models.DateTimeField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField(_("received at"))
    started_at = models.DateTimeField(_("started at"), null=True, blank=True)
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True)

    objects = scoped_by("vendor_id")

    class Meta:
        verbose_name = _("file on its way in")
        verbose_name_plural = _("files on their way in")
        ordering = ["-created_at"]
        indexes = [models.Index(fields=["status", "created_at"], name="import_job_due")]

    def __str__(self) -> str:
        return f"{self.created_at:%Y-%m-%d %H:%M} {self.filename}"

    @property
    def is_over(self) -> bool:
        return self.status not in (ImportStatus.QUEUED, ImportStatus.RUNNING)
