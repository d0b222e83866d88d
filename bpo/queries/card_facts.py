"""What a monthly card is made of, read for any number of contracts and months in a constant number of queries."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cached_property
from operator import attrgetter
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import F

from bpo.choices import LineKind, ScorecardStatus
from bpo.models import GateEvent, JudgedItem, Scorecard, ScorecardLine
from bpo.queries.carrying import Carrying
from bpo.queries.numbers import plain
from kpis.choices import PeriodChoice
from kpis.models import Attainment, Kpi, KpiVersion, Target
from vendors.calc.months import month_after, month_before
from vendors.models import Contract, ContractTerms
from vendors.querysets import one_of

FIGURES = ("value", "adjusted_value", "target", "minimum", "attainment", "score", "volume")
TAKEN_OVER = ("status", "flags", "days_expected", "days_reported")
STORED = (*FIGURES, *TAKEN_OVER, "series_id", "start", "weight", "input_hash")
RULE = ("target", "minimum", "score_at_minimum", "weight", "decimals", "parameters")
TARGET = (*RULE, "id", "series_id", "valid_from", "valid_until")
KEEPING = frozenset({ScorecardStatus.SHARED, ScorecardStatus.DISPUTED})
"""The vendor has seen these cards: each line keeps its own copy of what its figure was made of."""
POLICIES = (
    "missing_day_policy",
    "missing_day_grace_days",
    "completeness_bar",
    "missing_policy",
    "gates",
    "grades",
)


@dataclass(frozen=True, slots=True)
class KpiFacts:
    """One weighted target of the month and its stored attainment (null until the drain has made it).

    ``target`` and ``attainment`` are plain rows of :data:`TARGET` and :data:`STORED`: a thousand of them are read
    in a fraction of the time that models take.
    """

    kpi: Kpi
    target: Any
    weight: Decimal
    attainment: Any
    version: KpiVersion | None
    explanation: Mapping[str, Any]
    """Of the attainment; empty where the card's lines refer to it instead of keeping their own (a draft's)."""
    start: date
    is_carried: bool = False
    """Whether the figure settles too late for its month's card and counts on the next one."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What a manager typed on a judged or an adjustment line."""

    score: Decimal | None = None
    points: Decimal | None = None
    evidence: str = ""
    comment: str = ""
    entered_by: str = ""


@dataclass(frozen=True)
class MonthFacts:
    """Everything one version of one month's card is computed from, and the newest card there is."""

    contract: Contract
    start: date
    end: date
    terms: Mapping[str, Any]
    kpis: tuple[KpiFacts, ...]
    items: tuple[JudgedItem, ...]
    entries: Mapping[int, Entry]
    gate_events: tuple[GateEvent, ...]
    gate_values: Mapping[str, Decimal]
    card: Scorecard | None
    lines: tuple[ScorecardLine, ...] = field(default=())
    carried: tuple[KpiFacts, ...] = field(default=())
    """What the month before carried to this one."""

    @cached_property
    def scores_at_minimum(self) -> Mapping[int, Decimal]:
        """By series, what a line scores at its minimum."""
        return {row.target.series_id: row.target.score_at_minimum for row in self.kpis}

    @property
    def has_lines(self) -> bool:
        """Say whether the contract, running in this month, asks anything that a card could hold."""
        if self.contract.starts_on >= self.end or (self.contract.ends_on and self.contract.ends_on < self.start):
            return False
        return bool(self.kpis or any(item.kind == LineKind.JUDGED for item in self.items))

    def digest(self) -> str:
        """Return the SHA-256 of all that goes into the card: equal digests make equal cards."""
        return hashlib.sha256(json.dumps(self._content(), cls=DjangoJSONEncoder, sort_keys=True).encode()).hexdigest()

    def _content(self) -> dict[str, Any]:
        carried = [[row.start.isoformat(), *_kpi_content(row)] for row in self.carried]
        return {
            **({"carried": carried} if carried else {}),
            "terms": self.terms,
            "kpis": [_carried_content(row) if row.is_carried else _kpi_content(row) for row in self.kpis],
            "items": [_item_content(item, self.entries.get(item.pk, Entry())) for item in self.items],
            "gates": [[event.gate, event.evidence, event.approved_by] for event in self.gate_events],
            "gate_values": {code: plain(value) for code, value in self.gate_values.items()},
        }


def _kpi_content(row: KpiFacts) -> list[Any]:
    content: list[Any] = [row.target.series_id, plain(row.weight)]
    if row.attainment is not None:
        stored = row.attainment
        content += [plain(getattr(stored, name)) for name in FIGURES]
        content += [stored.status, sorted(map(str, stored.flags)), stored.days_expected, stored.days_reported]
        content.append(stored.input_hash)
    return content


