"""What it comes to: attainments, and the marks that say which must be computed anew."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from kpis.choices import StatusChoice
from kpis.models.fields import DocumentField, figure
from kpis.models.targets import TargetSeries
from vendors.models import Contract
from vendors.querysets import scoped_by


class RecalculationMark(models.Model):
    """ "The figures of this contract changed on these days." Insert-only; deleted by the drain that used it.

    ``contract`` null means the programme-wide targets. ``first_on`` and ``last_on`` are inclusive.
    """

    contract = models.ForeignKey(Contract, models.CASCADE, null=True, related_name="+", verbose_name=_("contract"))
    first_on = models.DateField(_("first day"))
    last_on = models.DateField(_("last day"))
    created_at = models.DateTimeField(_("made at"), auto_now_add=True)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    error = models.TextField(_("error"), blank=True, default="")

    class Meta:
        verbose_name = _("recalculation mark")
        verbose_name_plural = _("recalculation marks")
        ordering = ["id"]
        indexes = [models.Index(fields=["contract"], name="recalculation_mark_contract")]

    def __str__(self) -> str:
        return f"{self.contract_id} {self.first_on}–{self.last_on}"


class Attainment(models.Model):
    """A target series held against what was reported in one of its periods (달성률). Computed, never typed.

    ``start`` and ``end`` bound the whole calendar period, also while it is open. ``explanation`` holds what
    the figure was made of, enough to recompute it; ``input_hash`` is the SHA-256 of everything that went in.
    """

    series = models.ForeignKey(TargetSeries, models.CASCADE, related_name="attainments", verbose_name=_("about"))
    start = models.DateField(_("start"))
    end = models.DateField(_("end"))
    value = figure(_("value"))
    adjusted_value = figure(_("adjusted value"))
    target = figure(_("target"))
    minimum = figure(_("minimum"))
    weight = models.DecimalField(_("weight"), max_digits=9, decimal_places=4, null=True)
    attainment = figure(_("attainment"))
    score = figure(_("score"))
    status = models.CharField(_("status"), max_length=16, choices=StatusChoice)
    flags = models.JSONField(_("flags"), default=list)
    volume = figure(_("volume"))
    days_expected = models.PositiveIntegerField(_("days expected"), default=0)
    days_reported = models.PositiveIntegerField(_("days reported"), default=0)
    explanation = DocumentField(_("explanation"), default=dict)
    input_hash = models.CharField(max_length=64)
    computed_at = models.DateTimeField(_("computed at"))

    objects = scoped_by("series__contract__vendor_id")

    class Meta:
        verbose_name = _("attainment")
        verbose_name_plural = _("attainments")
        ordering = ["series", "start"]
        constraints = [models.UniqueConstraint(fields=["series", "start"], name="attainment_once")]
        indexes = [models.Index(fields=["start"], name="attainment_start")]

    def __str__(self) -> str:
        return f"{self.series} {self.start}"
