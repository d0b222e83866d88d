"""What waits for somebody today: one entry a kind of work, with the first few of it and where to do it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.conf import settings
from django.db.models import Exists, OuterRef, Q
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from bpo.choices import (
    OF_THE_FEED,
    UNFINISHED_PLANS,
    AlertSeverity,
    AlertStatus,
    CorrectionStatus,
    PlanStatus,
    ScorecardStatus,
)
from bpo.models import ActionPlan, Alert, CorrectionRequest, Scorecard
from bpo.queries.alert_words import message_of
from bpo.queries.next_steps import short
from bpo.queries.plans import overdue, to_check
from bpo.queries.unsent_days import Unsent, unsent_days
from kpis.choices import WAITING_FACTORS, DraftStatus, ReconciliationStatus, SubmissionWay, TargetChangeStatus
from kpis.models import ExternalFactor, Reconciliation, RefusedFeed, Submission, SubmissionDraft, TargetChange
from vendors.actors import Capability
from vendors.clock import local_date
from vendors.errors import Text
from vendors.models import Contract
from vendors.querysets import with_total

if TYPE_CHECKING:
    from vendors.actors import Actor

MOST_LINES = 4
RECENT = timedelta(days=2)
SOON = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Line:
    """One thing to do, where it is done, and whose it is."""

    text: str
    url: str
    about: str = ""
    by: str = ""
    """Who did it, as the history has it."""
    day: date | None = None
    """The day it is about."""


@dataclass(frozen=True, slots=True)
class Task:
    """A kind of work that waits. ``tone`` is ``bad``, ``warn`` or ``calm``; ``url`` leads to all of it."""

    title: Text
    tone: str
    count: int
    url: str
    lines: list[Line]


@dataclass(frozen=True, slots=True)
class _Kind:
    """Where a kind of work comes from: its rows, how one is told, and the page that lists them."""

    title: Text
    tone: str
    url: str
    rows: Any
    line: Callable[[Any], Line]


def today_page(actor: Actor, *, now: datetime) -> list[Task]:
    """Return what waits for ``actor``, the most urgent kind first; one query a kind of work, a few for days unsent."""
    tasks = _unsent(unsent_days(actor, now=now))
    for kind in _kinds(actor, now):
        rows = list(with_total(kind.rows)[:MOST_LINES])
        if rows:
            tasks.append(Task(kind.title, kind.tone, rows[0].total, kind.url, [kind.line(row) for row in rows]))
    return tasks or _beginning(actor)


def _unsent(days: list[Unsent]) -> list[Task]:
    """Return the days a vendor has still to send, each leading to its form."""
    where = reverse("bpo:submit")
    lines = [
        Line(one.queue, f"{where}?{urlencode({'contract': one.contract, 'date': one.day.isoformat()})}", day=one.day)
        for one in days[:MOST_LINES]
    ]
    return [Task(_("Figures to send"), "bad", len(days), reverse("bpo:completeness"), lines)] if days else []


def _beginning(actor: Actor) -> list[Task]:
    """Return where to begin, for whoever may set up a programme and has none."""
    if not actor.may(Capability.WRITE_VENDORS) or Contract.objects.exists():
        return []
    where = reverse("bpo:start")
    line = Line(str(_("Paste the names of your vendors and tick what they do")), where)
    return [Task(_("A programme to set up"), "calm", 1, where, [line])]


def _kinds(actor: Actor, now: datetime) -> Iterator[_Kind]:
    if actor.may(Capability.READ_ALERTS):
        yield from _alerts(actor)
    if actor.may(Capability.SUBMIT) and actor.may(Capability.READ_SUBMISSIONS):
        yield _refused(actor, now)
    if actor.may(Capability.CONFIRM_SUBMISSIONS):
        yield _held(actor)
    if actor.may(Capability.DECIDE_FACTORS):
        yield _claims(actor, Capability.DECIDE_FACTORS, _("Relief claims to decide"))
    elif actor.may(Capability.ANSWER_FACTORS):
        yield _claims(actor, Capability.ANSWER_FACTORS, _("External factors to confirm"))
    if actor.may(Capability.DECIDE_CORRECTIONS):
        yield _corrections(actor)
    if actor.may(Capability.DECIDE_FIGURES):
        yield _differences(actor)
    if actor.may(Capability.WRITE_SETUP):
        yield _targets(actor)
    if actor.may(Capability.PROPOSE_PLANS):
        yield from _plans(actor, now)
    yield from _cards(actor, now)


def _plans(actor: Actor, now: datetime) -> Iterator[_Kind]:
    """Return action plans that are late, due soon, or new from the other side; and what the BPO side has to check."""
    today = local_date(now, settings.TIME_ZONE)
    rows = ActionPlan.objects.visible_to(actor.limited_to(Capability.PROPOSE_PLANS))
    rows = rows.select_related("contract__vendor").order_by("due_on", "id")
    where = reverse("bpo:plan-board")
    soon = rows.filter(status__in=UNFINISHED_PLANS, due_on__range=(today, today + SOON))
    yield _Kind(_("Action plans that are overdue"), "bad", f"{where}?overdue=1", rows.filter(overdue(today)), _plan)
    yield _Kind(_("Action plans due within a week"), "calm", where, soon, _plan)
    decides = actor.may(Capability.DECIDE_PLANS)
    new = rows.filter(status=PlanStatus.OPEN, is_from_vendor=decides, due_on__gt=today + SOON)
    title = _("Action plans that vendors propose") if decides else _("Action plans to begin")
    yield _Kind(title, "calm", f"{where}?status=open", new, _plan)
    if decides:
        checks = ActionPlan.objects.visible_to(actor.limited_to(Capability.DECIDE_PLANS)).filter(to_check(today))
        checks = checks.select_related("contract__vendor").order_by("check_on", "id")
        yield _Kind(_("Effects of actions to check"), "warn", f"{where}?status=done", checks, _plan)


def _plan(row: ActionPlan) -> Line:
    about = row.contract.vendor.label if row.contract else ""
    return Line(row.title, reverse("bpo:plan-detail", args=[row.pk]), f"{about} · {row.owner}" if about else row.owner)


def _alerts(actor: Actor) -> Iterator[_Kind]:
    visible = Alert.objects.visible_to(actor.limited_to(Capability.READ_ALERTS)).filter(status=AlertStatus.OPEN)
    visible = visible.select_related("vendor", "contract", "kpi", "queue").order_by("-opened_at", "-id")
    where = reverse("bpo:alert-list")
    critical = visible.filter(severity=AlertSeverity.CRITICAL)
    yield _Kind(_("Critical alerts"), "bad", f"{where}?{urlencode({'severity': 'critical'})}", critical, _alert)
    feeds = visible.filter(kind__in=OF_THE_FEED).exclude(severity=AlertSeverity.CRITICAL)
    yield _Kind(_("Figures that are late or incomplete"), "warn", reverse("bpo:completeness"), feeds, _alert)
    warnings = visible.filter(severity=AlertSeverity.WARNING).exclude(kind__in=OF_THE_FEED)
    yield _Kind(
        _("Warnings nobody has seen yet"), "warn", f"{where}?{urlencode({'severity': 'warning'})}", warnings, _alert
    )


def _alert(row: Alert) -> Line:
    about = row.vendor.label if row.vendor else ""
    return Line(message_of(row), reverse("bpo:alert-detail", args=[row.pk]), about)


def _refused(actor: Actor, now: datetime) -> _Kind:
    rows = RefusedFeed.objects.visible_to(actor.limited_to(Capability.READ_SUBMISSIONS))
    # A person who was refused and then got through has nothing left to do; a system sends the next day's all the same.
    later = Submission.objects.filter(submitted_by=OuterRef("submitted_by"), received_at__gt=OuterRef("refused_at"))
    same_vendor = Q(vendor=OuterRef("vendor")) | Q(vendor=None)
    is_mended = ~Q(way=SubmissionWay.API) & Exists(later.filter(same_vendor))
    rows = rows.filter(~is_mended, refused_at__gte=now - RECENT)
    rows = rows.select_related("vendor").order_by("-refused_at", "-id")
    where = reverse("bpo:submission-list")

    def line(row: RefusedFeed) -> Line:
        text = _("Refused: %(count)s rows") % {"count": row.row_count}
        return Line(str(text), where, row.vendor.label if row.vendor else "")

    return _Kind(_("Refused in the last two days"), "bad", where, rows, line)


def _held(actor: Actor) -> _Kind:
    rows = SubmissionDraft.objects.visible_to(actor.limited_to(Capability.CONFIRM_SUBMISSIONS))
    rows = rows.filter(status=DraftStatus.HELD).defer("body").select_related("contract").order_by("held_at")

    def line(row: SubmissionDraft) -> Line:
        way = row.file_name or str(row.get_way_display())
        text = f"{row.contract.name} · {way}" if row.contract else way
        return Line(text, reverse("bpo:submit-check", args=[row.pk]), by=row.made_by)

    return _Kind(_("Figures that wait for your confirmation"), "warn", reverse("bpo:submission-list"), rows, line)


def _claims(actor: Actor, needs: Capability, title: Text) -> _Kind:
    rows = ExternalFactor.objects.visible_to(actor.limited_to(needs)).filter(status__in=WAITING_FACTORS)
    rows = rows.select_related("department").order_by("claimed_at", "pk")

    def line(row: ExternalFactor) -> Line:
        about = row.department.label if row.department else ""
        return Line(row.title, reverse("bpo:factor-detail", args=[row.pk]), about)

    return _Kind(title, "warn", f"{reverse('bpo:factor-list')}?status=claimed", rows, line)


def _corrections(actor: Actor) -> _Kind:
    rows = CorrectionRequest.objects.visible_to(actor.limited_to(Capability.DECIDE_CORRECTIONS))
    rows = rows.filter(status=CorrectionStatus.OPEN).select_related("contract__vendor").order_by("filed_at", "pk")

    def line(row: CorrectionRequest) -> Line:
        where = reverse("bpo:correction-detail", args=[row.pk])
        return Line(_month_of(row), where, row.contract.vendor.label)

    return _Kind(_("Correction requests to decide"), "warn", reverse("bpo:correction-list"), rows, line)


def _differences(actor: Actor) -> _Kind:
    rows = Reconciliation.objects.visible_to(actor.limited_to(Capability.DECIDE_FIGURES))
    rows = rows.filter(status=ReconciliationStatus.OPEN).select_related("queue").order_by("date", "pk")

    def line(row: Reconciliation) -> Line:
        where = reverse("bpo:reconciliation-detail", args=[row.pk])
        return Line(f"{row.queue.name} · {row.measure}", where, row.date.isoformat())

    return _Kind(_("Differences between two sources to settle"), "calm", reverse("bpo:reconciliation-list"), rows, line)


def _targets(actor: Actor) -> _Kind:
    """Return the changes of targets that wait for somebody else than who proposed them."""
    rows = TargetChange.objects.visible_to(actor.limited_to(Capability.WRITE_SETUP))
    rows = rows.filter(status=TargetChangeStatus.WAITING).exclude(proposed_by=actor.label)
    rows = rows.select_related("contract__vendor").order_by("proposed_at", "pk")

    def line(row: TargetChange) -> Line:
        where = reverse("bpo:target-change", args=[row.pk])
        return Line(f"{row.contract.name} {row.year}", where, row.contract.vendor.label)

    return _Kind(_("Changes of targets to approve"), "warn", reverse("bpo:target-list"), rows, line)


def _cards(actor: Actor, now: datetime) -> Iterator[_Kind]:
    """Return the scorecards on which the next step is the actor's: months that are over, the oldest first."""
    this_month = local_date(now, settings.TIME_ZONE).replace(day=1)
    steps = (
        (Capability.DECIDE_SCORECARDS, ScorecardStatus.DISPUTED, _("Disputes to answer"), "bad"),
        (Capability.DECIDE_SCORECARDS, ScorecardStatus.DRAFT, _("Scorecards to send for review"), "calm"),
        (Capability.DECIDE_SCORECARDS, ScorecardStatus.SHARED, _("Scorecards to finalise"), "calm"),
        (Capability.DISPUTE, ScorecardStatus.SHARED, _("Scorecards to check"), "warn"),
        (Capability.ACKNOWLEDGE, ScorecardStatus.FINAL, _("Scorecards to acknowledge"), "warn"),
    )
    for needs, status, title, tone in steps:
        if actor.may(needs):
            visible = Scorecard.objects.visible_to(actor.limited_to(needs))
            rows = visible.filter(status=status, start__lt=this_month).select_related("contract__vendor")
            where = f"{reverse('bpo:scorecard-list')}?status={status.value}"
            yield _Kind(title, tone, where, rows.order_by("start", "contract__code", "pk"), _card_line(actor))


def _month_of(row: Scorecard | CorrectionRequest) -> str:
    """Name the contract and the month, as people write it: 한빛 음성 상담 · 2026년 10월."""
    return f"{row.contract.name} · {date_format(row.start, 'YEAR_MONTH_FORMAT')}"


def _card_line(actor: Actor) -> Callable[[Scorecard], Line]:
    def line(row: Scorecard) -> Line:
        step = short(row.status, row.contract.vendor_id, actor)
        where = reverse("bpo:scorecard-detail", args=[row.pk])
        return Line(_month_of(row), where, str(step))

    return line
