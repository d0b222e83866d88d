"""What was reported: submissions, the current figures, and every figure they replaced."""

import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from kpis.choices import CorrectionReason, SubmissionWay
from kpis.models.fields import DocumentField
from kpis.models.profiles import ImportProfileVersion
from vendors.models import ApiKey, Queue, Vendor
from vendors.querysets import scoped_by


class Submission(models.Model):
    """One body of figures that was accepted (제출). Rows are only ever added.

    ``result`` keeps the answer that was given: counts of new, changed and unchanged values, totals, warnings.
    ``number`` is what people cite it by (``2026-1125-0042``): the day, and the count within it.
    ``derived`` lists the measures whose values nobody counted: they were computed from percentages or means.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    vendor = models.ForeignKey(
        Vendor,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="submissions",
        verbose_name=_("vendor"),
        help_text=_("Empty where one body held figures of several vendors."),
    )
    received_at = models.DateTimeField(_("received at"), db_index=True)
    submitted_by = models.CharField(_("who"), max_length=200)
    api_key = models.ForeignKey(ApiKey, models.SET_NULL, null=True, blank=True, related_name="+")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    way = models.CharField(_("way in"), max_length=16, choices=SubmissionWay, default=SubmissionWay.API)
    note = models.CharField(_("note"), max_length=2000, blank=True, default="")
    # Null and not empty: SQLite adds such a column in place, and a table made anew would lose its triggers.
    reason = models.CharField(_("reason"), max_length=24, choices=CorrectionReason, null=True, blank=True)  # noqa: DJ001
    body_hash = models.CharField(_("SHA-256 of the body"), max_length=64)
    row_count = models.PositiveIntegerField(_("queue-days"))
    result = models.JSONField(_("result"), default=dict)
    profile_version = models.ForeignKey(
        ImportProfileVersion,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="submissions",
        verbose_name=_("import profile"),
    )
    derived = models.JSONField(_("derived measures"), null=True, blank=True)
    # Null and not empty: SQLite adds such columns in place, and a table made anew would lose its triggers.
    number = models.CharField(_("receipt number"), max_length=20, null=True, blank=True)  # noqa: DJ001
    file_name = models.CharField(_("file"), max_length=255, null=True, blank=True)  # noqa: DJ001
    confirmed_by = models.CharField(_("confirmed by"), max_length=200, null=True, blank=True)  # noqa: DJ001

    objects = scoped_by("vendor_id")

    class Meta:
        verbose_name = _("submission")
        verbose_name_plural = _("submissions")
        ordering = ["-received_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["number"], condition=models.Q(number__isnull=False), name="kpis_submission_one_a_number"
            )
        ]

    def __str__(self) -> str:
        return f"{self.received_at:%Y-%m-%d %H:%M} {self.submitted_by}"


class IdempotencyKey(models.Model):
    """One Idempotency-Key that was used up by a submission; forgotten after 90 days, while the receipt stays.

    ``digest`` is a hash of the key and of whose it is.
    """

    digest = models.CharField(max_length=64, primary_key=True)
    submission = models.ForeignKey(Submission, models.PROTECT, related_name="+", verbose_name=_("submission"))
    kept_at = models.DateTimeField(db_index=True)

    objects = scoped_by("submission__vendor_id")

    class Meta:
        verbose_name = _("idempotency key")
        verbose_name_plural = _("idempotency keys")

    def __str__(self) -> str:
        return self.digest[:8]


class ReceiptCounter(models.Model):
    """How many receipts one day gave out: the last number, so that the next one leaves no gap."""

    date = models.DateField(primary_key=True)
    last = models.PositiveIntegerField()

    class Meta:
        verbose_name = _("receipt counter")
        verbose_name_plural = _("receipt counters")

    def __str__(self) -> str:
        return f"{self.date} {self.last}"


class DailyMetric(models.Model):
    """The current figures of one queue for one day, as a document (일일 실적).

    ``measures`` maps a measure's code to its value: whole numbers as JSON integers, other numbers as decimal
    strings (exact), histograms as lists of integers; a measure that is absent was not reported. Every value
    came with ``submission`` as revision 1, except those in ``origins``: ``{submission: {measure: revision}}``.
    ``is_month`` marks a month total of closed history, dated the first of its month.
    """

    queue = models.ForeignKey(Queue, models.PROTECT, related_name="daily_metrics", verbose_name=_("queue"))
    date = models.DateField(_("date"))
    is_month = models.BooleanField(_("month total"), default=False)
    measures = DocumentField(_("measures"))
    submission = models.ForeignKey(Submission, models.PROTECT, related_name="+", verbose_name=_("submission"))
    origins = DocumentField(_("origins"), default=dict)

    objects = scoped_by("queue__centre__vendor_id")

    class Meta:
        verbose_name = _("daily metric")
        verbose_name_plural = _("daily metrics")
        ordering = ["queue", "date"]
        constraints = [models.UniqueConstraint(fields=["queue", "date", "is_month"], name="daily_metric_once")]

    def __str__(self) -> str:
        return f"{self.queue_id} {self.date}"


class MetricRevision(models.Model):
    """What one submission changed on a queue-day that was there before (정정). Rows are only ever added.

    ``changes`` maps a measure to ``[old value, new value, revision]``; null is "not reported". Who, when and
    why stand on the submission.
    """

    queue = models.ForeignKey(Queue, models.PROTECT, related_name="revisions", verbose_name=_("queue"))
    date = models.DateField(_("date"))
    is_month = models.BooleanField(_("month total"), default=False)
    submission = models.ForeignKey(Submission, models.PROTECT, related_name="revisions", verbose_name=_("submission"))
    changes = DocumentField(_("changes"))

    objects = scoped_by("queue__centre__vendor_id")

    class Meta:
        verbose_name = _("revision")
        verbose_name_plural = _("revisions")
        ordering = ["-id"]
        indexes = [models.Index(fields=["queue", "date"], name="metric_revision_of_a_day")]

    def __str__(self) -> str:
        return f"{self.queue_id} {self.date}"
