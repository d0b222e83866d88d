"""What a set of changed values does to the months they belong to: computed, and not stored."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Protocol

from kpis.calc.facts import PeriodKind
from kpis.calc.periods import Period, period_of
from kpis.models import TargetSeries
from kpis.queries.figures import Figures
from kpis.queries.numbers import plain
from kpis.queries.relief import Relief, Slice
from kpis.queries.series import Series, World
from kpis.services.attainment_store import AttainmentRow, Explained
from kpis.services.computation import compute
from kpis.services.feed.facts import contract_on
from kpis.services.feed.links import load_links
from kpis.services.feed.merging import Merged
from vendors.actors import Actor, Capability
from vendors.models import Contract

MOST_MONTHS = 12
"""Contract-months in one answer, the latest first: a body of years of history is no correction."""


Outcomes = Mapping[int, AttainmentRow]
"""The attainments of one month by target series, as they would be stored."""


class CardEffect(Protocol):
    """Says what a contract's month comes to on its card, before and after; null where the actor sees no card.

    ``{"score": [before, after], "grade": [before, after], "points": {series: [before, after]}, "next": null}``; where a
    figure counts on the next month's card, ``next`` is ``{"start", "score", "grade", "money"}`` of that one. ``money``
    is null where no terms of money hold, else ``{"currency", "adjustment": [before, after], "gain", "reason"}``.
    """

    def __call__(
        self, contract: int, start: date, before: Outcomes, after: Outcomes, *, actor: Actor, now: datetime
    ) -> dict[str, Any] | None: ...


_of_card: list[CardEffect] = []


def on_effect(card_effect: CardEffect) -> Callable[[], None]:
    """Register what composes cards (the layer above does, once); return a function that takes it back."""
    if card_effect not in _of_card:
        _of_card.append(card_effect)
    return lambda: _of_card.remove(card_effect)


def effect_of(days: Iterable[Merged], *, actor: Actor, now: datetime) -> list[dict[str, Any]]:
    """Return, for each contract and month that ``days`` change, the figures and points before and after.

    A row is ``{"contract", "start", "lines": [{"kpi", "queue", "value", "attainment", "score", "status", "points"}],
    "score", "grade", "next", "money"}`` with pairs ``[before, after]``; ``lines`` are those that differ, ``next`` the
    month after where a figure counts there. Empty for who reads no results.
    """
    changed = [day for day in days if day.is_stored]
    if not changed or not actor.may(Capability.READ_RESULTS):
        return []
    months = sorted({(day.row.contract_id, day.row.key.date.replace(day=1)) for day in changed}, key=_latest_first)
    months = sorted(months[:MOST_MONTHS])
    return _told(months, *_outcomes(months, changed, now), actor, now)


Month = tuple[int, date]
ByMonth = Mapping[Month, Outcomes]


def _told(
    months: Sequence[Month], before: ByMonth, after: ByMonth, actor: Actor, now: datetime
) -> list[dict[str, Any]]:
    contracts = Contract.objects.in_bulk({contract for contract, _start in months})
    names = _names({series for outcomes in before.values() for series in outcomes})
    return [
        _month(contracts[month[0]], month[1], before.get(month, {}), after.get(month, {}), names, actor, now)
        for month in months
    ]


def effect_of_slices(slices: Iterable[Slice], *, actor: Actor, now: datetime) -> list[dict[str, Any]]:
    """Return what taking these slices out would do, month by month, as :func:`effect_of` does for changed values."""
    slices = list(slices)
    if not slices or not actor.may(Capability.READ_RESULTS):
        return []
    months = sorted(sorted(months_of(slices), key=_latest_first)[:MOST_MONTHS])
    before: dict[Month, dict[int, AttainmentRow]] = {}
    after: dict[Month, dict[int, AttainmentRow]] = {}
    for series, period, (was, _old), (row, _new) in computed_twice(months, slices, now=now):
        month = series.contract or 0, period.start
        before.setdefault(month, {})[series.id] = was
        after.setdefault(month, {})[series.id] = row
    return _told(months, before, after, actor, now)


def months_of(slices: Iterable[Slice]) -> list[Month]:
    """Return the contract and the first day of every month that the slices lie in."""
    slices = list(slices)
    links = load_links(sorted({one.queue for one in slices}))
    named = ((contract_on(links.get(one.queue, ()), one.date), one.date.replace(day=1)) for one in slices)
    return sorted({(contract, start) for contract, start in named if contract is not None})


def computed_twice(
    months: Sequence[Month], slices: Sequence[Slice], *, now: datetime
) -> list[tuple[Series, Period, Explained, Explained]]:
    """Return every monthly target of the months as it stands, and as it would be with these slices taken out too."""
    world, wanted = _wanted(months, now)
    figures, relief = world.load_figures(wanted), world.load_relief(wanted)
    before = compute(world, wanted, figures, now, relief=relief)
    after = compute(world, wanted, figures, now, relief=relief.with_slices(slices))
    return [(*about, was, row) for about, was, row in zip(wanted, before, after, strict=True)]


def _latest_first(month: tuple[int, date]) -> tuple[int, int]:
    return -month[1].toordinal(), month[0]


def _wanted(months: Sequence[Month], now: datetime) -> tuple[World, list[tuple[Series, Period]]]:
    """Return the monthly targets of the months, and the world they are judged in."""
    world = World(sorted({contract for contract, _start in months}), now=now)
    return world, [
        (series, period)
        for series in world.series
        for contract, start in months
        if series.contract == contract and series.kind is PeriodKind.MONTH
        for period in series.periods([(start, period_of(PeriodKind.MONTH, start).last)], world.today_of(contract))
    ]


def _outcomes(
    months: Sequence[Month], changed: Sequence[Merged], now: datetime
) -> tuple[dict[Month, Outcomes], dict[Month, Outcomes]]:
    """Compute every monthly target of the months twice, with the same rules: as they stand, and with the changes."""
    world, wanted = _wanted(months, now)
    figures = world.load_figures(wanted)
    laid_over = figures.with_days((day.as_queue_day() for day in changed), world.measures_of(wanted))
    relief = world.load_relief(wanted)
    return _computed(world, wanted, figures, relief, now), _computed(world, wanted, laid_over, relief, now)


def _computed(
    world: World, wanted: Sequence[tuple[Series, Period]], figures: Figures, relief: Relief, now: datetime
) -> dict[Month, Outcomes]:
    found: dict[Month, dict[int, AttainmentRow]] = {}
    computed = compute(world, wanted, figures, now, relief=relief)
    for (series, period), (row, _explanation) in zip(wanted, computed, strict=True):
        found.setdefault((series.contract or 0, period.start), {})[series.id] = row
    return dict(found)


Names = Mapping[int, TargetSeries]


def _names(series: Iterable[int]) -> Names:
    return TargetSeries.objects.select_related("kpi", "queue").in_bulk(series)


def _month(
    contract: Contract, start: date, before: Outcomes, after: Outcomes, names: Names, actor: Actor, now: datetime
) -> dict[str, Any]:
    found = (of_card(contract.pk, start, before, after, actor=actor, now=now) for of_card in _of_card)
    card = next((effect for effect in found if effect is not None), None)
    points = card["points"] if card else {}
    lines = (_line(names[key], before[key], after[key], points.get(key, [None, None])) for key in before)
    return {
        "contract": contract.code,
        "start": start.isoformat(),
        "lines": [
            line for line in lines if any(isinstance(pair, list) and pair[0] != pair[1] for pair in line.values())
        ],
        "score": card["score"] if card else None,
        "grade": card["grade"] if card else None,
        "next": card["next"] if card else None,
        "money": card["money"] if card else None,
    }


def _line(about: TargetSeries, was: AttainmentRow, now: AttainmentRow, points: list[str | None]) -> dict[str, Any]:
    return {
        "kpi": about.kpi.code,
        "name": about.kpi.name,
        "name_ko": about.kpi.name_ko,
        "queue": about.queue.code if about.queue else None,
        "value": [plain(was.value), plain(now.value)],
        "adjusted_value": [plain(was.adjusted_value), plain(now.adjusted_value)],
        "attainment": [plain(was.attainment, 4), plain(now.attainment, 4)],
        "score": [plain(was.score, 4), plain(now.score, 4)],
        "status": [str(was.status), str(now.status)],
        "points": points,
    }
