"""Two sources of one figure: what each reported, and what was decided where they differ."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from kpis.choices import ReconciliationDecision, ReconciliationStatus
from kpis.models.feeds import Submission
from kpis.models.fields import DocumentField
from vendors.choices import MeasureOwner
from vendors.models import Contract, Queue
from vendors.querysets import scoped_by


class SourceFigure(models.Model):
    """What one source reported of a measure that has two (출처별 실적). Rows are only ever added.

    The latest row of a source is what it says now; ``value`` is a document ``{"value": …}``, null is withdrawn.
    ``is_month`` marks a month's total, dated the first of its month.
    """

    queue = models.ForeignKey(Queue, models.PROTECT, related_name="+", verbose_name=_("queue"))
    date = models.DateField(_("date"))
    is_month = models.BooleanField(_("month total"), default=False)
    measure = models.CharField(_("measure"), max_length=64)
    source = models.CharField(_("source"), max_length=16, choices=MeasureOwner)
    document = DocumentField(_("value"))
    submission = models.ForeignKey(Submission, models.PROTECT, related_name="+", verbose_name=_("submission"))

    objects = scoped_by("queue__centre__vendor_id")

    class Meta:
        verbose_name = _("figure of a source")
        verbose_name_plural = _("figures by source")
        ordering = ["-id"]
        indexes = [models.Index(fields=["queue", "date"], name="source_figure_of_a_day")]

    def __str__(self) -> str:
        return f"{self.queue_id} {self.date} {self.measure} {self.source}"

    @property
    def value(self) -> Any:
        return self.document["value"]


class Reconciliation(models.Model):
    """One difference between two sources beyond the tolerance (대사 항목), until it is settled by decision.

    The figure of ``first_source`` counts until then, or what was decided before. ``figures`` is a document
    ``{"first": …, "second": …, "decided": …}``. ``is_month`` as in :class:`SourceFigure`.
    """

    contract = models.ForeignKey(Contract, models.PROTECT, related_name="+", verbose_name=_("contract"))
    queue = models.ForeignKey(Queue, models.PROTECT, related_name="reconciliations", verbose_name=_("queue"))
    date = models.DateField(_("date"))
    is_month = models.BooleanField(_("month total"), default=False)
    measure = models.CharField(_("measure"), max_length=64)
    first_source = models.CharField(_("first source"), max_length=16, choices=MeasureOwner)
    second_source = models.CharField(_("second source"), max_length=16, choices=MeasureOwner)
    figures = DocumentField(_("figures"))
    first_submission = models.ForeignKey(Submission, models.PROTECT, related_name="+", verbose_name=_("submission"))
    second_submission = models.ForeignKey(Submission, models.PROTECT, related_name="+", verbose_name=_("submission"))
    tolerance_percent = models.DecimalField(_("tolerance, %"), max_digits=7, decimal_places=3, null=True, blank=True)
    tolerance_absolute = models.DecimalField(
        _("tolerance, absolute"), max_digits=18, decimal_places=4, null=True, blank=True
    )
    status = models.CharField(
        _("status"), max_length=16, choices=ReconciliationStatus, default=ReconciliationStatus.OPEN
    )
    opened_at = models.DateTimeField(_("found at"))
    decision = models.CharField(_("decision"), max_length=16, choices=ReconciliationDecision, blank=True, default="")
    note = models.CharField(_("note"), max_length=2000, blank=True, default="")
    decided_by = models.CharField(_("decided by"), max_length=200, blank=True, default="")
    decided_at = models.DateTimeField(_("decided at"), null=True, blank=True)
    settlement = models.ForeignKey(
        Submission, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("settled with")
    )

    objects = scoped_by("queue__centre__vendor_id")

    class Meta:
        verbose_name = _("reconciliation item")
        verbose_name_plural = _("reconciliation items")
        ordering = ["-date", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["queue", "date", "is_month", "measure"],
                condition=models.Q(status="open"),
                name="reconciliation_one_open",
            )
        ]

    def __str__(self) -> str:
        return f"{self.queue_id} {self.date} {self.measure}"
