"""Which KPIs behave otherwise than they usually do: one finding for all KPIs of a family, which share an incident."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple

from django.conf import settings

from bpo.calc.alerting import Held, Severity
from bpo.choices import STATISTICAL, AlertKind, AlertStatus
from bpo.models import Alert, AlertEvent
from bpo.queries.alert_findings import Finding
from kpis.calc.facts import PeriodKind
from kpis.calc.surveillance import Baseline, Day, Shape, Standing, rolling, standing, watch
from kpis.models import Kpi
from kpis.queries.definitions import Definition
from kpis.queries.series import Series, World
from kpis.queries.watching import DayReader, Stretch, scale_of, shape_of
from vendors.clock import local_date
from vendors.querysets import one_of

ONE_DAY = timedelta(days=1)


class Level(NamedTuple):
    """What is kept of a series in :class:`bpo.models.SeriesBaseline`, as a record: thousands are read after a drain."""

    series_id: int
    until: date
    by_weekday: Sequence[float] = ()
    spread: float = 0
    days: int = 0
    shape: str = ""


@dataclass(frozen=True, slots=True)
class Usual:
    """A series, what is usual for it, and its days since then without the unusual ones."""

    series: Series
    definition: Definition
    baseline: Baseline
    days: Sequence[Day]


@dataclass(frozen=True, slots=True)
class _Sign:
    """A series whose signals stand, and the day of the farthest of them."""

    usual: Usual
    standing: Standing
    day: Day

    @property
    def gravity(self) -> tuple[bool, float, int]:
        """Jumps first, then the farthest from what is usual."""
        return self.standing.is_sudden, abs(self.standing.worst.distance), -self.usual.series.id


def shown_days(reader: DayReader, stretches: Iterable[Stretch], kept: Mapping[int, Level]) -> list[Usual]:
    """Return the days of these stretches beside the level that is kept for each; of events the four weeks to each."""
    found = []
    for one in stretches:
        row, definition, unusual = kept[one.series.id], reader.definition(one), reader.unusual(one)
        baseline = Baseline(shape_of(definition.rule), tuple(row.by_weekday), row.spread, row.days)
        days = reader.days(one)
        if unusual:
            days = [day for day in days if day.date not in unusual]
        if baseline.shape is Shape.COUNT:
            days = rolling(days, row.until)
        found.append(Usual(one.series, definition, baseline, days))
    return found


def confirmed_days(series: Collection[int]) -> dict[int, frozenset[date]]:
    """Return by series the days of signals that people settled, which were real: they are no part of the usual."""
    settled = AlertEvent.objects.filter(action="resolve").order_by().values("alert")
    rows = Alert.objects.filter(pk__in=settled, kind__in=STATISTICAL, series__in=one_of(series), start__isnull=False)
    found: dict[int, set[date]] = defaultdict(set)
    for alert in rows.order_by("id"):
        last = local_date(alert.resolved_at or alert.changed_at, settings.TIME_ZONE)
        first = alert.start or last
        found[alert.series_id or 0] |= {first + place * ONE_DAY for place in range((last - first).days + 1)}
    return {key: frozenset(days) for key, days in found.items()}


def usual_findings(world: World, usual: Sequence[Usual], live: Iterable[Alert]) -> list[Finding]:
    """Return what stands of the signals of these series: one finding for each family, kind and contract.

    A family is what shares a category and a contract (service level, answer rate, abandonment and waiting are one).
    ``live`` are the alerts there are: where people settled one, the smoothed line begins anew the day after.
    """
    if not usual:
        return []
    kpis = Kpi.objects.in_bulk({one.series.kpi for one in usual})
    restarts = {
        alert.subject: local_date(alert.resolved_at, settings.TIME_ZONE) + ONE_DAY
        for alert in live
        if alert.kind in STATISTICAL and alert.status == AlertStatus.RESOLVED and alert.resolved_at
    }
    signs: dict[tuple[AlertKind, str], list[_Sign]] = defaultdict(list)
    for one in usual:
        subject = _subject(one.series, kpis[one.series.kpi])
        for kind, sign in _signs(one, restarts.get(subject)):
            signs[kind, subject].append(sign)
    return [_finding(world, kind, subject, rows, kpis) for (kind, subject), rows in signs.items()]


def _subject(series: Series, kpi: Kpi) -> str:
    family = kpi.category[:32] if kpi.category else f"kpi-{kpi.pk}"
    return f"family:{series.contract}:{family}"


def _signs(one: Usual, restarted_on: date | None) -> Iterator[tuple[AlertKind, _Sign]]:
    signals = watch(one.baseline, one.days, one.definition.rule.direction, restarted_on=restarted_on)
    if not signals:
        return
    by_date = {day.date: day for day in one.days}
    for is_bad, kind in ((True, AlertKind.WORSE_THAN_USUAL), (False, AlertKind.BETTER_THAN_USUAL)):
        found = standing(signals, list(by_date), is_bad=is_bad)
        if found is not None:
            yield kind, _Sign(one, found, by_date[found.worst.date])


def _finding(world: World, kind: AlertKind, subject: str, signs: Sequence[_Sign], kpis: Mapping[int, Kpi]) -> Finding:
    ranked = sorted(signs, key=lambda sign: sign.gravity, reverse=True)
    worst, series = ranked[0], ranked[0].usual.series
    begun_on = min(sign.standing.begun_on for sign in signs)
    others = {sign.usual.series.kpi for sign in ranked} - {series.kpi}
    family = [[kpis[key].name, kpis[key].name_ko] for key in sorted(others)]
    spans = world.spans_of(series)
    return Finding(
        kind,
        subject,
        Held(_severity(kind, worst.standing), int(worst.standing.is_sudden), begun_on.isoformat()),
        _facts(worst) | {"family": family},
        vendor=spans[0].vendor if spans else None,
        contract=series.contract,
        series=series.id,
        kpi=series.kpi,
        queue=series.queue,
        period=PeriodKind.DAY.value,
        start=begun_on,
    )


def _severity(kind: AlertKind, found: Standing) -> Severity:
    if kind == AlertKind.BETTER_THAN_USUAL:
        return Severity.CAUTION
    return Severity.CRITICAL if found.is_sudden else Severity.WARNING


def _facts(sign: _Sign) -> dict[str, object]:
    rule, worst, baseline = sign.usual.definition.rule, sign.standing.worst, sign.usual.baseline
    is_count = baseline.shape is Shape.COUNT
    of_what, places = (sign.day.volume, 1) if is_count else (scale_of(rule), rule.decimals)
    return {
        "came": f"{sign.day.value * of_what:.{0 if is_count else places}f}",
        "usual": f"{baseline.expected(sign.day.date) * of_what:.{places}f}",
        "shape": baseline.shape.value,
        "worst_day": sign.day.date.isoformat(),
        "volume": f"{sign.day.volume:.0f}",
        "distance": f"{worst.distance:.1f}",
        "rule": worst.rule.value,
        "unit": sign.usual.definition.unit,
        "direction": rule.direction.value,
        "baseline_days": baseline.days,
        "learning": baseline.is_learning,
    }
