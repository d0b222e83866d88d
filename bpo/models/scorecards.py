"""Monthly scorecards: draft, shared, disputed, final, acknowledged; frozen for ever once final."""

from decimal import Decimal

from django.db import models
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from bpo.choices import OPEN_STATUSES, DisputeStatus, LineKind, ScorecardStatus
from bpo.querysets import DisputeQuerySet, ScorecardLineQuerySet, ScorecardQuerySet
from kpis.models import TargetSeries
from kpis.models.fields import DocumentField, figure
from kpis.models.fields import points as points_field
from vendors.models import Contract
from vendors.models.base import Named
from vendors.querysets import DatedQuerySet, scoped_by

WHOLE = Decimal(100)
BY_HAND = [choice for choice in LineKind.choices if choice[0] in (LineKind.JUDGED, LineKind.ADJUSTMENT)]


class JudgedItem(Named):
    """A line people score by hand, on the cards of one contract in ``[valid_from, valid_until)``.

    ``judged``: a score of 0–100 with a weight. ``adjustment``: plus or minus points, at most ``cap`` either way.
    """

    contract = models.ForeignKey(Contract, models.CASCADE, related_name="judged_items", verbose_name=_("contract"))
    kind = models.CharField(_("kind"), max_length=16, choices=BY_HAND)
    weight = models.DecimalField(_("weight"), max_digits=9, decimal_places=4, null=True, blank=True)
    cap = points_field(_("at most, points"), null=True, blank=True)
    valid_from = models.DateField(_("valid from"), null=True, blank=True)
    valid_until = models.DateField(_("valid until"), null=True, blank=True)

    history = HistoricalRecords()
    objects = scoped_by("contract__vendor_id", DatedQuerySet)

    class Meta:
        verbose_name = _("judged item")
        verbose_name_plural = _("judged items")
        ordering = ["contract", "kind", "id"]


class Scorecard(models.Model):
    """The monthly scorecard (월 평가표) of one contract, in one version."""

    OUTCOME = ("score_before_gates", "score", "grade_before_gates", "grade", "completeness", "weight_covered")
    """The fields that say what the lines come to together."""

    contract = models.ForeignKey(Contract, models.PROTECT, related_name="scorecards", verbose_name=_("contract"))
    period = models.CharField(_("period"), max_length=8, default="month", editable=False)
    start = models.DateField(_("month"))
    version = models.PositiveIntegerField(_("version"), default=1)
    status = models.CharField(
        _("status"), max_length=16, choices=ScorecardStatus, default=ScorecardStatus.DRAFT, db_index=True
    )
    score_before_gates = points_field(_("score before gates"), null=True)
    score = points_field(_("score"), null=True)
    grade_before_gates = models.CharField(_("grade before gates"), max_length=8, blank=True, default="")
    grade = models.CharField(_("grade"), max_length=8, blank=True, default="")
    completeness = models.DecimalField(_("completeness, %"), max_digits=7, decimal_places=4, null=True)
    weight_covered = models.DecimalField(_("weight covered, %"), max_digits=7, decimal_places=4, null=True)
    composition = models.JSONField(_("composition"), default=dict)
    input_hash = models.CharField(max_length=64, blank=True, default="")
    is_stale = models.BooleanField(_("figures changed since it was final"), default=False)
    computed_at = models.DateTimeField(_("computed at"), null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = ScorecardQuerySet.as_manager()

    class Meta:
        verbose_name = _("scorecard")
        verbose_name_plural = _("scorecards")
        ordering = ["-start", "contract", "-version"]
        constraints = [models.UniqueConstraint(fields=["contract", "start", "version"], name="scorecard_version")]

    def __str__(self) -> str:
        return f"{self.contract} {self.start:%Y-%m} v{self.version}"

    @property
    def is_open(self) -> bool:
        return self.status in OPEN_STATUSES

    @property
    def is_unreported(self) -> bool:
        """Whether the total of an open card is made up by policy alone, because nothing was reported yet.

        The arithmetic answers 0 for it (mathematics §4.4); whoever reads a page is told that nothing came instead.
        """
        return self.is_open and self.score is not None and not self.weight_covered

    @property
    def stated_score(self) -> Decimal | None:
        """The total as people are told it: null while nothing was reported."""
        return None if self.is_unreported else self.score

    @property
    def stated_grade(self) -> str:
        return "" if self.is_unreported else self.grade

    @property
    def share_counted(self) -> Decimal | None:
        """How much of the weight of an open card has figures, in per cent; null where all of it has, or none."""
        if not self.is_open or not self.weight_covered or self.weight_covered >= WHOLE:
            return None
        return self.weight_covered


class ScorecardLine(models.Model):
    """One line of a scorecard. ``score`` is on 0–100 (or up to the cap); points = score × weight ÷ 100.

    An ``adjustment`` line has no score: its points are added to the total. ``effective_weight`` is the weight
    after the missing-KPI policies, normalised to 100.
    """

    OUTCOME = (
        "value",
        "adjusted_value",
        "target",
        "minimum",
        "attainment",
        "score",
        "weight",
        "effective_weight",
        "points",
        "status",
        "flags",
        "days_expected",
        "days_reported",
    )
    """The fields that say what the line comes to."""

    scorecard = models.ForeignKey(Scorecard, models.CASCADE, related_name="lines", verbose_name=_("scorecard"))
    kind = models.CharField(_("kind"), max_length=16, choices=LineKind)
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    series = models.ForeignKey(TargetSeries, models.PROTECT, null=True, blank=True, related_name="+")
    item = models.ForeignKey(JudgedItem, models.PROTECT, null=True, blank=True, related_name="+")
    value = figure(_("value"))
    adjusted_value = figure(_("adjusted value"))
    target = figure(_("target"))
    minimum = figure(_("minimum"))
    attainment = figure(_("attainment"))
    score = points_field(_("score"), null=True, blank=True)
    weight = models.DecimalField(_("weight"), max_digits=9, decimal_places=4, null=True, blank=True)
    effective_weight = models.DecimalField(_("effective weight"), max_digits=9, decimal_places=4, null=True, blank=True)
    points = points_field(_("points"), null=True, blank=True)
    status = models.CharField(_("status"), max_length=16, blank=True, default="")
    flags = models.JSONField(_("flags"), default=list)
    days_expected = models.PositiveIntegerField(_("days expected"), default=0)
    days_reported = models.PositiveIntegerField(_("days reported"), default=0)
    explanation = DocumentField(_("explanation"), default=dict)
    evidence = models.CharField(_("evidence"), max_length=2000, blank=True, default="")
    comment = models.CharField(_("comment"), max_length=2000, blank=True, default="")
    entered_by = models.CharField(_("entered by"), max_length=200, blank=True, default="")

    objects = ScorecardLineQuerySet.as_manager()

    class Meta:
        verbose_name = _("scorecard line")
        verbose_name_plural = _("scorecard lines")
        ordering = ["scorecard", "position", "id"]

    def __str__(self) -> str:
        return f"{self.scorecard_id} #{self.position}"


class GateEvent(models.Model):
    """A gate of the contract that holds on one scorecard (등급 제한), with its evidence and who approved it.

    ``gate`` is the rule as it stood: ``{"kind": "cap_grade", "value": "B", "label": …}``; gates act in the order
    cap_grade, cap_score, multiply, zero_incentive.
    """

    scorecard = models.ForeignKey(Scorecard, models.CASCADE, related_name="gate_events", verbose_name=_("scorecard"))
    gate = models.JSONField(_("gate"))
    evidence = models.CharField(_("evidence"), max_length=2000)
    approved_by = models.CharField(_("approved by"), max_length=200)
    created_at = models.DateTimeField(_("made at"), auto_now_add=True)

    objects = scoped_by("scorecard__contract__vendor_id")

    class Meta:
        verbose_name = _("gate event")
        verbose_name_plural = _("gate events")
        ordering = ["scorecard", "id"]

    def __str__(self) -> str:
        return f"{self.scorecard_id} {self.gate.get('kind', '')}"


class Dispute(models.Model):
    """A vendor's objection to one line (이의신청), and how it was resolved."""

    line = models.ForeignKey(ScorecardLine, models.CASCADE, related_name="disputes", verbose_name=_("line"))
    reason = models.CharField(_("reason"), max_length=2000)
    evidence = models.CharField(_("evidence"), max_length=2000, blank=True, default="")
    status = models.CharField(_("status"), max_length=8, choices=DisputeStatus, default=DisputeStatus.OPEN)
    opened_by = models.CharField(_("opened by"), max_length=200)
    opened_at = models.DateTimeField(_("opened at"))
    resolution = models.CharField(_("resolution"), max_length=2000, blank=True, default="")
    resolved_by = models.CharField(_("resolved by"), max_length=200, blank=True, default="")
    resolved_at = models.DateTimeField(_("resolved at"), null=True, blank=True)

    objects = DisputeQuerySet.as_manager()

    class Meta:
        verbose_name = _("dispute")
        verbose_name_plural = _("disputes")
        ordering = ["-opened_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["line"], condition=models.Q(status="open"), name="dispute_one_open_per_line"
            )
        ]

    def __str__(self) -> str:
        return f"{self.line_id} {self.get_status_display()}"


