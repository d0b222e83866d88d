"""Reports that go out: who gets which and when, what was sent to whom, and the links that open it for a while."""

import uuid
from datetime import time

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from bpo.choices import ReportCause, ReportKind, ReportPeriod
from bpo.querysets import ReportQuerySet, SentReportQuerySet
from vendors.models import Vendor

MOST_BUSINESS_DAYS = 15
MOST_LINK_DAYS = 90
LANGUAGE_LENGTH = 8
_NUMBER = models.PositiveSmallIntegerField


class ReportSubscription(models.Model):
    """One report that goes out on its own: to whom, about which periods, and on which business day after their end.

    ``roles`` are groups (everybody of a role), ``addresses`` mail addresses without an account; ``attachments`` are
    keys of document editions. Nothing that was due before ``since`` is sent: it was made, resumed or moved then.
    """

    name = models.CharField(_("name"), max_length=100)
    kind = models.CharField(_("mail"), max_length=16, choices=ReportKind, default=ReportKind.EXECUTIVE)
    period = models.CharField(_("how often"), max_length=8, choices=ReportPeriod, default=ReportPeriod.MONTH)
    business_day = _NUMBER(
        _("business day after the end"), default=7,
        validators=[MinValueValidator(1), MaxValueValidator(MOST_BUSINESS_DAYS)],
    )  # fmt: skip
    at = models.TimeField(_("time of day"), default=time(8, 30))
    language = models.CharField(_("language"), max_length=LANGUAGE_LENGTH, choices=settings.LANGUAGES, default="ko")
    users = models.ManyToManyField(settings.AUTH_USER_MODEL, blank=True, related_name="+", verbose_name=_("people"))
    roles = models.JSONField(_("groups"), default=list, blank=True)
    addresses = models.JSONField(_("addresses without an account"), default=list, blank=True)
    attachments = models.JSONField(_("attachments"), default=list, blank=True)
    link_days = _NUMBER(
        _("days the link opens"), default=30, validators=[MinValueValidator(1), MaxValueValidator(MOST_LINK_DAYS)]
    )
    is_active = models.BooleanField(_("active"), default=True)
    since = models.DateTimeField(_("since"), editable=False)
    created_by = models.CharField(_("made by"), max_length=200, editable=False)
    created_at = models.DateTimeField(_("made at"), editable=False)

    objects = ReportQuerySet.as_manager()

    class Meta:
        verbose_name = _("report subscription")
        verbose_name_plural = _("report subscriptions")
        ordering = ["name", "id"]

    def __str__(self) -> str:
        return self.name


class ReportOptOut(models.Model):
    """Somebody who ended a report by the link in its mail."""

    subscription = models.ForeignKey(
        ReportSubscription, models.CASCADE, related_name="opt_outs", verbose_name=_("report subscription")
    )
    address = models.EmailField(_("mail address"))
    at = models.DateTimeField(_("at"))

    objects = ReportQuerySet.as_manager()

    class Meta:
        verbose_name = _("ended report")
        verbose_name_plural = _("ended reports")
        ordering = ["-at"]
        constraints = [models.UniqueConstraint(fields=["subscription", "address"], name="report_opt_out_once")]

    def __str__(self) -> str:
        return self.address


class ReportFile(models.Model):
    """The bytes of an attachment, once however many got it; its key is their SHA-256. Rows are only ever added."""

    sha256 = models.CharField(_("SHA-256"), max_length=64, primary_key=True)
    content = models.BinaryField(_("content"))
    size = models.PositiveIntegerField(_("bytes"))

    objects = ReportQuerySet.as_manager()

    class Meta:
        verbose_name = _("file of a report")
        verbose_name_plural = _("files of reports")

    def __str__(self) -> str:
        return self.sha256


class SentReport(models.Model):
    """One report as it was written for one recipient, for good; how far it got stands at its delivery.

    ``slot`` and ``address`` are unique: a report goes to nobody twice. ``text`` and ``html`` are the mail's bodies
    with two marks where the recipient's own links stand, which nobody else may have; ``content`` is what the link
    opens; ``files`` lists the attachments, ``{edition, name, media_type, sha256, size}`` each. ``is_of_all`` and
    ``vendors`` are whose results its recipient saw then: neither, of one for all staff, which tells of none.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    subscription = models.ForeignKey(
        ReportSubscription, models.PROTECT, related_name="sent", verbose_name=_("report subscription")
    )
    cause = models.CharField(_("why"), max_length=8, choices=ReportCause)
    slot = models.CharField(_("slot"), max_length=64)
    kind = models.CharField(_("mail"), max_length=16, choices=ReportKind)
    period = models.CharField(_("how often"), max_length=8, choices=ReportPeriod)
    start = models.DateField(_("period from"))
    language = models.CharField(_("language"), max_length=LANGUAGE_LENGTH)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("user")
    )
    address = models.EmailField(_("mail address"))
    subject = models.CharField(pgettext_lazy("mail", "subject"), max_length=300)
    text = models.TextField(_("text"))
    html = models.TextField("HTML")
    content = models.JSONField(_("content"))
    files = models.JSONField(_("attachments"), default=list)
    link_days = _NUMBER(_("days the link opens"))
    is_of_all = models.BooleanField(_("about all vendors"), default=True)
    vendors = models.ManyToManyField(Vendor, blank=True, related_name="+", verbose_name=_("about these vendors"))
    made_by = models.CharField(_("made by"), max_length=200)
    made_at = models.DateTimeField(_("made at"))

    objects = SentReportQuerySet.as_manager()

    class Meta:
        verbose_name = _("sent report")
        verbose_name_plural = _("sent reports")
        ordering = ["-made_at", "address"]
        constraints = [models.UniqueConstraint(fields=["slot", "address"], name="sent_report_once")]
        indexes = [models.Index(fields=["user", "-made_at"], name="sent_report_of_user")]

    def __str__(self) -> str:
        return self.subject


class ReportLink(models.Model):
    """A link that opens one report without a log-in until it expires or is revoked; only its hash is kept.

    ``is_personal`` is the one in the mail; others are made by hand to be passed on, each for a purpose.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    report = models.ForeignKey(SentReport, models.PROTECT, related_name="links", verbose_name=_("sent report"))
    token_hash = models.CharField(_("hash"), max_length=64, unique=True, editable=False)
    is_personal = models.BooleanField(_("of the mail"), default=False)
    purpose = models.CharField(_("for whom"), max_length=100, blank=True, default="")
    created_by = models.CharField(_("made by"), max_length=200)
    created_at = models.DateTimeField(_("made at"))
    expires_at = models.DateTimeField(_("expires at"))
    revoked_at = models.DateTimeField(_("revoked at"), null=True, blank=True)
    revoked_by = models.CharField(_("revoked by"), max_length=200, blank=True, default="")
    opened = models.PositiveIntegerField(_("times opened"), default=0)
    opened_at = models.DateTimeField(_("opened last"), null=True, blank=True)

    objects = ReportQuerySet.as_manager()

    class Meta:
        verbose_name = _("link to a report")
        verbose_name_plural = _("links to reports")
        ordering = ["-created_at", "id"]

    def __str__(self) -> str:
        return str(self.id)
