"""Who works for us: vendors and their centres."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from vendors.models.base import Named, code_validator
from vendors.querysets import OpenQuerySet, scoped_by


class Vendor(Named):
    """One company that runs customer centres for the client."""

    code = models.CharField(_("code"), max_length=64, unique=True, validators=[code_validator])
    is_active = models.BooleanField(_("active"), default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    history = HistoricalRecords()
    objects = scoped_by("id")

    class Meta:
        verbose_name = _("vendor")
        verbose_name_plural = _("vendors")
        ordering = ["code"]


class Department(Named):
    """A department of the client (유관 부서) whose doings move what the centres get to do.

    It need not sign in: ``email`` is where it is asked, in ``language``; ``owner`` and ``deputy`` are who answers.
    """

    code = models.CharField(_("code"), max_length=64, unique=True, validators=[code_validator])
    owner = models.CharField(_("owner"), max_length=200, blank=True, default="")
    deputy = models.CharField(_("deputy"), max_length=200, blank=True, default="")
    email = models.EmailField(_("e-mail"), blank=True, default="")
    language = models.CharField(_("language"), max_length=8, choices=settings.LANGUAGES, default="ko")
    is_active = models.BooleanField(_("active"), default=True)

    history = HistoricalRecords()
    objects = OpenQuerySet.as_manager()

    class Meta:
        verbose_name = _("department")
        verbose_name_plural = _("departments")
        ordering = ["code"]


class Centre(models.Model):
    """One site of a vendor. Its time zone decides which date a contact belongs to."""

    vendor = models.ForeignKey(Vendor, models.PROTECT, related_name="centres", verbose_name=_("vendor"))
    code = models.CharField(_("code"), max_length=64, unique=True, validators=[code_validator])
    name = models.CharField(_("name"), max_length=200)
    timezone = models.CharField(_("time zone"), max_length=64, default="Asia/Seoul")
    country = models.CharField(_("country"), max_length=2, default="KR")

    history = HistoricalRecords()
    objects = scoped_by("vendor_id")

    class Meta:
        verbose_name = _("centre")
        verbose_name_plural = _("centres")
        ordering = ["code"]

    def __str__(self) -> str:
        return self.name
