"""The cells of the executive overview: where each KPI of a contract stands in the period."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from bpo.queries.standings import Standing
from kpis.calc.comparison import is_within
from kpis.calc.facts import Direction, Status
from kpis.models import Kpi, KpiVersion

ON_TARGET = Decimal(100)
STATED = frozenset({Status.MET, Status.BELOW_TARGET, Status.BELOW_MINIMUM})


@dataclass(frozen=True, slots=True)
class Cell:
    """One KPI of one contract in the period. ``standing`` is where its value stands, also while it is provisional."""

    kpi: Kpi
    unit: str
    decimals: int
    value: Decimal | None
    adjusted: Decimal | None
    target: Decimal | None
    score: Decimal | None
    weight: Decimal
    status: str
    standing: str
    is_adjusted: bool = False
    projected: str | None = None
    minimum: Decimal | None = None
    is_of_totals: bool = False
    """Whether some of it is known as the sums of whole months only."""

    @property
    def counted(self) -> Decimal | None:
        """The value that counts: without what approved external factors took out."""
        return self.adjusted if self.is_adjusted else self.value

    @property
    def uplift(self) -> Decimal | None:
        return None if self.value is None or self.adjusted is None else self.adjusted - self.value

    @property
    def is_provisional(self) -> bool:
        return self.status == Status.PROVISIONAL

    @property
    def is_changed(self) -> bool:
        """Say whether external factors change the value as it is written here."""
        places = Decimal(1).scaleb(-self.decimals)
        return (
            self.is_adjusted
            and bool(self.uplift)
            and (
                self.value is None
                or self.adjusted is None
                or self.value.quantize(places) != self.adjusted.quantize(places)
            )
        )


def cells_of(
    found: Iterable[Standing],
    contract: int,
    versions: Mapping[int, KpiVersion],
    projections: Mapping[tuple[int, int], str],
) -> dict[int, Cell]:
    """Return one cell a KPI: that of the whole contract, else the worst of its queues."""
    chosen: dict[int, Standing] = {}
    for one in found:
        if one.contract != contract:
            continue
        other = chosen.get(one.kpi)
        if other is None or one.queue is None or (other.queue is not None and _is_worse(one, other)):
            chosen[one.kpi] = one
    return {
        key: Cell(
            kpi=versions[key].kpi,
            unit=versions[key].unit,
            decimals=min(versions[key].decimals, 1),
            value=one.value,
            adjusted=one.adjusted,
            target=one.target,
            score=one.score,
            weight=one.weight,
            status=one.status,
            standing=_where(one, Direction(versions[key].direction)),
            is_adjusted=one.is_adjusted,
            projected=projections.get((contract, key)),
            minimum=one.minimum,
            is_of_totals=one.is_of_totals,
        )
        for key, one in sorted(chosen.items(), key=lambda pair: (-pair[1].weight, versions[pair[0]].kpi.code))
    }


def _is_worse(one: Standing, other: Standing) -> bool:
    """Say whether a queue stands worse: nothing reported counts 0, no volume hides nothing."""
    return _grade(one) < _grade(other)


def _grade(one: Standing) -> Decimal:
    if one.status == Status.NO_VOLUME:
        return Decimal("Infinity")
    return one.score if one.score is not None else Decimal(0)


def _where(one: Standing, direction: Direction) -> str:
    """Return the status, or for one that is not stated yet where its value stands against its levels."""
    counted = one.adjusted if one.is_adjusted else one.value
    if one.status in STATED or counted is None or one.target is None:
        return one.status
    if direction is Direction.BAND:
        return (Status.MET if (one.attainment or 0) >= ON_TARGET else Status.BELOW_TARGET).value
    if direction is Direction.INFO or is_within(counted, one.target, None, direction):
        return Status.MET.value
    is_below = one.minimum is not None and not is_within(counted, one.minimum, None, direction)
    return (Status.BELOW_MINIMUM if is_below else Status.BELOW_TARGET).value
