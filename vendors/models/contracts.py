"""What a vendor is bound to, and which queues and measures that covers, from when until when."""

from decimal import Decimal

from django.db import models
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from vendors.choices import MeasureOwner, MissingDayPolicy, SecondCheck
from vendors.models.base import code_validator
from vendors.models.parties import Vendor
from vendors.models.queues import Queue
from vendors.querysets import DatedQuerySet, scoped_by


def default_missing_policy() -> dict[str, str]:
    """What a KPI without a value does to the composite, by cause (mathematics §4.4)."""
    return {"no_volume": "renormalise", "client_caused": "renormalise", "no_data": "zero"}


def default_grades() -> list[dict[str, str]]:
    """Grade table S to D: a score from ``from`` up to the next row earns the grade."""
    return [
        {"grade": "S", "from": "95"},
        {"grade": "A", "from": "90"},
        {"grade": "B", "from": "80"},
        {"grade": "C", "from": "70"},
        {"grade": "D", "from": "0"},
    ]


class Contract(models.Model):
    """One agreement with one vendor. Its rules stand in :class:`ContractTerms`, by date."""

    vendor = models.ForeignKey(Vendor, models.PROTECT, related_name="contracts", verbose_name=_("vendor"))
    code = models.CharField(_("code"), max_length=64, unique=True, validators=[code_validator])
    name = models.CharField(_("name"), max_length=200)
    starts_on = models.DateField(_("starts on"))
    ends_on = models.DateField(_("ends on"), null=True, blank=True, help_text=_("The last day it holds."))
    currency = models.CharField(_("currency"), max_length=3, default="KRW")
    is_pilot = models.BooleanField(_("pilot, without money"), default=False)
    queues = models.ManyToManyField(Queue, through="ContractQueue", related_name="contracts")

    history = HistoricalRecords()
    objects = scoped_by("vendor_id")

    class Meta:
        verbose_name = _("contract")
        verbose_name_plural = _("contracts")
        ordering = ["code"]

    def __str__(self) -> str:
        return self.name


class ContractTerms(models.Model):
    """The rules of one contract on ``[valid_from, valid_until)``; the first row has no beginning.

    The terms in force on a period's first day hold for the whole period.
    """

    contract = models.ForeignKey(Contract, models.CASCADE, related_name="terms", verbose_name=_("contract"))
    valid_from = models.DateField(_("valid from"), null=True, blank=True)
    valid_until = models.DateField(_("valid until"), null=True, blank=True)
    missing_day_policy = models.CharField(
        _("missing days"), max_length=16, choices=MissingDayPolicy, default=MissingDayPolicy.EXCLUDE
    )
    missing_day_grace_days = models.PositiveSmallIntegerField(_("grace for missing days"), default=3)
    completeness_bar = models.DecimalField(
        _("completeness bar, %"), max_digits=5, decimal_places=2, default=Decimal("95")
    )
    missing_policy = models.JSONField(_("missing KPIs"), default=default_missing_policy)
    gates = models.JSONField(_("gates"), default=list, blank=True)
    grades = models.JSONField(_("grades"), default=default_grades)
    second_check = models.CharField(
        _("second-person check"), max_length=8, choices=SecondCheck, default=SecondCheck.OFF
    )
    target_approval = models.BooleanField(
        _("approval of target changes"),
        default=False,
        help_text=_("Changes of targets wait until a second person has approved them."),
    )
    closing = models.JSONField(
        _("closing calendar"),
        default=dict,
        blank=True,
        help_text=_("Empty: no cut-off, no back-fill limit, and months close by hand only."),
    )
    relief = models.JSONField(
        _("relief of external factors"),
        default=dict,
        blank=True,
        help_text=_("Empty: claims within five business days, every method, and no caps."),
    )

    history = HistoricalRecords()
    objects = scoped_by("contract__vendor_id", DatedQuerySet)

    class Meta:
        verbose_name = _("contract terms")
        verbose_name_plural = _("contract terms")
        ordering = ["contract", models.F("valid_from").asc(nulls_first=True)]
        constraints = [
            models.UniqueConstraint(fields=["contract", "valid_from"], name="contract_terms_one_per_start"),
            models.UniqueConstraint(
                fields=["contract"], condition=models.Q(valid_from__isnull=True), name="contract_terms_one_first"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.contract} · {self.valid_from or '—'}"


class ContractQueue(models.Model):
    """A queue that belongs to a contract on ``[valid_from, valid_until)``; never to two at once."""

    contract = models.ForeignKey(Contract, models.CASCADE, related_name="queue_links", verbose_name=_("contract"))
    queue = models.ForeignKey(Queue, models.CASCADE, related_name="contract_links", verbose_name=_("queue"))
    valid_from = models.DateField(_("valid from"))
    valid_until = models.DateField(_("valid until"), null=True, blank=True)

    history = HistoricalRecords()
    objects = scoped_by("contract__vendor_id", DatedQuerySet)

    class Meta:
        verbose_name = _("queue of a contract")
        verbose_name_plural = _("queues of contracts")
        ordering = ["queue", "valid_from"]
        constraints = [
            models.UniqueConstraint(fields=["queue", "valid_from"], name="contract_queue_one_per_start"),
            models.CheckConstraint(
                condition=models.Q(valid_until__isnull=True) | models.Q(valid_until__gt=models.F("valid_from")),
                name="contract_queue_not_empty",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.contract} · {self.queue}"


class MeasureProvision(models.Model):
    """Who provides one measure under a contract; a measure that is not listed is the vendor's.

    With a ``second`` source both sides report it: the figure of ``owner`` counts, the other is kept beside it, and
    a difference beyond both tolerances (a null one is not asked; none means any difference) is to be settled.
    """

    contract = models.ForeignKey(Contract, models.CASCADE, related_name="provisions", verbose_name=_("contract"))
    measure = models.CharField(_("measure"), max_length=64)
    owner = models.CharField(_("provided by"), max_length=16, choices=MeasureOwner, default=MeasureOwner.VENDOR)
    second = models.CharField(
        _("second source"),
        max_length=16,
        choices=MeasureOwner,
        blank=True,
        default="",
        help_text=_("Who reports it too; the figure of the first counts, and differences are to be settled."),
    )
    tolerance_percent = models.DecimalField(_("tolerance, %"), max_digits=7, decimal_places=3, null=True, blank=True)
    tolerance_absolute = models.DecimalField(
        _("tolerance, absolute"), max_digits=18, decimal_places=4, null=True, blank=True
    )
    valid_from = models.DateField(_("valid from"), null=True, blank=True)
    valid_until = models.DateField(_("valid until"), null=True, blank=True)

    history = HistoricalRecords()
    objects = scoped_by("contract__vendor_id", DatedQuerySet)

    class Meta:
        verbose_name = _("who provides a measure")
        verbose_name_plural = _("who provides which measure")
        ordering = ["contract", "measure", "valid_from"]
        constraints = [
            models.UniqueConstraint(
                fields=["contract", "measure", "valid_from"], name="measure_provision_one_per_start"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.measure} · {self.get_owner_display()}"
