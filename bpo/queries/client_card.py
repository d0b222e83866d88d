"""The client's own scorecard: its forecasts, outages, notice, knowledge, decisions, and what its events cost."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Prefetch, QuerySet

from bpo.queries.lost import Lost, Price, Put, attributed, lost_by_quarter, put_to_contracts
from kpis.calc.facts import PeriodKind
from kpis.calc.forecasts import Accuracy, accuracy
from kpis.calc.periods import Period, period_of, periods_between
from kpis.calc.punctuality import Punctuality, covered, median, minutes_of, notice_days, punctuality
from kpis.choices import (
    APPROVED_FACTORS,
    KNOWLEDGE_KINDS,
    OVER_FACTORS,
    DepartmentAnswer,
    FactorKind,
    FactorStatus,
    Forecaster,
    ForecastGrain,
)
from kpis.models import ExternalFactor, FactorEvent
from kpis.queries.forecasts import Planned, load_plans
from kpis.services.factors.costs import Cost, costs_of
from kpis.services.factors.deadlines import Deadlines
from vendors.actors import Actor, Capability
from vendors.clock import local_date
from vendors.models import Queue
from vendors.queries.calendar import holidays_for, open_days

NOTICE_DAYS = 7
"""What is planned is announced in time where it is so many days ahead."""
GRAINS = (PeriodKind.MONTH, PeriodKind.QUARTER)
QUARTERS = 4
ONE_WEEK = timedelta(days=7)
NEVER_WERE = frozenset({FactorStatus.WITHDRAWN, FactorStatus.EXPIRED})


@dataclass(frozen=True, slots=True)
class ForecastRow:
    """One queue's forecasts of one grain by the client that are over; ``open`` lack a day's figures."""

    queue: Queue
    grain: str
    periods: int
    forecast: Decimal
    actual: Decimal
    accuracy: Accuracy
    open: int

    @property
    def grain_label(self) -> Any:
        return ForecastGrain(self.grain).label


@dataclass(frozen=True, slots=True)
class Outages:
    """Minutes with an outage: of each service, and of any of them; and the events they come from."""

    total: Decimal
    by_service: Sequence[tuple[str, Decimal]]
    events: Sequence[ExternalFactor]


@dataclass(frozen=True, slots=True)
class Row:
    """One thing that was done in time, late, or nobody knows (null): ``by`` is until when, ``at`` when it was."""

    factor: ExternalFactor
    is_in_time: bool | None
    by: date | datetime | None = None
    at: datetime | None = None
    days: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Section:
    """How punctual something was, with the rows it was counted from."""

    found: Punctuality
    rows: Sequence[Row]
    median: Decimal | None = None


@dataclass(frozen=True, slots=True)
class ClientCard:
    """One month or quarter of the client's own doings, of the queues that exist for the reader."""

    period: Period
    is_over: bool
    forecasts: Sequence[ForecastRow]
    pooled: Accuracy
    outages: Outages
    notice: Section
    knowledge: Section
    decisions: Section
    answers: Section
    attributed: Sequence[Lost]
    put: Sequence[Put]
    trend: Sequence[Lost]
    notice_bar: int = NOTICE_DAYS


