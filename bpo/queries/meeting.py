"""What a meeting looks back on and what it decides next: the facts of two slides of its deck."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.auth.models import User
from django.db.models import Prefetch, Q
from django.utils.translation import gettext as _

from bpo.choices import AlertStatus, DisputeStatus
from bpo.models import Alert, AlertEvent, Dispute
from bpo.queries.alert_words import message_of
from kpis.calc.periods import Period
from kpis.choices import WAITING_FACTORS
from kpis.models import ExternalFactor
from vendors.actors import SYSTEM, Capability
from vendors.clock import local_date

if TYPE_CHECKING:
    from vendors.actors import Actor

TAKEN_UP = (AlertStatus.ACKNOWLEDGED, AlertStatus.ASSIGNED)


@dataclass(frozen=True, slots=True)
class Action:
    """One line of a meeting. ``vendor`` is empty for what concerns all of them; ``cause`` says what kind it is.

    ``step`` is what was done about it, or where it stands; ``who`` did it or has it, ``on`` is its day.
    """

    vendor: str
    cause: str
    about: str
    step: str
    who: str
    on: date


@dataclass(frozen=True, slots=True)
class Actions:
    """What was done, the latest first, and what is to be done, the longest waiting first."""

    last: Sequence[Action]
    next: Sequence[Action]


def actions_of(actor: Actor, period: Period, vendor: str = "") -> Actions:
    """Return the actions of a period as ``actor`` sees them, of one vendor where its code is given.

    Done: alerts that people resolved in the period, or since then about it. To do: alerts somebody has taken up,
    disputes without an answer and claims without a decision, as they stand. A deck is handed round among both
    sides, so that no internal note is ever in it, whoever makes it.
    """
    return Actions(_done(actor, period, vendor), [*_alerts(actor, vendor), *_disputes(actor, vendor),
                                                  *_claims(actor, vendor)])  # fmt: skip


def _done(actor: Actor, period: Period, vendor: str) -> list[Action]:
    zone = ZoneInfo(settings.TIME_ZONE)
    start, end = (datetime.combine(day, time.min, zone) for day in (period.start, period.end))
    about = Q(start__gte=period.start, start__lt=period.end) | Q(resolved_at__gte=start, resolved_at__lt=end)
    by_people = AlertEvent.objects.filter(action="resolve").exclude(by=SYSTEM.label).order_by("id")
    rows = _visible_alerts(actor, vendor).filter(about, status=AlertStatus.RESOLVED, pk__in=by_people.values("alert"))
    rows = rows.prefetch_related(Prefetch("events", by_people, to_attr="resolutions"))
    found: list[Action] = []
    for alert in rows.order_by("-resolved_at", "-pk"):
        last: Any = alert.resolutions[-1]
        told = "" if last.is_internal else last.note
        found.append(_of_alert(alert, told or str(alert.get_status_display()), _who(last.by), last.at))
    return found


def _alerts(actor: Actor, vendor: str) -> list[Action]:
    rows = _visible_alerts(actor, vendor).filter(status__in=TAKEN_UP).select_related("assignee")
    return [
        _of_alert(alert, str(alert.get_status_display()), _person(alert.assignee), alert.opened_at)
        for alert in rows.order_by("opened_at", "pk")
    ]


def _visible_alerts(actor: Actor, vendor: str) -> Any:
    rows = Alert.objects.visible_to(actor.limited_to(Capability.READ_ALERTS)).select_related("vendor", "kpi")
    return rows.filter(vendor__code=vendor) if vendor else rows


def _of_alert(alert: Alert, step: str, who: str, at: datetime) -> Action:
    name = alert.vendor.label if alert.vendor else ""
    return Action(name, str(alert.get_kind_display()), message_of(alert), step, who, _day(at))


def _disputes(actor: Actor, vendor: str) -> list[Action]:
    rows = Dispute.objects.visible_to(actor.limited_to(Capability.READ_SCORECARDS)).filter(status=DisputeStatus.OPEN)
    if vendor:
        rows = rows.filter(line__scorecard__contract__vendor__code=vendor)
    rows = rows.select_related("line__scorecard__contract__vendor", "line__series__kpi", "line__item")
    return [
        Action(
            row.line.scorecard.contract.vendor.label,
            _("Dispute"),
            f"{_line_name(row)}: {row.reason}",
            str(row.get_status_display()),
            _who(row.opened_by),
            _day(row.opened_at),
        )
        for row in rows.order_by("opened_at", "pk")
    ]


def _line_name(row: Dispute) -> str:
    named = row.line.series.kpi if row.line.series else row.line.item
    return named.label if named else ""


def _claims(actor: Actor, vendor: str) -> list[Action]:
    rows = ExternalFactor.objects.visible_to(actor.limited_to(Capability.READ_FACTORS))
    rows = rows.filter(status__in=WAITING_FACTORS)
    if vendor:
        rows = rows.filter(links__queue__centre__vendor__code=vendor).distinct()
    rows = rows.prefetch_related("links__queue__centre__vendor").select_related("department")
    return [
        Action(
            _vendors_of(row, actor),
            _("Relief claim"),
            row.title,
            str(row.get_status_display()),
            row.department.label if row.department else "",
            _day(row.claimed_at or row.filed_at),
        )
        for row in rows.order_by("claimed_at", "pk")
    ]


def _vendors_of(row: ExternalFactor, actor: Actor) -> str:
    vendors = {link.queue.centre.vendor for link in row.links.all()}
    mine = [one for one in vendors if actor.limited_to(Capability.READ_FACTORS).sees(one.pk)]
    return ", ".join(sorted(one.label for one in mine))


def _day(at: datetime) -> date:
    return local_date(at, settings.TIME_ZONE)


def _who(label: str) -> str:
    kind, _colon, name = label.partition(":")
    return name if kind == "user" else ""


def _person(user: User | None) -> str:
    return "" if user is None else user.get_full_name() or user.get_username()
