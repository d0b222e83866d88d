"""Everything the documents of one period are made of, read once: the overview, the scores, the definitions."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Max, Q

from bpo.queries.meeting import Actions, actions_of
from bpo.queries.overview import Overview, overview
from bpo.queries.score_trend import ScoreTrend, score_trend
from kpis.calc.periods import Period
from kpis.models import Attainment, KpiVersion
from vendors.actors import Capability
from vendors.models import Vendor

if TYPE_CHECKING:
    from vendors.actors import Actor


@dataclass(frozen=True, slots=True)
class PeriodFacts:
    """One period as somebody may see it; ``vendors`` are the only ones it is about, none for all there are."""

    page: Overview
    trend: ScoreTrend
    actions: Actions
    versions: Mapping[int, KpiVersion]
    vendors: Sequence[Vendor]

    @property
    def period(self) -> Period:
        return self.page.period


def period_facts(actor: Actor, period: Period, *, now: datetime, vendor: str = "") -> PeriodFacts:
    """Return the facts of a period; ``vendor`` is a code, and one the actor does not see has no figures.

    A constant number of queries.
    """
    page = overview(actor, period.kind, period.start, now=now, vendor=vendor)
    reader = actor.limited_to(Capability.READ_RESULTS)
    seen = Vendor.objects.visible_to(reader).order_by("name")
    return PeriodFacts(
        page,
        score_trend(actor, period, now=now, vendor=vendor),
        actions_of(actor, period, vendor),
        _versions(page.kpis, period),
        [] if reader.sees_all_vendors and not vendor else list(seen.filter(code=vendor) if vendor else seen),
    )


def known_at(period: Period) -> datetime:
    """Return when figures were last computed; where none ever were, the end of ``period``."""
    last: datetime | None = Attainment.objects.aggregate(last=Max("computed_at"))["last"]
    return last or datetime.combine(period.end, time.min, ZoneInfo(settings.TIME_ZONE))


def _versions(kpis: Collection[int], period: Period) -> dict[int, KpiVersion]:
    """Return the definition of each KPI in force on the first day of the period."""
    rows = KpiVersion.objects.filter(Q(valid_from__isnull=True) | Q(valid_from__lte=period.start), kpi__in=kpis)
    return {row.kpi_id: row for row in rows.order_by("number")}
