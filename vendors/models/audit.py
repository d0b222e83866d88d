"""The append-only trail of who changed what."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from vendors.models.parties import Vendor
from vendors.querysets import scoped_by


class AuditEntry(models.Model):
    """One act of one actor on one object. Rows are only ever added; the database refuses the rest."""

    at = models.DateTimeField(_("at"), db_index=True)
    actor = models.CharField(_("who"), max_length=200)
    action = models.CharField(_("action"), max_length=64)
    object_type = models.CharField(_("object"), max_length=64)
    object_code = models.CharField(_("which"), max_length=200)
    vendor = models.ForeignKey(
        Vendor, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("vendor")
    )
    changes = models.JSONField(_("changes"), default=dict)
    request_id = models.CharField(_("request"), max_length=64, blank=True, default="")

    objects = scoped_by("vendor_id")

    class Meta:
        verbose_name = _("audit entry")
        verbose_name_plural = _("audit trail")
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.actor} {self.action} {self.object_type} {self.object_code}"
