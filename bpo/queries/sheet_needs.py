"""What the targets of a set-up need of a sheet of figures: the measures of their KPIs, and those it does not hold."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from bpo.models import SetUp
from kpis.imports.synonyms import BACKOFFICE_WORDS, CHAT_MEASURES, MEASURE_WORDS, WHOLE_MEASURES, seconds_within
from kpis.models import DailyMetric, Kpi, Measure, Target
from kpis.queries.definitions import Definition, load_definitions
from vendors.choices import Channel
from vendors.models import ContractQueue

LOOKED_AT = timedelta(days=92)
"""Of a set-up's first figures: what came years later is not read for its page."""


@dataclass(frozen=True, slots=True)
class Lack:
    """A KPI with the measures that a sheet still lacks of it, and the vendors it lacks them of.

    ``is_partly_held`` says whether the sheet has the others.
    """

    kpi: str
    measures: list[str]
    vendors: list[str]
    is_partly_held: bool


@dataclass(slots=True)
class Unfed:
    """A KPI that contracts with figures cannot feed: what is missing, and the contracts (codes) with their vendors."""

    kpi: Kpi
    measures: list[str]
    contracts: dict[str, str]

    @property
    def vendors(self) -> list[str]:
        return list(dict.fromkeys(self.contracts.values()))


@dataclass(frozen=True, slots=True)
class OtherSeconds:
    """A KPI whose target counts within ``agreed`` seconds, and the sheet's column, which counts within ``counted``."""

    kpi: Kpi
    heading: str
    agreed: int
    counted: int


@dataclass(frozen=True, slots=True)
class Needs:
    """The measures that the targets of a set-up need in a month, by contract and KPI. Five queries."""

    targets: list[Target]
    definitions: Mapping[int, Definition]
    queues: Mapping[int, Mapping[str, str]]
    names: Mapping[str, str]

    @property
    def measures(self) -> set[str]:
        """Everything the KPIs need, and what sheets of such services usually hold beside it."""
        channels = {channel for queues in self.queues.values() for channel in queues.values()}
        usual = set(WHOLE_MEASURES)
        usual |= set(MEASURE_WORDS) if channels & {Channel.VOICE, Channel.OUTBOUND} else set()
        usual |= {code for code in self.names if code.startswith("chat_")} if Channel.CHAT in channels else set()
        usual |= set(BACKOFFICE_WORDS) if Channel.BACKOFFICE in channels else set()
        return usual.union(*(definition.reported for definition in self.definitions.values()))

    def lacks(self, held: Mapping[str, Collection[str]]) -> list[Lack]:
        """Return what is missing of each KPI at the vendors that a sheet has figures of, by what it holds of a queue.

        KPIs of which a part is there come first.
        """
        found: dict[tuple[str, tuple[str, ...], bool], list[str]] = defaultdict(list)
        for target in self.targets:
            contract, kpi = target.series.contract, target.series.kpi
            queues = self.queues.get(target.series.contract_id or 0, {})
            here = set().union(*(held.get(code, ()) for code in queues))
            needed = set(self.definitions[kpi.pk].reported)
            missing = tuple(sorted(self.names.get(code, code) for code in needed - here))
            if here and missing and contract is not None:
                found[kpi.label, missing, bool(needed & here)].append(contract.vendor.label)
        lacks = [Lack(kpi, list(codes), list(dict.fromkeys(of)), part) for (kpi, codes, part), of in found.items()]
        return sorted(lacks, key=lambda one: not one.is_partly_held)

    def unfed(self, held: Mapping[str, Collection[str]]) -> list[Unfed]:
        """Return the KPIs that what is ``held`` of the queues cannot feed, at contracts that hold anything."""
        found: dict[int, Unfed] = {}
        for target in self.targets:
            contract, kpi = target.series.contract, target.series.kpi
            queues = self.queues.get(target.series.contract_id or 0, {})
            here = set().union(*(held.get(code, ()) for code in queues))
            missing = set(self.definitions[kpi.pk].reported) - here
            if contract is not None and here and missing:
                names = sorted(self.names.get(code, code) for code in missing)
                found.setdefault(kpi.pk, Unfed(kpi, names, {})).contracts[contract.code] = contract.vendor.label
        return list(found.values())

    def other_seconds(self, headings: Mapping[str, str]) -> list[OtherSeconds]:
        """Return where a column counts within other seconds than the target, by the heading of each measure."""
        found = {}
        of_chat = {chat: code for code, chat in CHAT_MEASURES.items()}
        for target in self.targets:
            agreed = target.parameters.get("threshold_seconds")
            for code in self.definitions[target.series.kpi_id].reported:
                heading = headings.get(code) or headings.get(of_chat.get(code, ""), "")
                seconds = seconds_within(heading)
                if agreed is not None and seconds is not None and seconds != agreed:
                    found[target.series.kpi_id, heading] = OtherSeconds(target.series.kpi, heading, agreed, seconds)
        return list(found.values())

    def unread(self, held: Iterable[str]) -> list[str]:
        """Return the vendors of the set-up of which a sheet holds nothing."""
        there = set(held)
        vendors: dict[str, bool] = {}
        for target in self.targets:
            contract = target.series.contract
            assert contract is not None
            is_there = bool(there & self.queues.get(contract.pk, {}).keys())
            vendors[contract.vendor.label] = vendors.get(contract.vendor.label, False) or is_there
        return [name for name, is_there in vendors.items() if not is_there]


def needs_of(made: SetUp, month: date) -> Needs:
    """Return what the targets of a set-up need in a month."""
    targets = list(
        Target.objects.filter(series__contract__code__in=made.made["contracts"])
        .valid_on(month)
        .select_related("series__kpi", "series__contract__vendor")
        .order_by("series__contract__vendor__name", "pk")
    )
    kpis = {target.series.kpi_id for target in targets}
    definitions = load_definitions(kpis)
    queues: dict[int, dict[str, str]] = defaultdict(dict)
    links = ContractQueue.objects.filter(contract__code__in=made.made["contracts"])
    for contract, code, channel in links.values_list("contract_id", "queue__code", "queue__channel"):
        queues[contract][code] = channel
    names = {row.code: row.label for row in Measure.objects.all()}
    return Needs(targets, {kpi: definitions.on(kpi, month) for kpi in kpis}, queues, names)


def unfed_kpis(made: SetUp, month: date) -> list[Unfed]:
    """Return the KPIs of a set-up that the figures of its first months cannot feed. Six queries."""
    needs = needs_of(made, month)
    held: dict[str, set[str]] = defaultdict(set)
    days = DailyMetric.objects.filter(queue__contract_links__contract__code__in=made.made["contracts"])
    first = days.filter(date__gte=month, date__lt=month + LOOKED_AT).order_by()
    for queue, measures in first.values_list("queue__code", "measures"):
        held[queue].update(measures)
    return needs.unfed(held)
