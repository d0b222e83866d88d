"""The data of the pages of alerts: the inbox by vendor and day, and one alert with what is behind it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from itertools import groupby
from typing import Any

from django.db.models import F
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from bpo.choices import OF_A_FIGURE, OF_THE_FEED, STATISTICAL, UNRESOLVED, AlertKind, AlertSeverity, AlertStatus, Cause
from bpo.models import ActionPlan, Alert, AlertEvent
from bpo.queries.alert_words import FIGURES, day_words, figure_words, message_of
from bpo.queries.alerts import Named, alerts_for, events_for, named_by
from bpo.queries.plans import plans_of_alert
from kpis.calc.facts import PeriodKind
from kpis.models import ExternalFactor
from vendors.actors import Actor
from vendors.errors import Text
from vendors.models import Vendor
from vendors.models.base import for_reader

MOST_LISTED = 200
VENDORS_FIRST = F("vendor__code").asc(nulls_last=True)
WAITING = "waiting"
"""The choice of all that nobody has resolved yet."""
STATUSES = [(WAITING, _("Not resolved")), *AlertStatus.choices]

FACTS: Mapping[str, Text] = {
    "came": _("Actual of that day"),
    "usual": _("What its weekday usually gives"),
    "worst_day": _("The day farthest from what is usual"),
    "volume": _("Volume of that day"),
    "distance": _("Deviations from what is usual"),
    "baseline_days": _("Days the usual level was learnt from"),
    "family": _("KPIs of the same incident"),
    "value": _("Actual so far"),
    "target": _("Target"),
    "minimum": _("Minimum"),
    "attainment": _("Attainment score"),
    "projected": _("Where it is heading"),
    "pace": _("Pace of the last four weeks"),
    "needed": _("Needed for the rest"),
    "needed_if_less": _("Needed if a fifth less comes"),
    "needed_if_more": _("Needed if a fifth more comes"),
    "lowest": _("Lowest it can still end at"),
    "highest": _("Highest it can still end at"),
    "chance": _("Chance of making it, %"),
    "lost_on": _("Out of reach at this pace on"),
    "misses_left": _("Misses left"),
    "misses_allowed": _("Misses allowed in all"),
    "misses": _("Misses so far"),
    "burn": _("Pace of using them up (1.00 is even)"),
    "remaining_volume": _("Volume still expected"),
    "remaining_days": _("Queue-days still to come"),
    "weight_share": _("Share of the contract's weight, %"),
    "days_expected": _("Days expected"),
    "days_reported": _("Days reported"),
    "count": _("How many"),
    "queues": _("Queues"),
}
"""What the facts of an alert are called, in the order they are shown."""
OF_A_VALUE = FIGURES | {"pace", "needed_if_less", "needed_if_more"}


@dataclass(frozen=True, slots=True)
class Item:
    """One alert of the inbox."""

    alert: Alert
    message: str
    may_acknowledge: bool = False


@dataclass(frozen=True, slots=True)
class Fold:
    """What is told as one: alerts of one kind about one contract, none of them critical, or a single one."""

    items: list[Item]

    @property
    def first(self) -> Item:
        return self.items[0]

    @property
    def is_single(self) -> bool:
        return len(self.items) == 1

    @property
    def to_acknowledge(self) -> list[Item]:
        return [item for item in self.items if item.may_acknowledge]


@dataclass(frozen=True, slots=True)
class Day:
    date: date
    items: list[Item]

    @property
    def folds(self) -> list[Fold]:
        """Return the day's alerts, the gravest first; what is not critical is folded by contract and kind."""
        found: dict[Any, Fold] = {}
        for item in self.items:
            alert = item.alert
            is_critical = alert.severity == AlertSeverity.CRITICAL
            key = alert.pk if is_critical else (alert.contract_id, alert.kind)
            found.setdefault(key, Fold([])).items.append(item)
        return list(found.values())


@dataclass(frozen=True, slots=True)
class Group:
    """What concerns one vendor (null: the company), day by day."""

    vendor: Vendor | None
    days: list[Day]
    count: int


@dataclass(slots=True)
class Inbox:
    """The page: its groups, and what was chosen."""

    groups: list[Group] = field(default_factory=list)
    count: int = 0
    is_cut: bool = False
    chosen: dict[str, str] = field(default_factory=dict)
    vendors: list[Vendor] = field(default_factory=list)

    @property
    def is_filtered(self) -> bool:
        return any(value for name, value in self.chosen.items() if (name, value) != ("status", WAITING))