def client_card(
    actor: Actor, kind: PeriodKind, day: date | None, *, now: datetime, vendor: str = "", price: Price
) -> ClientCard:
    """Return the card of the period ``day`` lies in (null: the present one); a constant number of queries.

    Somebody of one vendor reads what concerns its own queues, and nothing of another vendor's. ``price`` says what
    relief is worth where terms of money hold.
    """
    reader = actor.limited_to(Capability.READ_RESULTS)
    today = local_date(now, settings.TIME_ZONE)
    period = period_of(kind, day or today)
    queues = Queue.objects.visible_to(reader).select_related("centre").order_by("code")
    if vendor:
        queues = queues.filter(centre__vendor__code=vendor)
    mine = list(queues)
    events = _Events(mine, reader, period, now)
    forecasts = _forecasts(mine, period, today)
    quarter = period_of(PeriodKind.QUARTER, period.start)
    costs = _costs(quarter, mine, reader, now)
    priced = price(costs, now=now)
    of_period = [one for one in costs if period.start <= one.start < period.end]
    return ClientCard(
        period=period,
        is_over=today >= period.end,
        forecasts=[row for row, _pairs in forecasts],
        pooled=accuracy(pair for _row, pairs in forecasts for pair in pairs),
        outages=events.outages(),
        notice=events.notice(),
        knowledge=events.knowledge(),
        decisions=events.decisions(),
        answers=events.answers(),
        attributed=attributed(of_period, priced),
        put=put_to_contracts(period, reader, vendor, now=now),
        trend=lost_by_quarter(costs, priced),
    )


def _costs(quarter: Period, queues: Sequence[Queue], reader: Actor, now: datetime) -> list[Cost]:
    """Return what approved factors did in the four quarters up to this one, of these queues' vendors."""
    first = quarter
    for _number in range(QUARTERS - 1):
        first = first.previous()
    vendors = {queue.centre.vendor_id for queue in queues}
    costs = costs_of(first.start, quarter.end, actor=reader, now=now)
    return [one for one in costs if one.contract.vendor_id in vendors]


Pairs = list[tuple[Decimal, Any]]


def _forecasts(queues: Sequence[Queue], period: Period, today: date) -> list[tuple[ForecastRow, Pairs]]:
    if not queues:
        return []
    plans = load_plans(queues, period.start, period.last, forecaster=Forecaster.CLIENT)
    # A week that begins in the period ends after it.
    holidays = holidays_for([queue.centre for queue in queues], period.start, period.end + ONE_WEEK)
    found = []
    for queue in queues:
        over: dict[str, list[Planned]] = {}
        for month in periods_between(PeriodKind.MONTH, period.start, period.last):
            days = open_days(queue, holidays, month.start, month.end)
            for one in plans.of_month(queue.pk, month, days):
                if one.period.end <= today:
                    over.setdefault(one.row.grain, []).append(one)
        found += [_forecast_row(queue, grain, rows, holidays) for grain, rows in over.items()]
    return found


def _forecast_row(queue: Queue, grain: str, over: Sequence[Planned], holidays: Any) -> tuple[ForecastRow, Pairs]:
    whole = [one for one in over if _is_whole(one, queue, holidays)]
    pairs: Pairs = [(one.row.volume, one.volume) for one in whole]
    forecast = sum((planned for planned, _came in pairs), Decimal(0))
    actual = sum((Decimal(came) for _planned, came in pairs), Decimal(0))
    return ForecastRow(queue, grain, len(whole), forecast, actual, accuracy(pairs), len(over) - len(whole)), pairs


def _is_whole(plan: Planned, queue: Queue, holidays: Any) -> bool:
    """Say whether what came is known of every open day of the forecast's period: missing is not zero."""
    days = open_days(queue, holidays, plan.period.start, plan.period.end)
    return bool(plan.volumes) and all(day in plan.volumes for day in days)


