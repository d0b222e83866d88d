"""What every method of relief would do, side by side: one row a KPI, score or grade, one column a method."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from bpo.queries.money_words import won
from kpis.choices import FactorMethod
from vendors.errors import Text

KINDS = ("kpi", "score", "grade", "money")
Months = Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Row:
    """One figure of one contract's month: as it is, and by each method; null where a method changes nothing of it."""

    contract: str
    start: str
    line: Mapping[str, Any]
    """Names of the KPI; empty for ``score``, ``grade`` and ``money``."""
    kind: str
    before: str | None
    cells: Sequence[tuple[Text, str | None]]
    """Each with the name of its method."""


@dataclass(frozen=True, slots=True)
class SideBySide:
    """The whole table; ``reasons`` say why a method gives no relief."""

    methods: Sequence[Text]
    rows: Sequence[Row]
    reasons: Sequence[tuple[Text, str]]


def side_by_side(method: str, months: Months, alternatives: Iterable[Mapping[str, Any]]) -> SideBySide:
    """Return the table of the factor's own ``method`` and of those alternatives that give relief."""
    others = list(alternatives)
    giving = [(method, months), *((one["method"], one["months"]) for one in others if not one["code"])]
    figures = [dict(_figures(found)) for _method, found in giving]
    labels = dict(FactorMethod.choices)
    named = [labels[name] for name, _months in giving]
    keys = {key: row for found in reversed(figures) for key, row in found.items()}
    rows = [
        Row(
            contract,
            start,
            about,
            kind,
            pair[0],
            [
                (label, _after(found.get((contract, start, kind, kpi))))
                for label, found in zip(named, figures, strict=True)
            ],
        )
        for (contract, start, kind, kpi), (about, pair) in keys.items()
    ]
    # What only another method changes comes last of its contract, not of all: readers look contract by contract.
    order = {row.contract: number for number, row in reversed(list(enumerate(rows)))}
    rows.sort(key=lambda row: (order[row.contract], row.start, KINDS.index(row.kind)))
    reasons = [(labels[one["method"]], one["detail"]) for one in others if one["code"]]
    return SideBySide(named, rows, reasons)


def _figures(months: Months) -> Iterable[tuple[tuple[str, str, str, str], tuple[Mapping[str, Any], Sequence[Any]]]]:
    for month in months:
        name = (month["contract"], month["start"])
        for line in month["lines"]:
            yield (*name, "kpi", f"{line['kpi']} {line['queue'] or ''}"), (line, line["adjusted_value"])
        for kind in ("score", "grade"):
            if month[kind]:
                yield (*name, kind, ""), ({}, month[kind])
        if money := month["money"]:
            written = [_won(one, money["currency"]) for one in money["adjustment"]]
            yield (*name, "money", ""), ({}, written)


def _won(amount: str | None, currency: str) -> str:
    return won(None if amount is None else Decimal(amount), currency, signed=True)


def _after(found: tuple[Mapping[str, Any], Sequence[Any]] | None) -> str | None:
    return None if found is None else found[1][1]
