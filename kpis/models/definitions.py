"""What is measured and how it becomes a KPI."""

from decimal import Decimal

from django.db import models
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from kpis.choices import DirectionChoice, RollupChoice
from vendors.choices import Channel
from vendors.models.base import Named, for_reader, name_validator


class Measure(Named):
    """One count, duration, sum, stock or histogram that a queue reports for a day (기초 실적).

    ``relations`` holds the rules of plausibility: ``answered <= offered; soft hold_s <= talk_s``. Roll-up
    and unit never change once the measure exists, so that no past figure can change its meaning. ``edges`` are
    the first ones of a histogram, later ones stand in :class:`BucketEdges`.
    """

    code = models.CharField(_("code"), max_length=64, unique=True, validators=[name_validator])
    unit = models.CharField(_("unit"), max_length=32, default="count")
    rollup = models.CharField(_("roll-up"), max_length=16, choices=RollupChoice, default=RollupChoice.ADDITIVE)
    relations = models.TextField(_("relations"), blank=True, default="")
    edges = models.JSONField(_("bucket edges"), null=True, blank=True)
    edges_version = models.CharField(
        _("version of the edges"), max_length=64, blank=True, default="", validators=[name_validator]
    )
    is_shipped = models.BooleanField(_("from the catalogue"), default=False, editable=False)

    history = HistoricalRecords()

    class Meta:
        verbose_name = _("measure")
        verbose_name_plural = _("measures")
        ordering = ["code"]


class BucketEdges(models.Model):
    """The upper bucket edges of one histogram from ``valid_from`` on, the first of a month (구간 경계).

    Counts of different edges are never added together.
    """

    measure = models.ForeignKey(Measure, models.CASCADE, related_name="later_edges", verbose_name=_("measure"))
    version = models.CharField(_("version of the edges"), max_length=64, validators=[name_validator])
    valid_from = models.DateField(_("valid from"))
    edges = models.JSONField(_("bucket edges"))

    history = HistoricalRecords()

    class Meta:
        verbose_name = _("bucket edges")
        verbose_name_plural = _("bucket edges")
        ordering = ["measure", "valid_from"]
        constraints = [
            models.UniqueConstraint(fields=["measure", "valid_from"], name="bucket_edges_one_per_start"),
            models.UniqueConstraint(fields=["measure", "version"], name="bucket_edges_once"),
        ]

    def __str__(self) -> str:
        return f"{self.measure} {self.version}"


class Kpi(Named):
    """One indicator (지표): what people read about it. Its arithmetic stands in :class:`KpiVersion`."""

    code = models.CharField(_("code"), max_length=64, unique=True, validators=[name_validator])
    category = models.CharField(_("category"), max_length=32, blank=True, default="")
    channel = models.CharField(_("channel"), max_length=16, choices=Channel, default=Channel.ANY)
    journey_stage = models.CharField(_("journey stage"), max_length=32, blank=True, default="any")
    definition = models.TextField(_("definition"), blank=True, default="")
    variants = models.TextField(_("variants"), blank=True, default="")
    pitfalls = models.TextField(_("pitfalls"), blank=True, default="")
    definition_ko = models.TextField(_("Korean definition"), blank=True, default="")
    variants_ko = models.TextField(_("Korean variants"), blank=True, default="")
    pitfalls_ko = models.TextField(_("Korean pitfalls"), blank=True, default="")
    typical_minimum = models.CharField(_("typical minimum"), max_length=32, blank=True, default="")
    typical_target = models.CharField(_("typical target"), max_length=32, blank=True, default="")
    control_chart = models.CharField(_("control chart"), max_length=8, blank=True, default="")
    is_core = models.BooleanField(_("core"), default=False)
    needs_labour_review = models.BooleanField(
        _("labour-law review needed"), default=False, help_text=_("Counts a vendor's people; in no shipped set.")
    )
    is_shipped = models.BooleanField(_("from the catalogue"), default=False, editable=False)

    history = HistoricalRecords()

    class Meta:
        verbose_name = _("KPI")
        verbose_name_plural = _("KPIs")
        ordering = ["-is_core", "code"]

    @property
    def meaning(self) -> str:
        """The definition in the language of the reader; the other one where it is blank."""
        return for_reader(self.definition, self.definition_ko)


class KpiVersion(models.Model):
    """The arithmetic of one KPI on ``[valid_from, valid_until)``; the first version has no beginning.

    The version in force on a period's first day holds for the whole period, so an edit never changes a
    period that had begun before it.
    """

    kpi = models.ForeignKey(Kpi, models.CASCADE, related_name="versions", verbose_name=_("KPI"))
    number = models.PositiveIntegerField(_("version"), default=1)
    valid_from = models.DateField(_("valid from"), null=True, blank=True)
    valid_until = models.DateField(_("valid until"), null=True, blank=True)
    formula = models.CharField(_("formula"), max_length=500)
    unit = models.CharField(_("unit"), max_length=32, default="%")
    direction = models.CharField(_("direction"), max_length=8, choices=DirectionChoice, default=DirectionChoice.HIGHER)
    aggregation = models.CharField(_("aggregation"), max_length=32, default="ratio_of_sums")
    decimals = models.PositiveSmallIntegerField(_("decimals"), default=2)
    min_volume = models.DecimalField(_("minimum volume"), max_digits=18, decimal_places=6, default=Decimal(0))
    min_measure = models.CharField(_("measure the minimum counts"), max_length=64, blank=True, default="")
    sampled = models.BooleanField(_("sampled"), default=False)
    settle_days = models.PositiveSmallIntegerField(_("days to settle"), default=0)
    bounds = models.JSONField(_("bounds"), null=True, blank=True, help_text=_("[lowest, highest] possible value."))
    created_at = models.DateTimeField(auto_now_add=True)

    history = HistoricalRecords()

    class Meta:
        verbose_name = _("KPI version")
        verbose_name_plural = _("KPI versions")
        ordering = ["kpi", "number"]
        constraints = [
            models.UniqueConstraint(fields=["kpi", "number"], name="kpi_version_number"),
            models.UniqueConstraint(fields=["kpi", "valid_from"], name="kpi_version_one_per_start"),
            models.UniqueConstraint(
                fields=["kpi"], condition=models.Q(valid_from__isnull=True), name="kpi_version_one_first"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kpi} v{self.number}"