def _carried_content(row: KpiFacts) -> list[Any]:
    """Of a line that is carried on, what it comes to later is no part of the card."""
    return [row.target.series_id, plain(row.weight), "carried"]


def _item_content(item: JudgedItem, entry: Entry) -> list[Any]:
    rule = [item.pk, item.kind, item.name, item.name_ko, plain(item.weight), plain(item.cap)]
    return [*rule, plain(entry.score), plain(entry.points), entry.evidence, entry.comment, entry.entered_by]


def load_months(months: Mapping[int, Collection[date]]) -> list[MonthFacts]:
    """Read what the cards of these months (first days, by contract) are made of; eleven queries for any number.

    They come in the order of contract and month.
    """
    wanted = {contract: sorted(set(starts)) for contract, starts in sorted(months.items()) if starts}
    if not wanted:
        return []
    reader = _Reader(wanted)
    return [reader.month(contract, start) for contract, starts in wanted.items() for start in starts]


class _Reader:
    """The rows of all contracts and months, held by what a month looks them up by."""

    def __init__(self, wanted: Mapping[int, Sequence[date]]) -> None:
        ids, starts = list(wanted), sorted({start for days in wanted.values() for start in days})
        first, last = starts[0], month_after(starts[-1])
        self.contracts = {row.pk: row for row in Contract.objects.select_related("vendor").filter(pk__in=one_of(ids))}
        terms = list(ContractTerms.objects.filter(contract__in=one_of(ids)).overlapping(month_before(first), last))
        self.terms = _grouped(terms, "contract_id")
        self.carrying = Carrying(terms, wanted)
        targets = list(_weighted_targets(ids, month_before(first), last))
        self.targets = _grouped(targets, "contract_id")
        self.kpis = Kpi.objects.in_bulk({target.kpi_id for target in targets})
        versions = KpiVersion.objects.filter(kpi__in=one_of(self.kpis)).order_by("-number")
        self.versions = _grouped(versions, "kpi_id")
        items = JudgedItem.objects.filter(contract__in=one_of(ids)).overlapping(first, last).order_by("kind", "id")
        self.items = _grouped(items, "contract_id")
        cards = Scorecard.objects.filter(contract__in=one_of(ids), start__in=starts).order_by("version")
        self.cards = {(card.contract_id, card.start): card for card in cards if card.start in wanted[card.contract_id]}
        # Only of contracts that ask something: most of what a drain computes may stand on no card.
        asking = {target.contract_id for target in targets} | self.items.keys() | {key[0] for key in self.cards}
        before = [month_before(start) for start in starts] if self.carrying.contracts else []
        self.attainments = _grouped(_attainments(asking, {*starts, *before}), "contract_id", "start")
        newest = [card.pk for card in self.cards.values()]
        kept = [card for card in self.cards.values() if card.status in KEEPING]
        self.explanations = _explanations({card.contract_id for card in kept}, {card.start for card in kept})
        self.explanations |= _explanations(self.carrying.contracts, before)
        lines = ScorecardLine.objects.filter(scorecard__in=one_of(newest)).defer("explanation")
        self.lines = _grouped(lines, "scorecard_id")
        self.gates = _grouped(GateEvent.objects.filter(scorecard__in=one_of(newest)).order_by("id"), "scorecard_id")

    def month(self, contract: int, start: date) -> MonthFacts:
        end = month_after(start)
        card = self.cards.get((contract, start))
        lines = tuple(self.lines.get(card.pk, ())) if card else ()
        kpis, carried = tuple(self._kpis(contract, start)), self._carried(contract, start)
        if card is not None:
            card.contract = self.contracts[contract]
        return MonthFacts(
            contract=self.contracts[contract],
            start=start,
            end=end,
            terms=terms_on(self.terms.get(contract, ()), start),
            kpis=kpis,
            items=tuple(item for item in self.items.get(contract, ()) if _holds(item, start, end)),
            entries={line.item_id: _entry(line) for line in lines if line.item_id},
            gate_events=tuple(self.gates.get(card.pk, ())) if card else (),
            gate_values=_gate_values(self._judging(contract, start, kpis, carried)),
            card=card,
            lines=lines,
            carried=carried,
        )

    def _judging(self, contract: int, start: date, kpis: Iterable[KpiFacts], carried: Iterable[KpiFacts]) -> list[Any]:
        """Return the attainments whose values gates look at: the month's, with what it got for what it carries on."""
        later = {row.target.series_id for row in kpis if row.is_carried}
        own = [row for row in self.attainments.get((contract, start), []) if row.series_id not in later]
        return own + [row.attainment for row in carried if row.attainment is not None]

    def _carried(self, contract: int, start: date) -> tuple[KpiFacts, ...]:
        """Return what the month before carried to the one that begins on ``start``."""
        if contract not in self.carrying.contracts or self.contracts[contract].starts_on >= start:
            return ()
        return tuple(row for row in self._kpis(contract, month_before(start)) if row.is_carried)

    def _kpis(self, contract: int, start: date) -> Iterable[KpiFacts]:
        attainments = {row.series_id: row for row in self.attainments.get((contract, start), [])}
        latest: dict[int, Any] = {}
        for target in self.targets.get(contract, ()):
            if _holds(target, start, month_after(start)):
                latest[target.series_id] = target
        for target in sorted(latest.values(), key=self._line_order):
            attainment = attainments.get(target.series_id)
            weight = attainment.weight if attainment is not None and attainment.weight else target.weight
            assert weight is not None  # _weighted_targets
            kpi = self.kpis[target.kpi_id]
            explanation = self.explanations.get((target.series_id, start), {})
            version = self._version(kpi.pk, start)
            settle_days = version.settle_days if version else 0
            is_carried = self.carrying.is_carried(self.contracts[contract], start, settle_days)
            yield KpiFacts(kpi, target, weight, attainment, version, explanation, start, is_carried)

    def _line_order(self, target: Any) -> tuple[Any, ...]:
        code = self.kpis[target.kpi_id].code
        return (target.queue_id is not None, -(target.weight or 0), code, target.queue_id or 0)

    def _version(self, kpi: int, day: date) -> KpiVersion | None:
        """Return the definition in force on ``day``; the first version holds for every day before it."""
        rows = self.versions.get(kpi, [])
        return next(
            (row for row in rows if row.valid_from is None or row.valid_from <= day), rows[-1] if rows else None
        )