def inbox(actor: Actor, given: Mapping[str, str], may_acknowledge: Any) -> Inbox:
    """Return the alerts that exist for ``actor`` and fit what was chosen, grave ones first within a day.

    A choice that does not exist is none. ``may_acknowledge`` says whether the reader may, of an alert.
    """
    chosen = _chosen(given)
    rows = alerts_for(actor)
    vendors = list(Vendor.objects.filter(pk__in=rows.order_by().values("vendor_id")).order_by("code"))
    if chosen["vendor"] not in {vendor.code for vendor in vendors}:
        chosen["vendor"] = ""
    found = list(_filtered(rows, chosen).order_by(VENDORS_FIRST, "-opened_at", "-id")[: MOST_LISTED + 1])
    items = [Item(alert, message_of(alert), may_acknowledge(alert)) for alert in found[:MOST_LISTED]]
    return Inbox(list(_groups(items)), len(items), len(found) > MOST_LISTED, chosen, vendors)


def _chosen(given: Mapping[str, str]) -> dict[str, str]:
    allowed = {
        "status": dict(STATUSES),
        "severity": dict(AlertSeverity.choices),
        "kind": dict(AlertKind.choices),
    }
    chosen = {name: given.get(name, "") for name in (*allowed, "vendor")}
    for name, values in allowed.items():
        if chosen[name] not in values:
            chosen[name] = ""
    if "status" not in given:
        chosen["status"] = WAITING
    return chosen


def _filtered(rows: Any, chosen: Mapping[str, str]) -> Any:
    if chosen["status"] == WAITING:
        rows = rows.filter(status__in=UNRESOLVED)
    elif chosen["status"]:
        rows = rows.filter(status=chosen["status"])
    if chosen["vendor"]:
        rows = rows.filter(vendor__code=chosen["vendor"])
    return rows.filter(**{name: chosen[name] for name in ("severity", "kind") if chosen[name]})


def _groups(items: list[Item]) -> Iterator[Group]:
    for vendor, of_vendor in groupby(items, key=lambda item: item.alert.vendor):
        rows = list(of_vendor)
        days = [
            Day(day, sorted(of_day, key=_gravity))
            for day, of_day in groupby(rows, key=lambda item: timezone.localtime(item.alert.opened_at).date())
        ]
        yield Group(vendor, days, len(rows))


def _gravity(item: Item) -> int:
    return -AlertSeverity.values.index(item.alert.severity)


@dataclass(frozen=True, slots=True)
class AlertPage:
    """One alert: what it says, the figures behind it, where to look, and what was done."""

    alert: Alert
    message: str
    facts: list[tuple[Text, str]]
    link: tuple[str, Text] | None
    events: list[AlertEvent]
    named: Named
    plans: list[ActionPlan]

    @property
    def steps(self) -> list[tuple[AlertEvent, Text, ExternalFactor | None, ActionPlan | None]]:
        """Return the history, each step with the cause, the factor and the plan it names."""
        named, causes = self.named, dict(Cause.choices)
        return [
            (event, causes.get(event.changes.get("cause", ""), ""), named.factor_of(event), named.plan_of(event))
            for event in self.events
        ]

    @property
    def has_days(self) -> bool:
        """Say whether the KPI's own page shows its days."""
        return self.alert.period == PeriodKind.MONTH or self.alert.kind in STATISTICAL


def alert_page(alert: Alert, actor: Actor) -> AlertPage:
    """Return the page of an alert as ``actor`` may read it."""
    events = events_for(alert, actor)
    named, plans = named_by(events, actor), plans_of_alert(alert, actor)
    return AlertPage(alert, message_of(alert), _facts(alert), _link(alert), events, named, plans)


def _facts(alert: Alert) -> list[tuple[Text, str]]:
    facts = alert.facts
    return [(label, _fact(name, facts)) for name, label in FACTS.items() if facts.get(name) not in (None, "", [])]


def _fact(name: str, facts: Mapping[str, Any]) -> str:
    value = facts[name]
    if name == "family":
        return ", ".join(for_reader(*names) for names in value)
    if name in ("lost_on", "worst_day"):
        return day_words(value)
    if isinstance(value, list):
        return ", ".join(value)
    return figure_words(str(value), facts.get("unit", "") if name in OF_A_VALUE else "")


def _link(alert: Alert) -> tuple[str, Text] | None:
    """Return where the reader finds the rest."""
    if alert.kind in OF_A_FIGURE and alert.start and alert.contract:
        return f"{reverse('bpo:scorecard-list')}?month={alert.start:%Y-%m}", _("The month's scorecards")
    if alert.kind in OF_THE_FEED and alert.vendor:
        return reverse("bpo:completeness-month", args=[alert.vendor.code]), _("Completeness of figures")
    if alert.kind == AlertKind.RECONCILIATION:
        return reverse("bpo:reconciliation-list"), _("Reconciliation of two sources")
    return (reverse("bpo:key-list"), _("API keys")) if alert.kind == AlertKind.KEY_EXPIRING else None
