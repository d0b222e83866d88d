"""Which scorecards exist for whom (another vendor's never, a draft only for those who make it), and sent reports."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from django.db.models import Exists, OuterRef, Q, QuerySet

from bpo.choices import EXECUTIVE_STATUSES, OPEN_STATUSES, VENDOR_STATUSES, ScorecardStatus
from vendors.actors import OF_A_VENDOR, ROLES_THAT_MAY, Capability
from vendors.choices import Role
from vendors.querysets import VendorScopedQuerySet

if TYPE_CHECKING:
    from vendors.actors import Actor, Grant

NOTHING = Q(pk__in=())


def statuses_for(role: str) -> frozenset[str]:
    """Return the statuses in which a card exists for ``role``; departments and the client's feed see none."""
    if role in (Role.MANAGER, Role.ANALYST):
        return frozenset(ScorecardStatus.values)
    if role in OF_A_VENDOR:
        return VENDOR_STATUSES
    return EXECUTIVE_STATUSES if role == Role.EXECUTIVE else frozenset()


class ScorecardQuerySet(VendorScopedQuerySet):
    """Scorecards, or rows below one (``card_path`` leads to the scorecard, ``""`` for itself)."""

    vendor_path = "contract__vendor_id"
    card_path = ""

    def visible_to(self, actor: Actor) -> Self:
        """Return the rows that exist for ``actor``: by vendor and by the stage of the card, grant by grant."""
        if actor.is_superuser:
            return self
        seen = NOTHING
        for grant in actor.grants:
            seen |= self._seen_by(grant)
        return self.filter(seen)

    def with_figures(self) -> Self:
        """Return the cards for which something was reported, and those that are closed: what they say holds."""
        counted = Q(**{f"{self.card_path}weight_covered__gt": 0})
        return self.filter(counted | ~Q(**{f"{self.card_path}status__in": OPEN_STATUSES}))

    def _seen_by(self, grant: Grant) -> Q:
        seen = Q(**{f"{self.card_path}status__in": statuses_for(grant.role)})
        return seen if grant.vendor_id is None else seen & Q(**{self.vendor_path: grant.vendor_id})


class ScorecardLineQuerySet(ScorecardQuerySet):
    vendor_path = "scorecard__contract__vendor_id"
    card_path = "scorecard__"


class DisputeQuerySet(ScorecardQuerySet):
    vendor_path = "line__scorecard__contract__vendor_id"
    card_path = "line__scorecard__"


class PlanQuerySet(VendorScopedQuerySet):
    """Action plans, or their events (``plan_path`` leads to the plan, ``""`` for itself).

    A vendor has those that are shared with it, a department those about an external factor; what names no contract
    is the company's own, for who sees all vendors.
    """

    vendor_path = "contract__vendor_id"
    plan_path = ""

    def visible_to(self, actor: Actor) -> Self:
        """Return the rows that exist for ``actor``, grant by grant."""
        if actor.is_superuser:
            return self
        seen = NOTHING
        for grant in actor.grants:
            seen |= self._seen_by(grant)
        return self.filter(seen)

    def _seen_by(self, grant: Grant) -> Q:
        # Every row has an id: all of them.
        seen = Q(pk__isnull=False) if grant.vendor_id is None else Q(**{self.vendor_path: grant.vendor_id})
        if grant.role in OF_A_VENDOR:
            return seen & Q(**{f"{self.plan_path}is_shared": True})
        if grant.role == Role.DEPARTMENT:
            return seen & Q(**{f"{self.plan_path}factor__isnull": False})
        return seen


class PlanEventQuerySet(PlanQuerySet):
    """Their steps; an internal one exists for the client's side alone."""

    vendor_path = "plan__contract__vendor_id"
    plan_path = "plan__"

    def _seen_by(self, grant: Grant) -> Q:
        seen = super()._seen_by(grant)
        reads_internal = grant.role in ROLES_THAT_MAY[Capability.READ_INTERNAL_NOTES]
        return seen if reads_internal else seen & Q(is_internal=False)


class ReportQuerySet(QuerySet[Any]):
    """What belongs to reports: all of it for who sees to them, nothing for anybody else."""

    def visible_to(self, actor: Actor) -> Self:
        return self if actor.may(Capability.MANAGE_REPORTS) else self.none()


class SentReportQuerySet(QuerySet[Any]):
    """Reports that were sent: all of them for who sees to them, else one's own, as far as one sees today."""

    def visible_to(self, actor: Actor) -> Self:
        if actor.may(Capability.MANAGE_REPORTS):
            return self
        return self.filter(user=actor.user_id).within_sight_of(actor) if actor.user_id else self.none()

    def within_sight_of(self, actor: Actor) -> Self:
        """Return those about no vendor whose results ``actor`` does not read today."""
        reader = actor.limited_to(Capability.READ_RESULTS)
        if reader.sees_all_vendors:
            return self
        about = self.model.vendors.through.objects.filter(sentreport=OuterRef("pk"))
        return self.filter(~Exists(about.exclude(vendor__in=reader.vendor_ids)), is_of_all=False)
