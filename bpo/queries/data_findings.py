"""Which conditions of the data are worth an alert now: missing, late and disputed figures, and what is about to end."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.conf import settings
from django.db.models import Count, Exists, F, Min, OuterRef, Q
from django.db.models.fields.json import KT

from bpo.calc.alerting import Held, Severity
from bpo.choices import AlertKind
from bpo.queries.alert_findings import Finding, subject_of
from kpis.calc.facts import PeriodKind
from kpis.calc.periods import period_of
from kpis.choices import FactorStatus, ReconciliationStatus
from kpis.models import Attainment, FactorQueue, Reconciliation, Target
from kpis.queries.completeness import QueueDays, QueueDayState
from vendors.clock import local_date
from vendors.models import ApiKey, Contract, ContractQueue, ContractTerms
from vendors.querysets import one_of

LOOKED_BACK = timedelta(days=7)
"""So many days of the feed are looked at."""
ENDS_SOON, ENDS_VERY_SOON = timedelta(days=14), timedelta(days=3)
FEW_DAYS = 10
"""Until this day of a month its last one is held against the completeness bar: its own days are too few."""
OLD = timedelta(days=3)
LONG_WAITED = timedelta(days=7)
STEP = 5


def data_findings(*, now: datetime) -> list[Finding]:
    """Return what holds of the data of all contracts, and of the keys; a constant number of queries."""
    contracts = list(Contract.objects.values_list("id", flat=True))
    return [
        *feed_findings(contracts, now=now),
        *_reconciliations(),
        *_claims(now),
        *_targets_that_end(now),
        *_keys_that_expire(now),
    ]


def feed_findings(contracts: Collection[int], *, now: datetime) -> list[Finding]:
    """Return what holds of these contracts' feeds: missing at the cut-off, corrected after it, too few days."""
    return [*_feeds(contracts, now), *_incomplete(contracts, now)]


def subject_of_contract(contract: int) -> str:
    """Return what names a contract as the subject of an alert."""
    return f"contract:{contract}"


# The feed -------------------------------------------------------------------------------------------


def _feeds(contracts: Collection[int], now: datetime) -> Iterator[Finding]:
    today = _today(now)
    links = ContractQueue.objects.filter(contract__in=_with_a_cutoff(contracts))
    rows: dict[int, list[QueueDayState]] = defaultdict(list)
    for row in QueueDays(links, start=today - LOOKED_BACK, end=today, now=now)[:]:
        if row.due_at is not None and row.due_at < now:
            rows[row.span.contract].append(row)
    for contract, days in rows.items():
        missing = [row for row in days if row.is_expected and not row.is_complete]
        if missing:
            is_old = min(row.date for row in missing) <= today - OLD
            severity = Severity.CRITICAL if is_old else Severity.WARNING
            yield _of_days(AlertKind.FEED_MISSING, contract, missing, severity, min(row.date for row in missing))
        corrected = [row for row in days if _is_corrected_late(row)]
        if corrected:
            latest = max(row.date for row in corrected)
            yield _of_days(AlertKind.CORRECTED_LATE, contract, corrected, Severity.CAUTION, latest)


def _with_a_cutoff(contracts: Collection[int]) -> list[int]:
    terms = ContractTerms.objects.filter(contract__in=one_of(contracts), closing__daily_cutoff__isnull=False)
    return sorted(set(terms.order_by().values_list("contract_id", flat=True)))


def _is_corrected_late(row: QueueDayState) -> bool:
    is_late = row.received_at is not None and row.due_at is not None and row.received_at > row.due_at
    return row.is_corrected and is_late


def _of_days(kind: AlertKind, contract: int, rows: list[QueueDayState], severity: Severity, day: date) -> Finding:
    names = sorted({row.span.queue_code for row in rows})
    facts = {"count": len(rows), "day": day.isoformat(), "queues": names[:20]}
    held = Held(severity, len(rows), "")
    vendor = rows[0].span.vendor
    return Finding(kind, subject_of_contract(contract), held, facts, vendor=vendor, contract=contract)


# Completeness ---------------------------------------------------------------------------------------


def _incomplete(contracts: Collection[int], now: datetime) -> Iterator[Finding]:
    """Return, by contract, the KPI with the fewest of its queue-days, where that is under the contract's bar."""
    start = _month_to_look_at(_today(now))
    bars = _bars(set(contracts) - _not_yet_due(contracts, start), start)
    rows = Attainment.objects.filter(
        series__contract__in=one_of(contracts), series__period=PeriodKind.MONTH, start=start, days_expected__gt=0
    ).select_related("series__contract")
    fewest: dict[Contract, tuple[Decimal, Attainment]] = {}
    for row in rows.order_by("series_id").defer("explanation"):
        share, contract = Decimal(100) * row.days_reported / row.days_expected, row.series.contract
        if contract is None or share >= bars.get(contract.pk, Decimal(0)):
            continue
        if contract not in fewest or share < fewest[contract][0]:
            fewest[contract] = (share, row)
    for contract, (share, row) in fewest.items():
        yield _below_the_bar(contract, share, bars[contract.pk], row)


