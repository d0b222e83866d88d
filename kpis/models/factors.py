"""External factors (대외 변수): what happened outside of a centre, the claim it gives rise to, what is taken out."""

from __future__ import annotations

from typing import Any, Self

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from kpis.choices import DepartmentAnswer, FactorKind, FactorMethod, FactorStatus, SliceMethod
from kpis.models.fields import DocumentField
from vendors.actors import Actor
from vendors.models import Department, Queue
from vendors.querysets import VendorScopedQuerySet, scoped_by


class FactorQuerySet(VendorScopedQuerySet):
    """A factor exists for whoever has a queue that it affects."""

    def visible_to(self, actor: Actor) -> Self:
        if actor.sees_all_vendors:
            return self
        mine = FactorQueue.objects.filter(queue__centre__vendor_id__in=actor.vendor_ids)
        return self.filter(pk__in=mine.values("factor"))


class ExternalFactor(models.Model):
    """One event on ``[starts_at, ends_at)``, and the relief claimed and decided for it.

    ``slices`` are what is to be taken out, as it was given: ``[{"queue", "date", "measures"}]``, where ``measures``
    of null is the whole queue-day; none at all are the queue-days that the event touches. What was approved stands in
    :class:`FactorSlice`.
    """

    kind = models.CharField(_("kind"), max_length=16, choices=FactorKind)
    title = models.CharField(_("title"), max_length=200)
    description = models.CharField(_("description"), max_length=2000, blank=True, default="")
    department = models.ForeignKey(
        Department, models.PROTECT, null=True, blank=True, related_name="factors", verbose_name=_("department")
    )
    starts_at = models.DateTimeField(_("from"))
    ends_at = models.DateTimeField(_("until"))
    is_planned = models.BooleanField(_("planned"), default=False)
    announced_at = models.DateTimeField(_("announced at"), null=True, blank=True)
    knowledge_ready_at = models.DateTimeField(_("agents knew at"), null=True, blank=True)
    expected_percent = models.SmallIntegerField(
        _("expected change of calls, %"), null=True, blank=True, help_text=_("More calls are above 0, fewer below.")
    )
    queues = models.ManyToManyField(Queue, through="FactorQueue", related_name="factors")
    kpis = models.JSONField(_("KPIs"), default=list, blank=True)
    method = models.CharField(_("method"), max_length=16, choices=FactorMethod, default=FactorMethod.EXCLUDE)
    parameters = models.JSONField(_("parameters of the method"), default=dict, blank=True)
    slices = models.JSONField(_("slices"), default=list, blank=True)
    evidence = models.CharField(_("evidence"), max_length=2000, blank=True, default="")
    # What it is known by again where it came from a file or another system.
    source_key = models.CharField(max_length=64, blank=True, default="", editable=False)
    status = models.CharField(_("status"), max_length=16, choices=FactorStatus, default=FactorStatus.DRAFT)
    origin = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="claims", verbose_name=_("claimed from")
    )
    filed_by = models.CharField(_("registered by"), max_length=200)
    filed_at = models.DateTimeField(_("registered at"))
    is_from_vendor = models.BooleanField(_("registered by the vendor"), default=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    claimed_by = models.CharField(_("claimed by"), max_length=200, blank=True, default="")
    claimed_at = models.DateTimeField(_("claimed at"), null=True, blank=True)
    claimant = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    department_answer = models.CharField(
        _("answer of the department"), max_length=16, choices=DepartmentAnswer, blank=True, default=""
    )
    decided_by = models.CharField(_("decided by"), max_length=200, blank=True, default="")
    decided_at = models.DateTimeField(_("decided at"), null=True, blank=True)
    decision = models.CharField(_("decision"), max_length=2000, blank=True, default="")

    objects = FactorQuerySet.as_manager()

    class Meta:
        verbose_name = _("external factor")
        verbose_name_plural = _("external factors")
        ordering = ["-starts_at", "-id"]
        constraints = [
            models.CheckConstraint(condition=models.Q(ends_at__gt=models.F("starts_at")), name="factor_not_empty"),
            models.UniqueConstraint(
                fields=["source_key"], condition=~models.Q(source_key=""), name="factor_known_by_its_source"
            ),
        ]

    def __str__(self) -> str:
        return self.title


class FactorQueue(models.Model):
    """A queue that a factor affects."""

    factor = models.ForeignKey(ExternalFactor, models.CASCADE, related_name="links", verbose_name=_("external factor"))
    queue = models.ForeignKey(Queue, models.PROTECT, related_name="factor_links", verbose_name=_("queue"))

    objects = scoped_by("queue__centre__vendor_id")

    class Meta:
        verbose_name = _("affected queue")
        verbose_name_plural = _("affected queues")
        constraints = [models.UniqueConstraint(fields=["factor", "queue"], name="factor_queue_once")]

    def __str__(self) -> str:
        return f"{self.factor_id} {self.queue_id}"


class FactorSlice(models.Model):
    """What an approved factor does to one queue-day. Rows are only ever added: what is out stays out.

    ``measures`` are the slice's own counts, ``{}`` is the whole queue-day. ``terms`` say by what: of a cap
    ``{"measure", "limit"}``, of a replacement ``{"levels": {kpi: value}}``, and the forecast they come from.
    """

    factor = models.ForeignKey(ExternalFactor, models.PROTECT, related_name="approved", verbose_name=_("factor"))
    queue = models.ForeignKey(Queue, models.PROTECT, related_name="+", verbose_name=_("queue"))
    date = models.DateField(_("date"))
    measures = DocumentField(_("measures"), default=dict)
    method = models.CharField(_("method"), max_length=8, choices=SliceMethod, default=SliceMethod.EXCLUDE)
    terms = DocumentField(_("by what"), default=dict)

    objects = scoped_by("queue__centre__vendor_id")

    class Meta:
        verbose_name = _("slice taken out")
        verbose_name_plural = _("slices taken out")
        ordering = ["date", "queue"]
        constraints = [models.UniqueConstraint(fields=["factor", "queue", "date"], name="factor_slice_once_a_day")]
        indexes = [models.Index(fields=["queue", "date"], name="factor_slice_of_a_day")]

    def __str__(self) -> str:
        return f"{self.queue_id} {self.date}"


class OfFactorQuerySet(VendorScopedQuerySet):
    """A step or a file exists for whoever the factor exists for."""

    def visible_to(self, actor: Actor) -> Self:
        return self.filter(factor__in=ExternalFactor.objects.visible_to(actor))


class FactorEvent(models.Model):
    """One step of a factor: who did what, and why. Rows are only ever added."""

    factor = models.ForeignKey(ExternalFactor, models.PROTECT, related_name="events", verbose_name=_("factor"))
    action = models.CharField(_("step"), max_length=16)
    by = models.CharField(_("who"), max_length=200)
    at = models.DateTimeField(_("at"))
    note = models.CharField(_("note"), max_length=2000, blank=True, default="")
    document: Any = DocumentField(_("details"), default=dict)

    objects = OfFactorQuerySet.as_manager()

    class Meta:
        verbose_name = _("step of a factor")
        verbose_name_plural = _("steps of factors")
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.factor_id} {self.action}"


class FactorFile(models.Model):
    """A file that shows what a factor says. Rows are only ever added; ``media_type`` is what its bytes are."""

    factor = models.ForeignKey(ExternalFactor, models.PROTECT, related_name="files", verbose_name=_("factor"))
    name = models.CharField(_("file"), max_length=120)
    media_type = models.CharField(_("type"), max_length=100)
    content = models.BinaryField(editable=False)
    size = models.PositiveIntegerField(_("bytes"))
    sha256 = models.CharField(_("SHA-256 of the file"), max_length=64)
    added_by = models.CharField(_("added by"), max_length=200)
    added_at = models.DateTimeField(_("added at"))

    objects = OfFactorQuerySet.as_manager()

    class Meta:
        verbose_name = _("evidence file")
        verbose_name_plural = _("evidence files")
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["factor", "sha256"], name="factor_file_once")]

    def __str__(self) -> str:
        return self.name
