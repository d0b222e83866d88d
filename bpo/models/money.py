"""Terms of money: what a month's result is worth under one contract, by date."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from vendors.models import Contract
from vendors.querysets import DatedQuerySet, scoped_by


class MoneyTerms(models.Model):
    """One version of a contract's terms of money (정산 조건) on ``[valid_from, valid_until)``, as a whole.

    ``valid_from`` is the first of a month; the version in force on a month's first day holds for the month. ``rules``
    is read by :func:`bpo.calc.settlement.rules_of`. Rows are never edited: a version that begins on the same day takes
    this one's place, which stays readable (``replaced_at``).
    """

    contract = models.ForeignKey(Contract, models.CASCADE, related_name="money_terms", verbose_name=_("contract"))
    valid_from = models.DateField(_("valid from"))
    valid_until = models.DateField(_("valid until"), null=True, blank=True)
    signed_on = models.DateField(_("signed on"), null=True, blank=True)
    note = models.CharField(_("note"), max_length=2000, blank=True, default="")
    rules = models.JSONField(_("terms of money"))
    made_by = models.CharField(_("entered by"), max_length=200)
    made_at = models.DateTimeField(_("made at"))
    replaced_at = models.DateTimeField(_("replaced at"), null=True, blank=True)

    objects = scoped_by("contract__vendor_id", DatedQuerySet)

    class Meta:
        verbose_name = _("terms of money")
        verbose_name_plural = _("terms of money")
        ordering = ["contract", "-valid_from", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["contract", "valid_from"],
                condition=models.Q(replaced_at__isnull=True),
                name="money_terms_one_per_start",
            ),
            models.CheckConstraint(
                condition=models.Q(valid_until__isnull=True) | models.Q(valid_until__gt=models.F("valid_from")),
                name="money_terms_not_empty",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.contract} · {self.valid_from:%Y-%m}"
