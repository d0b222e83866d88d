"""The shipped catalogue as data: measures.csv and kpis.csv beside this file, read as rows of model fields."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent

EDGES: dict[str, list[int]] = {
    "tat_h_v1": [1, 2, 4, 8, 12, 24, 36, 48, 72, 120, 168, 336],
    "wait_s_v1": [5, 10, 15, 20, 30, 40, 60, 90, 120, 180, 300, 600, 1200],
}
"""Upper bucket edges by name (mathematics §2.3): the first bucket begins at 0, one more is open at the end."""


@dataclass(frozen=True, slots=True)
class ShippedKpi:
    """One row of kpis.csv, split into what people read and the arithmetic of its first version."""

    code: str
    words: dict[str, Any]
    arithmetic: dict[str, Any]


def shipped_measures() -> Iterator[dict[str, Any]]:
    """Yield the fields of each shipped measure."""
    for row in _rows("measures.csv"):
        yield {**row, "edges": EDGES[row["edges"]] if row["edges"] else None, "edges_version": row["edges"]}


def shipped_kpis() -> Iterator[ShippedKpi]:
    """Yield each shipped KPI."""
    for row in _rows("kpis.csv"):
        arithmetic: dict[str, Any] = {name: row.pop(name) for name in ("formula", "unit", "direction", "aggregation")}
        arithmetic["min_measure"] = row.pop("min_measure")
        arithmetic["bounds"] = row.pop("bounds").split(":")
        arithmetic["min_volume"] = Decimal(row.pop("min_volume"))
        arithmetic["sampled"] = row.pop("sampled") == "yes"
        for name in ("decimals", "settle_days"):
            arithmetic[name] = int(row.pop(name))
        words: dict[str, Any] = {name: text for name, text in row.items() if name != "code"}
        for name in ("is_core", "needs_labour_review"):
            words[name] = row[name] == "yes"
        yield ShippedKpi(row["code"], words, arithmetic)


def _rows(name: str) -> Iterator[dict[str, str]]:
    with (HERE / name).open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)
