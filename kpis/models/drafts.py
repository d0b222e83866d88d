"""Figures that do not count yet: being checked by who sends them, or waiting for a second person."""

import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from kpis.choices import DraftStatus, SubmissionWay
from kpis.models.feeds import Submission
from kpis.models.fields import DocumentField
from vendors.models import ApiKey, Contract, Vendor
from vendors.querysets import scoped_by


class SubmissionDraft(models.Model):
    """One body of figures before it counts (제출 전 점검, 확인 대기). It is stored nowhere else until it is sent.

    ``body`` holds what was read: ``rows`` as in the API, ``numbers`` (their lines in the file, or null),
    ``errors`` (lines that could not be read), and the ``text`` that was pasted. An open draft belongs to the person
    who made it; a held one is shown to the vendor, and counts only when a second person has confirmed it.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    vendor = models.ForeignKey(Vendor, models.CASCADE, related_name="drafts", verbose_name=_("vendor"))
    contract = models.ForeignKey(
        Contract, models.CASCADE, null=True, blank=True, related_name="drafts", verbose_name=_("contract")
    )
    status = models.CharField(_("status"), max_length=16, choices=DraftStatus, default=DraftStatus.OPEN)
    way = models.CharField(_("way in"), max_length=16, choices=SubmissionWay, default=SubmissionWay.FORM)
    file_name = models.CharField(_("file"), max_length=255, blank=True, default="")
    body = DocumentField(_("rows"))
    body_hash = models.CharField(_("SHA-256 of the body"), max_length=64)
    note = models.CharField(_("note"), max_length=2000, blank=True, default="")
    made_by = models.CharField(_("who"), max_length=200)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    api_key = models.ForeignKey(ApiKey, models.SET_NULL, null=True, blank=True, related_name="+")
    correction = models.CharField(_("why values are replaced"), max_length=24, blank=True, default="")
    made_at = models.DateTimeField(_("made at"))
    is_saved = models.BooleanField(_("saved to go on later"), default=False)
    held_at = models.DateTimeField(_("held since"), null=True, blank=True)
    decided_by = models.CharField(_("decided by"), max_length=200, blank=True, default="")
    decided_at = models.DateTimeField(_("decided at"), null=True, blank=True)
    reason = models.CharField(_("reason"), max_length=2000, blank=True, default="")
    submission = models.OneToOneField(
        Submission, models.PROTECT, null=True, blank=True, related_name="draft", verbose_name=_("submission")
    )

    objects = scoped_by("vendor_id")

    class Meta:
        verbose_name = _("draft of a submission")
        verbose_name_plural = _("drafts of submissions")
        ordering = ["-made_at", "-id"]
        indexes = [models.Index(fields=["vendor", "status"], name="submission_draft_by_vendor")]

    def __str__(self) -> str:
        return f"{self.made_at:%Y-%m-%d %H:%M} {self.made_by}"