def _not_yet_due(contracts: Collection[int], start: date) -> set[int]:
    """Return the contracts whose days are due only from later than a month on, as those of a set-up are at first."""
    terms = ContractTerms.objects.filter(contract__in=_with_a_cutoff(contracts))
    due = terms.valid_on(start).filter(closing__daily_cutoff__isnull=False)
    later = terms.filter(closing__daily_cutoff__isnull=False, valid_from__gt=start)
    return set(later.values_list("contract_id", flat=True)) - set(due.values_list("contract_id", flat=True))


def _month_to_look_at(today: date) -> date:
    month = period_of(PeriodKind.MONTH, today)
    return month.start if today.day > FEW_DAYS else period_of(PeriodKind.MONTH, month.start - timedelta(days=1)).start


def _bars(contracts: Collection[int], day: date) -> dict[int, Decimal]:
    terms = ContractTerms.objects.filter(contract__in=one_of(contracts))
    rows = terms.valid_on(day).order_by(F("valid_from").asc(nulls_first=True))
    return dict(rows.values_list("contract_id", "completeness_bar"))


def _below_the_bar(contract: Contract, share: Decimal, bar: Decimal, row: Attainment) -> Finding:
    facts = {
        "reported": row.days_reported,
        "expected": row.days_expected,
        "percent": f"{share:.1f}",
        "bar": f"{bar.normalize():f}",
    }
    return Finding(
        AlertKind.INCOMPLETE,
        subject_of_contract(contract.pk),
        Held(Severity.WARNING, int((bar - share) // STEP), row.start.isoformat()),
        facts,
        vendor=contract.vendor_id,
        contract=contract.pk,
        series=row.series_id,
        kpi=row.series.kpi_id,
        queue=row.series.queue_id,
        period=PeriodKind.MONTH.value,
        start=row.start,
    )


# Differences, targets, keys -------------------------------------------------------------------------


def _reconciliations() -> Iterator[Finding]:
    rows = Reconciliation.objects.filter(status=ReconciliationStatus.OPEN).order_by()
    found = rows.values_list("contract_id", "contract__vendor_id").annotate(Count("id"), Min("date"))
    for contract, vendor, count, day in found:
        facts, held = {"count": count, "day": day.isoformat()}, Held(Severity.CAUTION, count, "")
        subject = subject_of_contract(contract)
        yield Finding(AlertKind.RECONCILIATION, subject, held, facts, vendor=vendor, contract=contract)


def _claims(now: datetime) -> Iterator[Finding]:
    """Return, by vendor, the relief claims nobody has decided yet; those that wait for long are worse."""
    rows = FactorQueue.objects.filter(factor__status=FactorStatus.CLAIMED).order_by()
    found = rows.values_list("queue__centre__vendor_id").annotate(
        Count("factor", distinct=True), Min("factor__claimed_at")
    )
    for vendor, count, claimed_at in found:
        day = local_date(claimed_at or now, settings.TIME_ZONE)
        severity = Severity.WARNING if day <= _today(now) - LONG_WAITED else Severity.CAUTION
        facts = {"count": count, "day": day.isoformat()}
        yield Finding(AlertKind.FACTOR_WAITING, f"vendor:{vendor}", Held(severity, count, ""), facts, vendor=vendor)


def _targets_that_end(now: datetime) -> Iterator[Finding]:
    """Return the targets that end within two weeks while their contract goes on and no other target follows."""
    today = _today(now)
    later = Target.objects.filter(series=OuterRef("series"), valid_from__gte=OuterRef("valid_until"))
    rows = Target.objects.filter(valid_until__gt=today, valid_until__lte=today + ENDS_SOON).filter(~Exists(later))
    goes_on = Q(series__contract__ends_on__isnull=True) | Q(series__contract__ends_on__gte=F("valid_until"))
    columns = ("series_id", "series__contract_id", "series__contract__vendor_id", "series__kpi_id", "series__queue_id")
    for *about, end in rows.filter(goes_on).order_by("id").values_list(*columns, "valid_until"):
        series, contract, vendor, kpi, queue = about
        last = end - timedelta(days=1)
        yield Finding(
            AlertKind.TARGET_EXPIRING,
            subject_of(series),
            _ending(last, today),
            {"day": last.isoformat()},
            vendor=vendor,
            contract=contract,
            series=series,
            kpi=kpi,
            queue=queue,
        )


def _keys_that_expire(now: datetime) -> Iterator[Finding]:
    rows = ApiKey.objects.filter(revoked_at__isnull=True, expires_at__gt=now, expires_at__lte=now + ENDS_SOON)
    for pk, prefix, vendor, expires_at in rows.order_by("id").values_list("pk", "prefix", "vendor_id", "expires_at"):
        day = local_date(expires_at or now, settings.TIME_ZONE)
        facts = {"key": prefix, "day": day.isoformat()}
        yield Finding(AlertKind.KEY_EXPIRING, f"key:{pk}", _ending(day, _today(now)), facts, vendor=vendor)


def _ending(day: date, today: date) -> Held:
    is_near = day - today <= ENDS_VERY_SOON
    return Held(Severity.WARNING if is_near else Severity.CAUTION, int(is_near), "")


def _today(now: datetime) -> date:
    return local_date(now, settings.TIME_ZONE)


def cutoffs() -> Iterable[str]:
    """Return the times of day that contracts name as their cut-off, each once."""
    rows = ContractTerms.objects.filter(closing__daily_cutoff__isnull=False).order_by()
    return sorted(set(rows.values_list(KT("closing__daily_cutoff"), flat=True).distinct()))
