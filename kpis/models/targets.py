"""What we asked for: targets by date, and the sets they come from."""

from decimal import Decimal

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from kpis.choices import BelowMinimumChoice, ModeChoice, PeriodChoice, RoundingChoice
from kpis.models.definitions import Kpi
from kpis.models.fields import level
from vendors.models import Contract, Queue
from vendors.models.base import Named, code_validator
from vendors.querysets import DatedQuerySet, scoped_by


class TargetSeries(models.Model):
    """What a target is about: one KPI of one contract (pooled), of one queue, or of the whole programme.

    The row that two managers editing at once lock, so that effective dates can never overlap.
    ``key`` makes it unique where contract or queue are null.
    """

    key = models.CharField(max_length=200, unique=True, editable=False)
    contract = models.ForeignKey(
        Contract, models.PROTECT, null=True, blank=True, related_name="target_series", verbose_name=_("contract")
    )
    queue = models.ForeignKey(
        Queue, models.PROTECT, null=True, blank=True, related_name="target_series", verbose_name=_("queue")
    )
    kpi = models.ForeignKey(Kpi, models.PROTECT, related_name="target_series", verbose_name=_("KPI"))
    period = models.CharField(_("period"), max_length=8, choices=PeriodChoice, default=PeriodChoice.MONTH)

    objects = scoped_by("contract__vendor_id")

    class Meta:
        verbose_name = _("target series")
        verbose_name_plural = _("target series")
        ordering = ["contract", "queue", "kpi", "period"]

    def __str__(self) -> str:
        about = self.contract or _("Programme")
        return f"{about} · {self.kpi}"

    def save(self, *args: object, **kwargs: object) -> None:
        self.key = self.key_of(self.contract_id, self.queue_id, self.kpi_id, self.period)
        super().save(*args, **kwargs)  # type: ignore[arg-type]

    @staticmethod
    def key_of(contract_id: int | None, queue_id: int | None, kpi_id: int, period: str) -> str:
        return f"{contract_id or '-'}/{queue_id or '-'}/{kpi_id}/{period}"


class TargetSet(Named):
    """A named 평가 기준: KPIs, levels, weights, grade table and policies, versioned as a whole."""

    code = models.CharField(_("code"), max_length=64, unique=True, validators=[code_validator])
    is_shipped = models.BooleanField(_("from the catalogue"), default=False, editable=False)

    history = HistoricalRecords()

    class Meta:
        verbose_name = _("target set")
        verbose_name_plural = _("target sets")
        ordering = ["code"]


class TargetSetVersion(models.Model):
    """One version of a target set.

    ``items``: list of target fields as in the API (kpi, period, minimum, target, stretch, weight, …).
    ``policies``: any of the contract terms (grades, gates, missing_policy, …); absent ones stay as they are.
    """

    target_set = models.ForeignKey(TargetSet, models.CASCADE, related_name="versions", verbose_name=_("target set"))
    number = models.PositiveIntegerField(_("version"))
    items = models.JSONField(_("items"))
    policies = models.JSONField(_("policies"), default=dict, blank=True)
    note = models.CharField(_("note"), max_length=500, blank=True, default="")
    created_by = models.CharField(_("made by"), max_length=200, blank=True, default="")
    created_at = models.DateTimeField(_("made at"), auto_now_add=True)

    class Meta:
        verbose_name = _("target set version")
        verbose_name_plural = _("target set versions")
        ordering = ["target_set", "-number"]
        constraints = [models.UniqueConstraint(fields=["target_set", "number"], name="target_set_version_number")]

    def __str__(self) -> str:
        return f"{self.target_set} v{self.number}"


class TargetSetApplication(models.Model):
    """One set version applied to one contract from a date."""

    version = models.ForeignKey(
        TargetSetVersion, models.PROTECT, related_name="applications", verbose_name=_("version")
    )
    contract = models.ForeignKey(
        Contract, models.CASCADE, related_name="target_set_applications", verbose_name=_("contract")
    )
    valid_from = models.DateField(_("valid from"))
    percent_change = models.DecimalField(_("change, %"), max_digits=7, decimal_places=3, default=Decimal(0))
    applied_by = models.CharField(_("applied by"), max_length=200, blank=True, default="")
    applied_at = models.DateTimeField(_("applied at"), auto_now_add=True)

    objects = scoped_by("contract__vendor_id")

    class Meta:
        verbose_name = _("application of a target set")
        verbose_name_plural = _("applications of target sets")
        ordering = ["-applied_at"]

    def __str__(self) -> str:
        return f"{self.version} → {self.contract}"


class Target(models.Model):
    """One version of a target (목표) on ``[valid_from, valid_until)``. Versions of a series never overlap."""

    series = models.ForeignKey(TargetSeries, models.PROTECT, related_name="targets", verbose_name=_("about"))
    valid_from = models.DateField(_("valid from"))
    valid_until = models.DateField(_("valid until"), null=True, blank=True)
    minimum = level(_("minimum level"))
    minimum_upper = level(_("minimum level, upper"))
    target = models.DecimalField(_("target level"), max_digits=20, decimal_places=8)
    target_upper = level(_("target level, upper"))
    stretch = level(_("stretch level"))
    weight = models.DecimalField(_("weight"), max_digits=9, decimal_places=4, null=True, blank=True)
    attainment_mode = models.CharField(_("attainment"), max_length=16, choices=ModeChoice, default=ModeChoice.RATIO)
    score_at_minimum = models.DecimalField(
        _("score at the minimum level"), max_digits=9, decimal_places=4, default=Decimal(60)
    )
    score_at_target = models.DecimalField(
        _("score at the target level"), max_digits=9, decimal_places=4, default=Decimal(100)
    )
    score_at_stretch = models.DecimalField(
        _("score at the stretch level"), max_digits=9, decimal_places=4, default=Decimal(120)
    )
    below_minimum = models.CharField(
        _("below the minimum"), max_length=8, choices=BelowMinimumChoice, default=BelowMinimumChoice.ZERO
    )
    step = level(_("points lost per incident"))
    tiers = models.JSONField(_("points table"), null=True, blank=True)
    cap = models.DecimalField(_("cap"), max_digits=9, decimal_places=4, null=True, blank=True)
    decimals = models.PositiveSmallIntegerField(_("decimals"), default=2)
    rounding = models.CharField(_("rounding"), max_length=8, choices=RoundingChoice, default=RoundingChoice.HALF_UP)
    parameters = models.JSONField(_("parameters"), default=dict, blank=True)
    application = models.ForeignKey(
        TargetSetApplication, models.SET_NULL, null=True, blank=True, related_name="targets", editable=False
    )
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", editable=False
    )

    history = HistoricalRecords()
    objects = scoped_by("series__contract__vendor_id", DatedQuerySet)

    class Meta:
        verbose_name = _("target")
        verbose_name_plural = _("targets")
        ordering = ["series", "valid_from"]
        constraints = [
            models.UniqueConstraint(fields=["series", "valid_from"], name="target_one_per_start"),
            models.CheckConstraint(
                condition=models.Q(valid_until__isnull=True) | models.Q(valid_until__gt=models.F("valid_from")),
                name="target_not_empty",
            ),
            models.CheckConstraint(
                condition=models.Q(weight__isnull=True) | models.Q(weight__gt=0), name="target_weight_positive"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.series} {self.valid_from}"