def _attainments(contracts: Collection[int], starts: Collection[date]) -> Iterable[Any]:
    rows = Attainment.objects.filter(
        series__contract__in=one_of(contracts), series__period=PeriodChoice.MONTH, start__in=starts
    ).order_by()
    about = {"contract_id": F("series__contract_id"), "kpi_code": F("series__kpi__code")}
    return rows.annotate(**about).values_list(*STORED, *about, named=True)


def _explanations(contracts: Collection[int], starts: Collection[date]) -> dict[tuple[int, date], Mapping[str, Any]]:
    """Return what these figures were made of, by series and month; no query for no contracts."""
    if not contracts:
        return {}
    rows = Attainment.objects.filter(
        series__contract__in=one_of(contracts), series__period=PeriodChoice.MONTH, start__in=starts
    ).order_by()
    return {(series, start): found for series, start, found in rows.values_list("series_id", "start", "explanation")}


def _weighted_targets(contracts: Collection[int], first: date, last: date) -> Iterable[Any]:
    rows = Target.objects.filter(
        series__contract__in=one_of(contracts), series__period=PeriodChoice.MONTH, weight__isnull=False
    ).overlapping(first, last)
    about = {name: F(f"series__{name}") for name in ("contract_id", "kpi_id", "queue_id")}
    return rows.annotate(**about).order_by("series_id", "valid_from").values_list(*TARGET, *about, named=True)


def terms_on(rows: Iterable[ContractTerms], day: date) -> dict[str, Any]:
    """Return the contract's policies in force on ``day`` as plain values; the defaults where it has none."""
    begun = [row for row in rows if row.valid_from is None or row.valid_from <= day]
    row = max(begun, key=lambda terms: terms.valid_from or date.min, default=ContractTerms())
    policies: dict[str, Any] = {name: getattr(row, name) for name in POLICIES}
    policies["completeness_bar"] = plain(row.completeness_bar)
    policies["valid_from"] = row.valid_from.isoformat() if row.valid_from else None
    return policies


def _holds(row: Any, start: date, end: date) -> bool:
    return (row.valid_from is None or row.valid_from < end) and (row.valid_until is None or row.valid_until > start)


def _entry(line: ScorecardLine) -> Entry:
    points = line.points if line.kind == LineKind.ADJUSTMENT else None
    score = line.score if line.kind == LineKind.JUDGED else None
    return Entry(score, points, line.evidence, line.comment, line.entered_by)


def _gate_values(attainments: Iterable[Any]) -> dict[str, Decimal]:
    """Return the worst (highest) value each KPI reached this month, pooled or at a queue."""
    values: dict[str, Decimal] = {}
    for row in attainments:
        if row.value is not None:
            code = row.kpi_code
            values[code] = max(row.value, values.get(code, row.value))
    return values


def _grouped(rows: Iterable[Any], *keys: str) -> dict[Any, list[Any]]:
    """Return the rows by the attribute of one key (which may be dotted), or by the tuple of several."""
    key_of, grouped = attrgetter(*keys), defaultdict(list)
    for row in rows:
        grouped[key_of(row)].append(row)
    return grouped
