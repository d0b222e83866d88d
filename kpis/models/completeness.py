"""What completeness knows beside the figures: days that were excused, and feeds that were refused."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from kpis.choices import ExcuseCause
from vendors.models import Queue, Vendor
from vendors.querysets import scoped_by


class ExcusedDay(models.Model):
    """One queue-day that a manager took out of what is expected (제출 면제), until it is withdrawn.

    What was reported for the day stays and counts. A row is never deleted: a withdrawn one is the history.
    """

    queue = models.ForeignKey(Queue, models.PROTECT, related_name="excused_days", verbose_name=_("queue"))
    date = models.DateField(_("date"))
    cause = models.CharField(_("cause"), max_length=16, choices=ExcuseCause)
    reason = models.CharField(_("reason"), max_length=500)
    excused_by = models.CharField(_("excused by"), max_length=200)
    excused_at = models.DateTimeField(_("excused at"))
    withdrawn_by = models.CharField(_("withdrawn by"), max_length=200, blank=True, default="")
    withdrawn_at = models.DateTimeField(_("withdrawn at"), null=True, blank=True)
    withdrawn_reason = models.CharField(_("why it was withdrawn"), max_length=500, blank=True, default="")

    objects = scoped_by("queue__centre__vendor_id")

    class Meta:
        verbose_name = _("excused day")
        verbose_name_plural = _("excused days")
        ordering = ["-date", "queue"]
        constraints = [
            models.UniqueConstraint(
                fields=["queue", "date"],
                condition=models.Q(withdrawn_at__isnull=True),
                name="excused_day_once_at_a_time",
            )
        ]

    def __str__(self) -> str:
        return f"{self.queue_id} {self.date}"


class RefusedFeed(models.Model):
    """A body of figures that was refused (반려), or the rows of it that were. Rows are only ever added.

    Only of senders who may submit, without the figures: ``codes`` counts the errors by their code, ``way``
    is a :class:`SubmissionWay`.
    """

    vendor = models.ForeignKey(
        Vendor, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("vendor")
    )
    refused_at = models.DateTimeField(_("refused at"), db_index=True)
    submitted_by = models.CharField(_("who"), max_length=200)
    way = models.CharField(_("way in"), max_length=16)
    body_hash = models.CharField(_("SHA-256 of the body"), max_length=64)
    row_count = models.PositiveIntegerField(_("rows refused"))
    codes = models.JSONField(_("errors"), default=dict)

    objects = scoped_by("vendor_id")

    class Meta:
        verbose_name = _("refused feed")
        verbose_name_plural = _("refused feeds")
        ordering = ["-refused_at", "-id"]
        indexes = [models.Index(fields=["submitted_by", "refused_at"], name="refused_feed_of_a_sender")]

    def __str__(self) -> str:
        return f"{self.refused_at:%Y-%m-%d %H:%M} {self.submitted_by}"


class RefusedDay(models.Model):
    """One queue-day that a refused feed named."""

    feed = models.ForeignKey(RefusedFeed, models.PROTECT, related_name="days", verbose_name=_("refused feed"))
    queue = models.ForeignKey(Queue, models.PROTECT, related_name="+", verbose_name=_("queue"))
    date = models.DateField(_("date"))

    objects = scoped_by("queue__centre__vendor_id")

    class Meta:
        verbose_name = _("refused queue-day")
        verbose_name_plural = _("refused queue-days")
        ordering = ["feed", "queue", "date"]
        indexes = [models.Index(fields=["queue", "date"], name="refused_day_of_a_queue")]

    def __str__(self) -> str:
        return f"{self.queue_id} {self.date}"
