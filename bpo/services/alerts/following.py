"""Alerts follow their conditions: raised, worsened, raised again, and resolved by the service when they end.

Many are written with a constant number of statements. Whoever calls holds the locks of the contracts they are about
(:mod:`kpis.services.locks`), as the steps that people take do.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import msgspec

from bpo.calc.alerting import Held, Severity, Turn, turn
from bpo.choices import AlertSeverity, AlertStatus
from bpo.models import Alert, AlertEvent
from bpo.queries.alert_findings import Finding, Key
from vendors import bulk
from vendors.actors import SYSTEM

FOLLOWED = (
    "severity", "facts", "step", "period", "start", "status", "is_live", "changed_at", "resolved_at", "snoozed_until",
)  # fmt: skip


class _Raised(msgspec.Struct, gc=False):
    """A new alert without its facts, as a record: many are raised at once, and models take longer."""

    kind: str
    subject: str
    vendor_id: int | None
    contract_id: int | None
    series_id: int | None
    kpi_id: int | None
    queue_id: int | None
    period: str
    start: date | None
    severity: str
    step: int
    opened_at: datetime
    changed_at: datetime
    status: str = AlertStatus.OPEN.value
    is_live: bool = True
    resolved_at: datetime | None = None
    snoozed_until: datetime | None = None
    assignee_id: int | None = None


class _Opened(msgspec.Struct, gc=False):
    """The first event of an alert, as a record."""

    alert_id: int
    at: datetime
    action: str = "open"
    by: str = SYSTEM.label
    note: str = ""
    is_internal: bool = False
    changes: dict[str, Any] = {}
    is_dispatched: bool = False


@dataclass(slots=True)
class Followed:
    """What was done: findings that became alerts, and alerts that changed or ended."""

    raised: list[Finding] = field(default_factory=list)
    changed: list[Alert] = field(default_factory=list)
    ended: list[Alert] = field(default_factory=list)
    events: list[AlertEvent] = field(default_factory=list)


def held_of(alert: Alert) -> Held:
    """Return how an alert stands, as the arithmetic takes it."""
    occasion = alert.start.isoformat() if alert.start else ""
    return Held(Severity[alert.severity.upper()], alert.step, occasion)


def by_key(alerts: Iterable[Alert]) -> dict[Key, Alert]:
    """Return live alerts by kind and subject, of which there is one each."""
    return {(alert.kind, alert.subject): alert for alert in alerts}


def follow(findings: Iterable[Finding], live: Mapping[Key, Alert], *, now: datetime) -> Followed:
    """Bring the ``live`` alerts in line with what holds now; one that no finding names has ended."""
    done = Followed()
    found = {finding.key: finding for finding in findings}
    for key, finding in found.items():
        _take_turn(finding, live.get(key), done, now)
    for key, alert in live.items():
        if key not in found:
            _end(alert, done, now)
    _write(done, now)
    return done


def _take_turn(finding: Finding, alert: Alert | None, done: Followed, now: datetime) -> None:
    is_settled = alert is not None and alert.status == AlertStatus.RESOLVED
    kind = turn(finding.held, before=held_of(alert) if alert else None, is_settled=is_settled)
    if kind is Turn.LEAVE:
        return
    if alert is None or kind is Turn.REOPEN:
        if alert is not None:
            alert.is_live = False
            done.changed.append(alert)
        done.raised.append(finding)
    elif _differs(alert, finding):
        _update(alert, finding, kind, done, now)


def _raised(finding: Finding, now: datetime) -> _Raised:
    return _Raised(
        kind=finding.kind.value,
        subject=finding.subject,
        vendor_id=finding.vendor,
        contract_id=finding.contract,
        series_id=finding.series,
        kpi_id=finding.kpi,
        queue_id=finding.queue,
        period=finding.period,
        start=finding.start,
        severity=_severity(finding),
        step=finding.held.step,
        opened_at=now,
        changed_at=now,
    )


def _severity(finding: Finding) -> str:
    return AlertSeverity[finding.held.severity.name].value


def _values(finding: Finding) -> dict[str, Any]:
    return {
        "severity": _severity(finding),
        "step": finding.held.step,
        "facts": dict(finding.facts),
        "period": finding.period,
        "start": finding.start,
    }


def _differs(alert: Alert, finding: Finding) -> bool:
    return any(getattr(alert, name) != value for name, value in _values(finding).items())


def _update(alert: Alert, finding: Finding, kind: Turn, done: Followed, now: datetime) -> None:
    changes = {"severity": [alert.severity, _severity(finding)]}
    is_another = alert.start != finding.start
    for name, value in _values(finding).items():
        setattr(alert, name, value)
    alert.changed_at = now
    done.changed.append(alert)
    if kind is Turn.WORSEN:
        done.events.append(_event(alert, "worsen", now, changes))
    elif is_another:
        done.events.append(_event(alert, "go_on", now, {"start": str(alert.start)}))
    if alert.status == AlertStatus.SNOOZED and (kind is Turn.WORSEN or is_another):
        alert.status, alert.snoozed_until = AlertStatus.OPEN, None


def _end(alert: Alert, done: Followed, now: datetime) -> None:
    alert.is_live = False
    if alert.status != AlertStatus.RESOLVED:
        alert.status, alert.resolved_at, alert.snoozed_until, alert.changed_at = AlertStatus.RESOLVED, now, None, now
        done.events.append(_event(alert, "end", now))
        done.ended.append(alert)
    done.changed.append(alert)


def _event(alert: Alert, action: str, now: datetime, changes: Mapping[str, Any] | None = None) -> AlertEvent:
    return AlertEvent(alert=alert, action=action, by=SYSTEM.label, at=now, changes=dict(changes or {}))


def _write(done: Followed, now: datetime) -> None:
    """Write what ended first: a subject has one live alert of a kind."""
    bulk.store(Alert, sorted(done.changed, key=lambda alert: alert.pk), key=("id",), update=FOLLOWED)
    facts = [msgspec.json.encode(finding.facts) for finding in done.raised]
    new = bulk.create(Alert, [_raised(finding, now) for finding in done.raised], documents=("facts", facts))
    bulk.store(AlertEvent, done.events)
    bulk.store(AlertEvent, [_Opened(alert, now) for alert in new])
