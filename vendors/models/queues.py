"""Queues, the unit that reports, and the calendar that says when they are open."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from vendors.choices import Channel, service_label
from vendors.models.base import Named, code_validator
from vendors.models.parties import Centre
from vendors.querysets import scoped_by


def every_weekday() -> list[int]:
    """ISO weekday numbers of a queue that never closes."""
    return [1, 2, 3, 4, 5, 6, 7]


class Queue(models.Model):
    """One service in one channel at one centre (업무그룹). A queue-day is the unit of reporting."""

    centre = models.ForeignKey(Centre, models.PROTECT, related_name="queues", verbose_name=_("centre"))
    code = models.CharField(_("code"), max_length=64, unique=True, validators=[code_validator])
    name = models.CharField(_("name"), max_length=200)
    service = models.CharField(_("service"), max_length=64, blank=True, default="")
    channel = models.CharField(_("channel"), max_length=16, choices=Channel, default=Channel.VOICE)
    opened_on = models.DateField(_("opened on"))
    closed_on = models.DateField(_("closed on"), null=True, blank=True, help_text=_("The last day it is open."))
    open_weekdays = models.JSONField(_("open weekdays"), default=every_weekday, help_text=_("1 Monday to 7 Sunday."))
    observes_holidays = models.BooleanField(_("closed on holidays"), default=False)

    history = HistoricalRecords()
    objects = scoped_by("centre__vendor_id")

    class Meta:
        verbose_name = _("queue")
        verbose_name_plural = _("queues")
        ordering = ["code"]

    def __str__(self) -> str:
        return self.name

    @property
    def service_label(self) -> str:
        return service_label(self.service)


class Holiday(Named):
    """One day on which queues that observe holidays are closed, in a country or at one centre.

    ``is_open`` turns a seeded holiday into a working day: people's edits win over the seed.
    """

    country = models.CharField(_("country"), max_length=2, default="KR")
    centre = models.ForeignKey(
        Centre, models.CASCADE, null=True, blank=True, related_name="holidays", verbose_name=_("centre")
    )
    date = models.DateField(_("date"))
    is_open = models.BooleanField(_("open after all"), default=False)
    is_seeded = models.BooleanField(_("from the public calendar"), default=False, editable=False)

    objects = scoped_by("centre__vendor_id")

    class Meta:
        verbose_name = _("holiday")
        verbose_name_plural = _("holidays")
        ordering = ["date", "country"]
        constraints = [
            models.UniqueConstraint(
                fields=["country", "date"], condition=models.Q(centre__isnull=True), name="holiday_one_per_country_day"
            ),
            models.UniqueConstraint(
                fields=["centre", "date"], condition=models.Q(centre__isnull=False), name="holiday_one_per_centre_day"
            ),
        ]
