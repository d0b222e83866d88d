"""Action plans as the API answers and the pages show them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db.models import Count, F, Q, QuerySet

from bpo.choices import UNFINISHED_PLANS, PlanKind, PlanStatus
from bpo.models import ActionPlan, ActionPlanEvent, Alert, Scorecard
from bpo.queries.cards import utc
from bpo.queries.plan_effect import known_from, measure
from bpo.queries.plan_words import measured_sentence
from bpo.querysets import statuses_for
from kpis.models import ExternalFactor, Kpi
from vendors.actors import Capability
from vendors.clock import local_date
from vendors.models import Contract, Vendor

if TYPE_CHECKING:
    from vendors.actors import Actor

RELATED = ("contract__vendor", "kpi", "alert", "factor", "scorecard__contract", "owner_user")
MOST_A_COLUMN = 50
COLUMNS = (PlanStatus.OPEN, PlanStatus.IN_PROGRESS, PlanStatus.DONE, PlanStatus.CHECKED)
"""Of the board; what was cancelled is shown where somebody asks for it."""


def plans_for(actor: Actor) -> Any:
    """Return the action plans that exist for ``actor``, the one that is due first before others."""
    visible = ActionPlan.objects.visible_to(actor.limited_to(Capability.READ_PLANS))
    return visible.select_related(*RELATED).order_by("due_on", "id")


def events_for(plan: ActionPlan, actor: Actor) -> list[ActionPlanEvent]:
    """Return the history of a plan as it exists for ``actor``."""
    visible = ActionPlanEvent.objects.visible_to(actor.limited_to(Capability.READ_PLANS))
    return list(visible.filter(plan=plan).order_by("id"))


def plans_of_alert(alert: Alert, actor: Actor) -> list[ActionPlan]:
    """Return the plans made about an alert."""
    return list(plans_for(actor).filter(alert=alert)) if actor.may(Capability.READ_PLANS) else []


def plans_of_factor(factor: ExternalFactor, actor: Actor) -> list[ActionPlan]:
    """Return the plans that keep an external factor from coming back, or make of it what it was meant to be."""
    return list(plans_for(actor).filter(factor=factor)) if actor.may(Capability.READ_PLANS) else []


def overdue(today: date) -> Q:
    """Return the condition of plans that are not done and were to be."""
    return Q(status__in=UNFINISHED_PLANS, due_on__lt=today)


def to_check(today: date) -> Q:
    """Return the condition of plans whose effect is to be checked by now."""
    return Q(status=PlanStatus.DONE, check_on__lte=today)


def is_overdue(plan: ActionPlan, today: date) -> bool:
    """Say of one plan what :func:`overdue` says of many."""
    return plan.status in UNFINISHED_PLANS and plan.due_on < today


def today_of(now: datetime) -> date:
    """Return the day by which plans are due."""
    return local_date(now, settings.TIME_ZONE)


def sees_card(card: Scorecard | None, actor: Actor) -> bool:
    """Say whether a card exists for ``actor``, without asking the database (as its queryset says of many)."""
    if card is None or actor.is_superuser:
        return card is not None
    vendor = card.contract.vendor_id
    return any(
        card.status in statuses_for(grant.role) and grant.vendor_id in (None, vendor)
        for grant in actor.limited_to(Capability.READ_SCORECARDS).grants
    )


def presented_plan(plan: ActionPlan, actor: Actor, *, now: datetime) -> dict[str, Any]:
    """Return the plan as JSON-able values; what it refers to only as far as it exists for ``actor``."""
    vendor = plan.contract.vendor_id if plan.contract else None
    measured = plan.measured if actor.may(Capability.READ_RESULTS, vendor) else None
    return {
        "id": plan.pk,
        "kind": plan.kind,
        "vendor": plan.contract.vendor.code if plan.contract else None,
        "contract": plan.contract.code if plan.contract else None,
        "kpi": plan.kpi.code if plan.kpi else None,
        "alert": plan.alert_id if actor.may(Capability.READ_ALERTS, vendor) else None,
        "external_factor": plan.factor_id,
        "scorecard": plan.scorecard_id if sees_card(plan.scorecard, actor) else None,
        "title": plan.title,
        "facts": plan.facts,
        "effect": plan.effect,
        "next_step": plan.next_step,
        "cause": plan.cause,
        "cause_note": plan.cause_note,
        "owner": plan.owner,
        "owner_user": plan.owner_user.get_username() if plan.owner_user else None,
        "due_on": plan.due_on.isoformat(),
        "check_on": plan.check_on.isoformat(),
        "status": plan.status,
        "outcome": plan.outcome,
        "is_shared": plan.is_shared,
        "is_from_vendor": plan.is_from_vendor,
        "is_overdue": is_overdue(plan, today_of(now)),
        "started_on": plan.started_on.isoformat() if plan.started_on else None,
        "done_on": plan.done_on.isoformat() if plan.done_on else None,
        "before_after": {**measured, "sentence": measured_sentence(plan, measured)} if measured else None,
        "made_by": plan.made_by,
        "made_at": utc(plan.made_at),
        "changed_at": utc(plan.changed_at),
    }


def presented_plan_events(events: Iterable[ActionPlanEvent]) -> list[dict[str, Any]]:
    """Return the history as JSON-able values."""
    return [
        {"action": row.action, "by": row.by, "at": utc(row.at), "note": row.note, "internal": row.is_internal}
        for row in events
    ]


@dataclass(frozen=True, slots=True)
class Card:
    """One plan on the board."""

    plan: ActionPlan
    is_overdue: bool
    is_to_check: bool


@dataclass(frozen=True, slots=True)
class Column:
    """The plans of one status: the first of them, and how many there are."""

    status: str
    label: Any
    cards: list[Card]
    count: int

    @property
    def is_cut(self) -> bool:
        return self.count > len(self.cards)


@dataclass(slots=True)
class Board:
    """The page: its columns, what was chosen, and what may be chosen among."""

    columns: list[Column] = field(default_factory=list)
    chosen: dict[str, str] = field(default_factory=dict)
    vendors: list[Vendor] = field(default_factory=list)
    contracts: list[Contract] = field(default_factory=list)
    kpis: list[Kpi] = field(default_factory=list)

    @property
    def count(self) -> int:
        return sum(column.count for column in self.columns)

    @property
    def is_filtered(self) -> bool:
        return any(self.chosen.values())


def board(actor: Actor, given: Mapping[str, str], *, now: datetime) -> Board:
    """Return the board of the plans that exist for ``actor`` and fit what was chosen; a constant number of queries.

    A choice that does not exist is none.
    """
    rows, today = plans_for(actor), today_of(now)
    plain: Any = ActionPlan.objects.visible_to(actor.limited_to(Capability.READ_PLANS)).order_by()
    page = Board(
        vendors=list(Vendor.objects.filter(pk__in=plain.values("contract__vendor")).order_by("code")),
        contracts=list(Contract.objects.filter(pk__in=plain.values("contract")).order_by("code")),
        kpis=list(Kpi.objects.filter(pk__in=plain.values("kpi")).order_by("code")),
    )
    page.chosen = _chosen(given, page)
    rows, plain = _filtered(rows, page.chosen, today), _filtered(plain, page.chosen, today)
    counts = dict(plain.values_list("status").annotate(Count("pk")))
    shown = (page.chosen["status"],) if page.chosen["status"] else COLUMNS
    labels = dict(PlanStatus.choices)
    page.columns = [
        Column(status, labels[status], _cards(rows, status, today), counts.get(status, 0)) for status in shown
    ]
    return page


def _chosen(given: Mapping[str, str], page: Board) -> dict[str, str]:
    allowed = {
        "vendor": {row.code for row in page.vendors},
        "contract": {row.code for row in page.contracts},
        "kpi": {row.code for row in page.kpis},
        "kind": set(PlanKind.values),
        "status": set(PlanStatus.values),
        "overdue": {"1"},
    }
    chosen = {name: given.get(name, "") if given.get(name) in words else "" for name, words in allowed.items()}
    return chosen | {"owner": given.get("owner", "").strip()[:100]}


def _filtered(rows: QuerySet[ActionPlan], chosen: Mapping[str, str], today: date) -> QuerySet[ActionPlan]:
    paths = {"vendor": "contract__vendor__code", "contract": "contract__code", "kpi": "kpi__code", "kind": "kind"}
    rows = rows.filter(**{path: chosen[name] for name, path in paths.items() if chosen[name]})
    if chosen["owner"]:
        rows = rows.filter(owner__icontains=chosen["owner"])
    return rows.filter(overdue(today)) if chosen["overdue"] else rows


def _cards(rows: QuerySet[ActionPlan], status: str, today: date) -> list[Card]:
    found = rows.filter(status=status)
    if status in (PlanStatus.CHECKED, PlanStatus.CANCELLED):
        found = found.order_by("-changed_at", "-id")
    elif status == PlanStatus.DONE:
        found = found.order_by(F("check_on").asc(), "id")
    return [
        Card(plan, is_overdue(plan, today), plan.status == PlanStatus.DONE and plan.check_on <= today)
        for plan in found[:MOST_A_COLUMN]
    ]


@dataclass(frozen=True, slots=True)
class PlanPage:
    """One plan: what it says, what the figures say, and what was done."""

    plan: ActionPlan
    is_overdue: bool
    sentence: str
    known_from: date | None
    sees_alert: bool
    sees_card: bool
    events: list[ActionPlanEvent]


def plan_page(plan: ActionPlan, actor: Actor, *, now: datetime) -> PlanPage:
    """Return the page of a plan as ``actor`` may read it; until it is checked, the figures are those of now."""
    vendor = plan.contract.vendor_id if plan.contract else None
    reads_figures = actor.may(Capability.READ_RESULTS, vendor)
    measured = plan.measured if plan.status == PlanStatus.CHECKED else measure(plan, now=now) if reads_figures else None
    return PlanPage(
        plan,
        is_overdue(plan, today_of(now)),
        measured_sentence(plan, measured) if reads_figures else "",
        known_from(plan),
        plan.alert_id is not None and actor.may(Capability.READ_ALERTS, vendor),
        sees_card(plan.scorecard, actor),
        events_for(plan, actor),
    )
