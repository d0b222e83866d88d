"""Import profiles: how a vendor's own files are read."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from vendors.models import Vendor
from vendors.models.base import code_validator
from vendors.querysets import scoped_by


class ImportProfile(models.Model):
    """One kind of file that a vendor's system exports, and how it is read (가져오기 양식).

    Without a vendor it is the client's own: a file with the queues of many vendors.
    """

    vendor = models.ForeignKey(
        Vendor,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="import_profiles",
        verbose_name=_("vendor"),
        help_text=_("Empty for a file of the client that holds queues of several vendors."),
    )
    code = models.CharField(_("code"), max_length=64, validators=[code_validator])
    name = models.CharField(_("name"), max_length=200)
    is_active = models.BooleanField(_("in use"), default=True)

    objects = scoped_by("vendor_id")

    class Meta:
        verbose_name = _("import profile")
        verbose_name_plural = _("import profiles")
        ordering = ["vendor", "code"]
        constraints = [
            models.UniqueConstraint(fields=["vendor", "code"], name="import_profile_once_a_vendor"),
            models.UniqueConstraint(
                fields=["code"], condition=models.Q(vendor__isnull=True), name="import_profile_once_of_the_client"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class ImportProfileVersion(models.Model):
    """How a profile reads its files from a moment on. ``mapping`` is a layout: kpis/imports/README.md."""

    profile = models.ForeignKey(
        ImportProfile, models.CASCADE, related_name="versions", verbose_name=_("import profile")
    )
    number = models.PositiveIntegerField(_("version"))
    mapping = models.JSONField(_("mapping"))
    note = models.CharField(_("note"), max_length=500, blank=True, default="")
    created_by = models.CharField(_("made by"), max_length=200, blank=True, default="")
    created_at = models.DateTimeField(_("made at"))

    objects = scoped_by("profile__vendor_id")

    class Meta:
        verbose_name = _("version of an import profile")
        verbose_name_plural = _("versions of import profiles")
        ordering = ["profile", "-number"]
        constraints = [models.UniqueConstraint(fields=["profile", "number"], name="import_profile_version_number")]

    def __str__(self) -> str:
        return f"{self.profile} v{self.number}"
