"""Which measures a contract asks for at a queue on a day, and who provides each."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

from kpis.models import Target
from kpis.queries.definitions import Definitions, load_definitions
from vendors.choices import MeasureOwner, channels_meet
from vendors.models import MeasureProvision

Asked = Mapping[str, str]
"""Who provides each measure asked for: ``vendor``, ``client`` or ``third_party``, by measure."""


class _Wanted(NamedTuple):
    """One version of a target: the KPI it names, from when until when."""

    queue: int | None
    kpi: int
    first: date
    end: date


class _Provided(NamedTuple):
    measure: str
    owner: str
    first: date
    end: date


@dataclass(slots=True)
class _OfContract:
    targets: list[_Wanted] = field(default_factory=list)
    provisions: list[_Provided] = field(default_factory=list)
    changes: list[date] = field(default_factory=list)


class AskedMeasures:
    """What each of some contracts asks for, by queue and day; computed once between two changes of the agreement."""

    def __init__(self, contracts: Mapping[int, _OfContract], definitions: Definitions) -> None:
        self._contracts = contracts
        self._definitions = definitions
        self._known: dict[tuple[int, int, int], Asked] = {}

    def on(self, contract: int, queue: int, channel: str, day: date) -> Asked:
        """Return the measures asked for at a queue of ``channel`` on ``day``, with who provides each."""
        rules = self._contracts[contract]
        key = (contract, queue, bisect_right(rules.changes, day))
        if key not in self._known:
            self._known[key] = self._asked(rules, queue, channel, day)
        return self._known[key]

    def _asked(self, rules: _OfContract, queue: int, channel: str, day: date) -> Asked:
        codes: set[str] = set()
        for target in rules.targets:
            if target.queue in (None, queue) and target.first <= day < target.end:
                codes.update(self._measures(target.kpi, channel, day))
        owners = {row.measure: row.owner for row in rules.provisions if row.first <= day < row.end}
        return {code: owners.get(code, MeasureOwner.VENDOR.value) for code in sorted(codes)}

    def _measures(self, kpi: int, channel: str, day: date) -> Iterable[str]:
        definition = self._definitions.on(kpi, day)
        return definition.reported if channels_meet(definition.channel, channel) else ()


def load_asked(contracts: Collection[int]) -> AskedMeasures:
    """Read what these contracts ask for, in six queries."""
    found: dict[int, _OfContract] = {contract: _OfContract() for contract in contracts}
    targets = Target.objects.filter(series__contract__in=contracts)
    for contract, queue, kpi, first, end in targets.values_list(
        "series__contract_id", "series__queue_id", "series__kpi_id", "valid_from", "valid_until"
    ):
        found[contract or 0].targets.append(_Wanted(queue, kpi, first, end or date.max))
    provisions = MeasureProvision.objects.filter(contract__in=contracts).order_by("valid_from")
    for contract, measure, owner, begins, end in provisions.values_list(
        "contract_id", "measure", "owner", "valid_from", "valid_until"
    ):
        found[contract].provisions.append(_Provided(measure, owner, begins or date.min, end or date.max))
    kpis = {target.kpi for rules in found.values() for target in rules.targets}
    definitions = load_definitions(kpis)
    for rules in found.values():
        rules.changes = _changes(rules, definitions)
    return AskedMeasures(found, definitions)


def _changes(rules: _OfContract, definitions: Definitions) -> list[date]:
    """Return the days on which what the contract asks for may change, in order."""
    dated: list[_Wanted | _Provided] = [*rules.targets, *rules.provisions]
    days = {day for row in dated for day in (row.first, row.end)}
    days.update(day for target in rules.targets for day in definitions.starts(target.kpi))
    return sorted(days)