class ScorecardEvent(models.Model):
    """One step in the life of a scorecard: who shared, disputed, finalised or acknowledged it, and when."""

    scorecard = models.ForeignKey(Scorecard, models.CASCADE, related_name="events", verbose_name=_("scorecard"))
    action = models.CharField(_("action"), max_length=32)
    by = models.CharField(_("who"), max_length=200)
    at = models.DateTimeField(_("at"))
    note = models.CharField(_("note"), max_length=2000, blank=True, default="")

    objects = scoped_by("scorecard__contract__vendor_id")

    class Meta:
        verbose_name = _("scorecard event")
        verbose_name_plural = _("scorecard events")
        ordering = ["scorecard", "id"]

    def __str__(self) -> str:
        return f"{self.scorecard_id} {self.action}"


class FrozenScorecard(models.Model):
    """A final scorecard as canonical JSON, hashed and chained to the contract's previous one. Never changed.

    ``document`` is the exact text that was hashed: ``sha256(previous_sha256 + document)``.
    """

    scorecard = models.OneToOneField(Scorecard, models.PROTECT, related_name="frozen", verbose_name=_("scorecard"))
    contract = models.ForeignKey(Contract, models.PROTECT, related_name="frozen_scorecards", verbose_name=_("contract"))
    sequence = models.PositiveIntegerField(_("link in the chain"))
    document = models.TextField(_("document"))
    previous_sha256 = models.CharField(_("hash before it (SHA-256)"), max_length=64, blank=True, default="")
    sha256 = models.CharField(_("hash (SHA-256)"), max_length=64)
    frozen_by = models.CharField(_("finalised by"), max_length=200)
    frozen_at = models.DateTimeField(_("finalised at"))

    objects = scoped_by("contract__vendor_id")

    class Meta:
        verbose_name = _("frozen scorecard")
        verbose_name_plural = _("frozen scorecards")
        ordering = ["contract", "sequence"]
        constraints = [models.UniqueConstraint(fields=["contract", "sequence"], name="frozen_scorecard_link")]

    def __str__(self) -> str:
        return f"{self.scorecard_id} {self.sha256[:12]}"