class _Events:
    """The events of a period that affect some queues, and what became of their claims."""

    def __init__(self, queues: Sequence[Queue], reader: Actor, period: Period, now: datetime) -> None:
        zone = ZoneInfo(settings.TIME_ZONE)
        self._now = now
        self._start, self._end = (datetime.combine(day, time(), zone) for day in (period.start, period.end))
        self._mine = {queue.pk for queue in queues}
        rows = ExternalFactor.objects.visible_to(reader).exclude(status__in=NEVER_WERE)
        self._factors = self._known(rows.filter(starts_at__lt=self._end, ends_at__gt=self._start))
        claims = rows.filter(claimed_at__gte=self._start, claimed_at__lt=self._end)
        answers = FactorEvent.objects.filter(action__in=[word for word in DepartmentAnswer.values if word])
        self._claims = self._known(claims.prefetch_related(Prefetch("events", answers, "answers")))
        self._deadlines = Deadlines((one, self._queues(one)) for one in self._claims)

    def _known(self, rows: QuerySet[ExternalFactor]) -> list[ExternalFactor]:
        found = rows.select_related("department").prefetch_related("queues__centre").order_by("starts_at", "id")
        return [one for one in found if self._queues(one)]

    def _queues(self, factor: ExternalFactor) -> list[Queue]:
        return [queue for queue in factor.queues.all() if queue.pk in self._mine]

    def outages(self) -> Outages:
        """Return the union of what the client registered, its department confirmed or a manager approved."""
        events = [one for one in self._factors if one.kind == FactorKind.OUTAGE and _is_of_client(one)]
        services: dict[str, list[tuple[datetime, datetime]]] = {}
        for one in events:
            for name in {queue.service or queue.name for queue in self._queues(one)}:
                services.setdefault(name, []).append((one.starts_at, one.ends_at))
        until = min(self._end, self._now)
        every = [interval for intervals in services.values() for interval in intervals]
        by_service = [(name, minutes_of(covered(rows, self._start, until))) for name, rows in sorted(services.items())]
        return Outages(minutes_of(covered(every, self._start, until)), by_service, events)

    def notice(self) -> Section:
        """Return how far ahead what was planned was announced, of what began in the period."""
        rows = []
        for one in self._begun():
            if one.is_planned:
                days = notice_days(one.announced_at, one.starts_at)
                rows.append(Row(one, None if days is None else days >= NOTICE_DAYS, None, one.announced_at, days))
        return _section(rows, median([row.days for row in rows if row.days is not None]))

    def knowledge(self) -> Section:
        """Return whether agents could know before it began, of what changes what they must know."""
        rows = []
        for one in self._begun():
            if one.kind in KNOWLEDGE_KINDS:
                ready = one.knowledge_ready_at
                rows.append(Row(one, None if ready is None else ready <= one.starts_at, one.starts_at, ready))
        return _section(rows)

    def _begun(self) -> Iterable[ExternalFactor]:
        until = min(self._end, self._now)
        return [
            one
            for one in self._factors
            if self._start <= one.starts_at < until and one.origin_id is None and _is_of_client(one)
        ]

    def decisions(self) -> Section:
        """Return whether the claims of the period were decided in the days that the terms give."""
        return _section([self._row(one, self._deadlines.decision(one), one.decided_at) for one in self._claims])

    def answers(self) -> Section:
        """Return whether departments answered the claims of the period in the days that the terms give."""
        rows = []
        for one in self._claims:
            if one.department_id is not None:
                answered: Any = getattr(one, "answers", [])
                rows.append(self._row(one, self._deadlines.answer(one), answered[0].at if answered else None))
        return _section(rows)

    def _row(self, factor: ExternalFactor, by: date | None, at: datetime | None) -> Row:
        """Return one claim: unknown without a deadline, and while its days are not over."""
        zone = self._queues(factor)[0].centre.timezone
        done = local_date(at, zone) if at else None
        if by is None or (done is None and local_date(self._now, zone) <= by):
            return Row(factor, None, by, at)
        return Row(factor, done is not None and done <= by, by, at)


def _is_of_client(factor: ExternalFactor) -> bool:
    """Say whether the client's side stands by an event: it registered, confirmed or approved it, and denies it not."""
    if factor.department_answer == DepartmentAnswer.DENIED:
        return False
    is_confirmed = factor.department_answer == DepartmentAnswer.CONFIRMED or factor.status in APPROVED_FACTORS
    return is_confirmed or (not factor.is_from_vendor and factor.status not in OVER_FACTORS)


def _section(rows: Sequence[Row], middle: Decimal | None = None) -> Section:
    return Section(punctuality(row.is_in_time for row in rows), rows, middle)
