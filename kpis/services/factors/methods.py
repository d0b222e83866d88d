"""What approval would do to each queue-day, by the method of the factor."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal, localcontext
from typing import Any

from django.utils.translation import gettext as _

from kpis.calc.facts import PeriodKind
from kpis.calc.forecasts import beyond, hidden_surges, limit_of
from kpis.calc.periods import period_of
from kpis.calc.relief import Method, Ratio, ratio_of
from kpis.calc.rounding import QUOTIENT
from kpis.choices import FactorMethod, Forecaster, ReplaceBy
from kpis.models import ExternalFactor, Kpi
from kpis.queries.figures import load_figures
from kpis.queries.forecasts import Planned, Plans, load_plans
from kpis.queries.relief import Slice
from kpis.queries.series import World
from kpis.services.factors.parties import terms_of
from kpis.services.factors.slices import slices_of
from kpis.services.feed.facts import contract_on
from kpis.services.feed.links import load_links
from vendors.errors import Conflict, Invalid, RowError
from vendors.models import Queue
from vendors.models.base import CODE_PATTERN

AVERAGE_DAYS = timedelta(days=28)
PARAMETERS: dict[str, frozenset[str]] = {
    FactorMethod.EXCLUDE: frozenset(),
    FactorMethod.SUSPEND: frozenset({"band"}),
    FactorMethod.CAP: frozenset({"share"}),
    FactorMethod.REPLACE: frozenset({"by"}),
    FactorMethod.ATTRIBUTE: frozenset({"party", "contract"}),
}
"""What each method may be given: the band in per cent, the share owed of the forecast, by what is replaced, and whose
card it moves to."""


def clean_parameters(method: str, given: Any) -> dict[str, str]:
    """Return the parameters of a method as they are kept; raise Invalid with the place of the fault."""
    if not isinstance(given, Mapping):
        raise _wrong("parameters", "not_object", _("This must be a JSON object: {…}."))
    unknown = sorted(set(map(str, given)) - PARAMETERS[method])
    if unknown:
        text = _("This method takes: %(names)s.") % {"names": ", ".join(sorted(PARAMETERS[method])) or "–"}
        raise _wrong(f"parameters.{unknown[0][:40]}", "unknown_field", text)
    return {name: _parameter(name, value) for name, value in given.items()}


def _parameter(name: str, value: Any) -> str:
    if name == "by":
        if value not in ReplaceBy.values:
            text = _("Choose one of: %(choices)s.") % {"choices": ", ".join(ReplaceBy.values)}
            raise _wrong("parameters.by", "invalid_choice", text)
        return str(value)
    if name in ("party", "contract"):
        if not isinstance(value, str) or len(value) > 64 or not re.match(CODE_PATTERN, value):
            raise _wrong(f"parameters.{name}", "invalid_choice", _("Give a code."))
        return value
    low, high = (Decimal(1), Decimal(10)) if name == "share" else (Decimal(0), Decimal(1000))
    try:
        number = Decimal(str(value))
    except ArithmeticError:
        number = Decimal("NaN")
    if isinstance(value, bool) or not number.is_finite() or not low <= number <= high:
        text = _("Give a number from %(low)s to %(high)s.") % {"low": low, "high": high}
        raise _wrong(f"parameters.{name}", "out_of_range", text)
    return f"{number:f}"


def treatments_of(
    factor: ExternalFactor, queues: Iterable[Queue], *, method: str | None = None, now: datetime
) -> list[Slice]:
    """Return what approval would do to each queue-day; whether slices fit in their day is not checked here.

    ``method`` instead of the factor's own is a question (what if?); the parameters are then the usual ones. Raises
    Conflict where the method gives no relief: ``no_forecast``, ``vendor_forecast``, ``within_band``, ``no_level``.
    """
    queues = list(queues)
    chosen = method or factor.method
    parameters = factor.parameters if chosen == factor.method else {}
    slices = slices_of(factor, queues)
    if chosen == FactorMethod.EXCLUDE:
        return slices
    if chosen == FactorMethod.ATTRIBUTE:
        return [one._replace(terms=terms_of(factor)) for one in slices]
    if chosen == FactorMethod.REPLACE:
        return _replaced(factor, slices, parameters.get("by", ReplaceBy.TARGET), now)
    days = sorted({(one.queue, one.date) for one in slices})
    return _by_forecast(factor, days, _plans(queues, days), _MAKERS[chosen], parameters)


def _plans(queues: Sequence[Queue], days: Sequence[tuple[int, date]]) -> Plans:
    dates = [day for _queue, day in days]
    return load_plans(queues, min(dates), max(dates))


Maker = Callable[[ExternalFactor, int, date, Planned, Mapping[str, str]], Slice | None]


def _by_forecast(
    factor: ExternalFactor,
    days: Sequence[tuple[int, date]],
    plans: Plans,
    make: Maker,
    parameters: Mapping[str, str],
) -> list[Slice]:
    found = [(queue, day, plans.of_day(queue, day)) for queue, day in days]
    planned = [(queue, day, plan) for queue, day, plan in found if plan is not None]
    if not planned:
        raise Conflict(
            "no_forecast", _("No forecast was locked for these days before they came. Exclude slices instead.")
        )
    of_client = [(queue, day, plan) for queue, day, plan in planned if plan.row.forecaster == Forecaster.CLIENT]
    if not of_client:
        raise Conflict("vendor_forecast", _("The vendor made this forecast itself; it gives no relief."))
    made = [make(factor, queue, day, plan, parameters) for queue, day, plan in of_client if day in plan.volumes]
    slices = [one for one in made if one is not None]
    if not slices:
        raise Conflict(
            "within_band", _("The volume stayed within what the forecast allows, so there is nothing to relieve.")
        )
    return slices


def _suspended(
    factor: ExternalFactor, queue: int, day: date, plan: Planned, parameters: Mapping[str, str]
) -> Slice | None:
    band = Decimal(parameters.get("band", plan.row.band))
    if not beyond(plan.volume, plan.row.volume, band):
        return None
    return Slice(factor.pk, queue, day, {}, Method.EXCLUDE, _cited(plan) | {"band": f"{band:f}"})


def _capped(
    factor: ExternalFactor, queue: int, day: date, plan: Planned, parameters: Mapping[str, str]
) -> Slice | None:
    share = Decimal(parameters["share"]) if "share" in parameters else 1 + plan.row.band / 100
    limit, came = limit_of(plan.row.volume, share), plan.volume
    if came <= limit:
        return None
    with localcontext(QUOTIENT):
        # What is owed of a week or month is shared out by what came on each day.
        of_day = limit if plan.period.kind is PeriodKind.DAY else limit * plan.volumes[day] / came
    terms = _cited(plan) | {"measure": plan.row.measure, "limit": f"{of_day.normalize():f}", "share": f"{share:f}"}
    return Slice(factor.pk, queue, day, {}, Method.CAP, terms)


_MAKERS: dict[str, Maker] = {FactorMethod.SUSPEND: _suspended, FactorMethod.CAP: _capped}


def _cited(plan: Planned) -> dict[str, str]:
    row = plan.row
    about = {
        "id": str(row.pk),
        "grain": row.grain,
        "start": row.start.isoformat(),
        "volume": f"{row.volume.normalize():f}",
    }
    return {"forecast": " ".join(about.values())}


def _replaced(factor: ExternalFactor, slices: Sequence[Slice], by: str, now: datetime) -> list[Slice]:
    links = load_links(sorted({one.queue for one in slices}))
    contracts = {(one.queue, one.date): contract_on(links.get(one.queue, ()), one.date) for one in slices}
    world = World(sorted({contract for contract in contracts.values() if contract is not None}), now=now)
    codes = dict(Kpi.objects.filter(pk__in={series.kpi for series in world.series}).values_list("pk", "code"))
    averages = _Averages(slices, world) if by == ReplaceBy.AVERAGE else None
    made = []
    for one in slices:
        found = _levels(world, contracts[one.queue, one.date], one, averages)
        levels = {codes[kpi]: f"{level.normalize():f}" for kpi, level in found.items()}
        if levels:
            terms = {"by": by, "levels": levels}
            made.append(Slice(factor.pk, one.queue, one.date, one.measures, Method.REPLACE, terms))
    if not made:
        raise Conflict("no_level", _("There is nothing to replace these days by. Exclude slices instead."))
    return made


def _levels(world: World, contract: int | None, one: Slice, averages: _Averages | None) -> dict[int, Decimal]:
    """Return by KPI what a slice is replaced by, for the monthly targets that count its queue; plain ratios only."""
    month = period_of(PeriodKind.MONTH, one.date)
    found: dict[int, Decimal] = {}
    for series in world.series:
        ratio = ratio_of(world.definitions.on(series.kpi, one.date).rule)
        is_of_slice = series.contract == contract and series.queue in (None, one.queue)
        versions = series.in_force(month) if is_of_slice and series.kind is PeriodKind.MONTH else []
        if not versions or ratio is None:
            continue
        level = averages.of(one.queue, ratio) if averages else versions[-1].rule.target
        if level is not None:
            found[series.kpi] = level
    return found


class _Averages:
    """What each queue came to in the 28 days before the first slice."""

    def __init__(self, slices: Sequence[Slice], world: World) -> None:
        first = min(one.date for one in slices)
        self._days = (first - AVERAGE_DAYS, first)
        rules = [world.definitions.on(series.kpi, first).rule for series in world.series]
        measures = {code for rule in rules if (ratio := ratio_of(rule)) for code in (ratio.hits, ratio.volume)}
        self._figures = load_figures({one.queue for one in slices}, [self._days], measures)

    def of(self, queue: int, ratio: Ratio) -> Decimal | None:
        """Return the pooled value of the days on which both measures were reported; null without any volume."""
        rows = self._figures.between(queue, *self._days)
        if rows is None:
            return None
        pairs = zip(rows.columns[ratio.hits], rows.columns[ratio.volume], strict=True)
        known = [(hits, volume) for hits, volume in pairs if hits is not None and volume is not None]
        with localcontext(QUOTIENT):
            volume = sum((Decimal(volume) for _hits, volume in known), Decimal(0))  # type: ignore[arg-type]
            hits = sum((Decimal(hits) for hits, _volume in known), Decimal(0))  # type: ignore[arg-type]
            return ratio.factor * hits / volume if volume else None


def surges_hidden_by_grain(factor: ExternalFactor, queues: Iterable[Queue]) -> list[dict[str, str]]:
    """Return the days above the band that a weekly or monthly forecast gives no relief for, because it evens them out.

    Each ``{"queue", "date", "grain", "above_percent"}``; held against an even share of the coarse forecast.
    """
    queues = list(queues)
    codes = {queue.pk: queue.code for queue in queues}
    days = sorted({(one.queue, one.date) for one in slices_of(factor, queues)})
    plans = _plans(queues, days)
    found = []
    for queue, day in days:
        plan = plans.of_day(queue, day)
        if plan is None or plan.period.kind is PeriodKind.DAY:
            continue
        for surge, above in hidden_surges(plan.volumes, plan.row.volume, plan.row.band):
            if surge == day:
                above_percent = f"{above.quantize(Decimal('0.01')):f}"
                about = {"queue": codes[queue], "date": day.isoformat(), "grain": plan.row.grain}
                found.append(about | {"above_percent": above_percent})
    return found


def _wrong(field: str, code: str, detail: str) -> Invalid:
    return Invalid(code, detail, [RowError(code, detail, field)])
