"""Alerts: what somebody should look at, and what was done about it."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from bpo.choices import AlertKind, AlertSeverity, AlertStatus
from kpis.choices import PeriodChoice
from kpis.models import Kpi, TargetSeries
from kpis.models.fields import DocumentField
from vendors.models import Contract, Queue, Vendor
from vendors.querysets import scoped_by


class Alert(models.Model):
    """One thing that went wrong or is about to (알림): raised by the service, seen and settled by people.

    ``subject`` names what it is about (``series:12``, ``contract:3``, ``key:5``). ``is_live`` says whether its
    condition was never seen to end: while it is, no second alert of the kind is raised for the subject, though people
    have resolved it, unless it gets worse. ``facts`` holds the figures its message is written with, in the language of
    whoever reads it; ``step`` is how bad it is. Without a vendor it belongs to the company.
    """

    kind = models.CharField(_("kind"), max_length=24, choices=AlertKind)
    severity = models.CharField(_("severity"), max_length=8, choices=AlertSeverity)
    subject = models.CharField(_("subject"), max_length=64, editable=False)
    vendor = models.ForeignKey(
        Vendor, models.PROTECT, null=True, blank=True, related_name="alerts", verbose_name=_("vendor")
    )
    contract = models.ForeignKey(
        Contract, models.PROTECT, null=True, blank=True, related_name="alerts", verbose_name=_("contract")
    )
    series = models.ForeignKey(
        TargetSeries, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("target series")
    )
    kpi = models.ForeignKey(Kpi, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("KPI"))
    queue = models.ForeignKey(Queue, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("queue"))
    period = models.CharField(_("period"), max_length=8, choices=PeriodChoice, blank=True, default="")
    start = models.DateField(_("start"), null=True, blank=True)
    facts = DocumentField(_("facts"), default=dict)
    step = models.PositiveSmallIntegerField(_("step"), default=0)
    status = models.CharField(_("status"), max_length=12, choices=AlertStatus, default=AlertStatus.OPEN)
    is_live = models.BooleanField(_("the condition holds"), default=True)
    opened_at = models.DateTimeField(_("opened at"))
    changed_at = models.DateTimeField(_("changed at"))
    resolved_at = models.DateTimeField(_("resolved at"), null=True, blank=True)
    snoozed_until = models.DateTimeField(_("snoozed until"), null=True, blank=True)
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("assigned to"),
    )

    objects = scoped_by("vendor_id")

    class Meta:
        verbose_name = _("alert")
        verbose_name_plural = _("alerts")
        ordering = ["-opened_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["subject", "kind"], condition=models.Q(is_live=True), name="alert_one_live"
            ),
            models.CheckConstraint(
                condition=models.Q(status="resolved") | models.Q(is_live=True), name="alert_open_while_live"
            ),
        ]
        indexes = [
            models.Index(fields=["status", "-opened_at"], name="alert_inbox"),
            models.Index(fields=["contract"], condition=models.Q(is_live=True), name="alert_live_of_contract"),
        ]

    def __str__(self) -> str:
        return f"#{self.pk} {self.get_kind_display()}"


class AlertEvent(models.Model):
    """One step in the life of an alert: who did what, when, and a note. Rows are only ever added.

    The note of an ``is_internal`` one is never shown to a vendor. The row is also the outbox of what people are told:
    until ``is_dispatched``, the one thing of it that changes, its messages are still to be made.
    """

    alert = models.ForeignKey(Alert, models.PROTECT, related_name="events", verbose_name=_("alert"))
    action = models.CharField(_("action"), max_length=16)
    by = models.CharField(_("who"), max_length=200)
    at = models.DateTimeField(_("at"))
    note = models.CharField(_("note"), max_length=2000, blank=True, default="")
    is_internal = models.BooleanField(_("internal"), default=False)
    changes = models.JSONField(_("changes"), default=dict, blank=True)
    is_dispatched = models.BooleanField(_("messages made"), default=False, editable=False)

    objects = scoped_by("alert__vendor_id")

    class Meta:
        verbose_name = _("alert event")
        verbose_name_plural = _("alert events")
        ordering = ["alert", "id"]
        indexes = [models.Index(fields=["id"], condition=models.Q(is_dispatched=False), name="alert_event_outbox")]

    def __str__(self) -> str:
        return f"{self.alert_id} {self.action}"


class AlertMark(models.Model):
    """ "The alerts of this contract have not followed its figures yet." Written with the figures, deleted by the look.

    Without a contract it is about the programme's targets. ``months`` are the first days of those that were computed.
    """

    contract = models.ForeignKey(Contract, models.CASCADE, null=True, related_name="+", verbose_name=_("contract"))
    months = models.JSONField(_("months"), default=list)
    created_at = models.DateTimeField(_("made at"), auto_now_add=True)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    error = models.TextField(_("error"), blank=True, default="")

    objects = scoped_by("contract__vendor_id")

    class Meta:
        verbose_name = _("alert mark")
        verbose_name_plural = _("alert marks")
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.contract_id} {self.created_at:%Y-%m-%d}"
