"""Action plans: what is done about a figure, by whom and until when, and whether it helped."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from bpo.choices import Cause, PlanKind, PlanOutcome, PlanStatus
from bpo.models.alerts import Alert
from bpo.models.scorecards import Scorecard
from bpo.querysets import PlanEventQuerySet, PlanQuerySet
from kpis.models import ExternalFactor, Kpi
from vendors.models import Contract


class ActionPlan(models.Model):
    """One action that was agreed on or proposed (개선 조치): for a contract, or for what an external factor needs.

    ``facts``, ``effect`` and ``next_step`` are words both sides read, without blame. ``owner`` names who sees to it:
    of a vendor's action its site manager (현장대리인), never one of its agents. A vendor has a plan from the moment it
    ``is_shared``. ``measured`` is the KPI before and after, from the counts, as they were when it was checked
    (:func:`kpis.queries.before_after_words.presented_change`).
    """

    kind = models.CharField(_("kind"), max_length=16, choices=PlanKind, default=PlanKind.CORRECTIVE)
    contract = models.ForeignKey(
        Contract, models.PROTECT, null=True, blank=True, related_name="action_plans", verbose_name=_("contract")
    )
    kpi = models.ForeignKey(Kpi, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("KPI"))
    alert = models.ForeignKey(
        Alert, models.PROTECT, null=True, blank=True, related_name="plans", verbose_name=_("alert")
    )
    factor = models.ForeignKey(
        ExternalFactor, models.PROTECT, null=True, blank=True, related_name="plans", verbose_name=_("external factor")
    )
    scorecard = models.ForeignKey(
        Scorecard, models.PROTECT, null=True, blank=True, related_name="plans", verbose_name=_("scorecard")
    )
    title = models.CharField(_("title"), max_length=200)
    facts = models.CharField(_("facts of the plan"), max_length=2000, blank=True, default="")
    effect = models.CharField(_("effect"), max_length=2000, blank=True, default="")
    next_step = models.CharField(_("next step"), max_length=2000)
    cause = models.CharField(_("main cause"), max_length=16, choices=Cause, blank=True, default="")
    cause_note = models.CharField(_("cause in words"), max_length=2000, blank=True, default="")
    owner = models.CharField(_("action owner"), max_length=100)
    owner_user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("log-in")
    )
    due_on = models.DateField(_("due on"))
    check_on = models.DateField(_("check on"))
    status = models.CharField(_("status"), max_length=12, choices=PlanStatus, default=PlanStatus.OPEN)
    outcome = models.CharField(_("outcome"), max_length=16, choices=PlanOutcome, blank=True, default=PlanOutcome.NONE)
    is_shared = models.BooleanField(_("shared with the vendor"), default=False)
    is_from_vendor = models.BooleanField(_("proposed by the vendor"), default=False)
    started_on = models.DateField(_("started on"), null=True, blank=True)
    done_on = models.DateField(_("done on"), null=True, blank=True)
    measured = models.JSONField(_("before and after"), null=True, blank=True)
    made_by = models.CharField(_("made by"), max_length=200)
    made_at = models.DateTimeField(_("made at"))
    changed_at = models.DateTimeField(_("changed at"))

    objects = PlanQuerySet.as_manager()

    class Meta:
        verbose_name = _("action plan")
        verbose_name_plural = _("action plans")
        ordering = ["due_on", "id"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(contract__isnull=False) | models.Q(factor__isnull=False),
                name="plan_of_a_contract_or_factor",
            ),
            models.CheckConstraint(
                condition=models.Q(contract__isnull=False) | models.Q(is_shared=False),
                name="plan_shared_with_a_vendor",
            ),
            models.CheckConstraint(condition=models.Q(check_on__gte=models.F("due_on")), name="plan_checked_after_due"),
            models.CheckConstraint(
                condition=(models.Q(status="checked") & ~models.Q(outcome=""))
                | (~models.Q(status="checked") & models.Q(outcome="")),
                name="plan_checked_has_an_outcome",
            ),
        ]
        indexes = [models.Index(fields=["status", "due_on"], name="plan_board")]

    def __str__(self) -> str:
        return f"#{self.pk} {self.title}"


class ActionPlanEvent(models.Model):
    """One step in the life of an action plan: who did what, when, and a note. Rows are only ever added.

    An ``is_internal`` one is never shown to a vendor; all of them are until the plan is shared.
    """

    plan = models.ForeignKey(ActionPlan, models.PROTECT, related_name="events", verbose_name=_("action plan"))
    action = models.CharField(_("action"), max_length=16)
    by = models.CharField(_("who"), max_length=200)
    at = models.DateTimeField(_("at"))
    note = models.CharField(_("note"), max_length=2000, blank=True, default="")
    is_internal = models.BooleanField(_("internal"), default=False)
    changes = models.JSONField(_("changes"), default=dict, blank=True)

    objects = PlanEventQuerySet.as_manager()

    class Meta:
        verbose_name = _("step of an action plan")
        verbose_name_plural = _("steps of action plans")
        ordering = ["plan", "id"]

    def __str__(self) -> str:
        return f"{self.plan_id} {self.action}"
