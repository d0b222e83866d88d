"""The all-staff edition: what the programme did as a whole, and nothing that tells what one vendor did.

Vendors, contracts and centres are left out altogether rather than called A, B and C: whoever knows one figure of a
vendor would know its letter, and with it the rest. A KPI is told only where three vendors or more have a part in it
and none has more than two thirds of its volume; no volumes are printed, so that nothing can be taken off a whole.
External factors are counted by kind, because their titles are free text and may name a centre.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from bpo.calc.disclosure import may_be_told
from bpo.queries.overview import Overview, Row, overview
from kpis.calc import formula, judge
from kpis.calc.facts import Direction
from kpis.calc.periods import Period
from kpis.queries.definitions import Definition, load_definitions
from kpis.queries.figures import Figures, load_figures
from kpis.queries.pooled import PeriodFacts
from kpis.queries.spans import QueueSpan, load_spans
from vendors.actors import Capability
from vendors.models import ContractQueue

if TYPE_CHECKING:
    from vendors.actors import Actor

SIDES = {Direction.HIGHER: 1, Direction.LOWER: -1, Direction.ZERO: -1}


@dataclass(frozen=True, slots=True)
class StaffLine:
    """One KPI of the whole programme, as customers met it; ``before`` is null where the period before is not told."""

    name: str
    unit: str
    decimals: int
    direction: Direction
    value: Decimal
    before: Decimal | None

    @property
    def change(self) -> Decimal | None:
        return None if self.before is None else self.value - self.before

    @property
    def gain(self) -> Decimal:
        """How much better it became, as a share of what it was; 0 where more is neither better nor worse."""
        if not self.change:
            return Decimal(0)
        whole = abs(self.before or Decimal(0)) or Decimal(1)
        return SIDES.get(self.direction, 0) * self.change / whole


@dataclass(frozen=True, slots=True)
class StaffEdition:
    """The whole edition. ``withheld`` counts the KPIs that would tell of a vendor, ``kinds`` approved factors."""

    period: Period
    page: Overview
    lines: Sequence[StaffLine]
    withheld: int
    score: Decimal | None
    change: Decimal | None
    kinds: Mapping[str, int]

    @property
    def best(self) -> StaffLine | None:
        """What became better by the largest share; null where nothing did."""
        found = max(self.lines, key=lambda line: line.gain, default=None)
        return found if found and found.gain > 0 else None

    @property
    def worst(self) -> StaffLine | None:
        found = min(self.lines, key=lambda line: line.gain, default=None)
        return found if found and found.gain < 0 else None


def staff_edition(actor: Actor, period: Period, *, now: datetime) -> StaffEdition:
    """Return the edition of a period; a constant number of queries whatever the number of vendors and KPIs."""
    page = overview(actor, period.kind, period.start, now=now)
    lines, withheld = _lines(actor, page, now)
    told = for_everybody(page)
    return StaffEdition(period, page, lines, withheld, told.score, told.change, kinds_of(page))


def for_everybody(page: Overview) -> Overview:
    """Return what of the page may be told to everybody: without its rows where the score would tell of a vendor,
    without what these were before where the change would, and never with the year, whose months had fewer in them."""
    rows = page.rows if _is_told(row for row in page.rows if row.score is not None) else []
    if not _is_told(row for row in rows if row.change is not None):
        rows = [replace(row, before=None, earlier={}) for row in rows]
    return replace(page, rows=rows, year=None)


def kinds_of(page: Overview) -> Mapping[str, int]:
    """Count the approved factors by kind; their titles are free text and may name a centre."""
    return Counter(str(factor.get_kind_display()) for factor in page.factors)


def _is_told(rows: Iterable[Row]) -> bool:
    contracts = Counter(row.contract.vendor_id for row in rows)
    return may_be_told(Decimal(count) for count in contracts.values())


def _lines(actor: Actor, page: Overview, now: datetime) -> tuple[list[StaffLine], int]:
    links = ContractQueue.objects.visible_to(actor.limited_to(Capability.READ_RESULTS))
    spans = load_spans(links, now=now)
    periods = (page.period, page.period.previous())
    definitions = load_definitions(page.kpis)
    chosen = {(kpi, one): definitions.on(kpi, one.start) for kpi in page.kpis for one in periods}
    measures = {code for one in chosen.values() for code in one.measures}
    figures = load_figures({span.queue for span in spans}, {(one.start, one.end) for one in periods}, measures)
    pools = {one: _Pool(spans, figures, one) for one in periods}
    columns = Counter(key for row in page.rows for key in row.cells)
    lines = []
    for key in sorted(page.kpis, key=lambda one: (-columns[one], page.kpis[one].code)):
        value, before = (pools[one].told(chosen[key, one]) for one in periods)
        definition = chosen[key, page.period]
        if value is not None:
            rule = definition.rule
            lines.append(StaffLine(page.kpis[key].label, definition.unit, rule.decimals, rule.direction, value, before))
    return lines, len(page.kpis) - len(lines)


class _Pool:
    """All queues of one period together, and those of each vendor."""

    def __init__(self, spans: Iterable[QueueSpan], figures: Figures, period: Period) -> None:
        spans = list(spans)
        of_vendors: dict[str, list[QueueSpan]] = defaultdict(list)
        for span in spans:
            of_vendors[span.vendor_code].append(span)
        self._today = min((span.today for span in spans), default=period.end)
        self._whole = PeriodFacts(spans, figures, period)
        self._parts = [PeriodFacts(rows, figures, period) for rows in of_vendors.values()]

    def told(self, definition: Definition) -> Decimal | None:
        """Return the KPI of all queues, rounded as it is defined; null where it is not reported or not told."""
        parts = [self._judged(part, definition).figure for part in self._parts]
        if not may_be_told(part.volume for part in parts if part.value is not None):
            return None
        return self._judged(self._whole, definition).assessment.value

    def _judged(self, facts: PeriodFacts, definition: Definition) -> judge.Judgement:
        days, expected = facts.of_kpi(definition.channel, formula.parse(definition.rule.formula).measures)
        return judge.judge(definition.rule, [], days, expected, facts.period, today=self._today)
