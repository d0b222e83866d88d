"""Loading the shipped catalogue: idempotent, and never over what somebody here has edited."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Model
from simple_history.utils import bulk_create_with_history, bulk_update_with_history

from kpis.catalogue import shipped_kpis, shipped_measures
from kpis.models import Kpi, KpiVersion, Measure

REASON = "catalogue"
"""What the history says of rows this service wrote; a row with any other entry was edited by somebody."""

MEASURE_WORDS = ("name", "name_ko", "relations")


@dataclass(frozen=True, slots=True)
class Loaded:
    """How many rows were written; all zero where the catalogue was already there."""

    measures_created: int = 0
    measures_updated: int = 0
    kpis_created: int = 0
    kpis_updated: int = 0
    versions_created: int = 0

    @property
    def total(self) -> int:
        return sum(asdict(self).values())


@transaction.atomic
def load_catalogue(now: datetime) -> Loaded:
    """Create what is missing of the shipped measures and KPIs, and bring their words up to date.

    Words somebody edited stay, a code somebody made their own stays theirs, and arithmetic is written only with
    the first version: a new release never changes how a KPI is computed here. A second run writes nothing.
    """
    measures = {row["code"]: row for row in shipped_measures()}
    kpis = {row.code: row for row in shipped_kpis()}
    measures_created, measures_updated = _write(
        Measure, measures, {code: {name: row[name] for name in MEASURE_WORDS} for code, row in measures.items()}, now
    )
    words = {code: row.words for code, row in kpis.items()}
    kpis_created, kpis_updated = _write(Kpi, {code: {"code": code, **words[code]} for code in kpis}, words, now)
    without = Kpi.objects.filter(is_shipped=True, code__in=kpis, versions=None)
    versions = [KpiVersion(kpi=kpi, **kpis[kpi.code].arithmetic) for kpi in without]
    _create(KpiVersion, versions, now)
    return Loaded(measures_created, measures_updated, kpis_created, kpis_updated, len(versions))


def _write(
    model: type[Measure] | type[Kpi],
    rows: Mapping[str, Mapping[str, Any]],
    words: Mapping[str, Mapping[str, Any]],
    now: datetime,
) -> tuple[int, int]:
    """Create the rows that are not there, update the words of those nobody has edited; return both counts."""
    there = {row.code: row for row in model.objects.all()}
    edited = set(model.history.exclude(history_change_reason=REASON).values_list("code", flat=True))
    changed = []
    for code, row in there.items():
        if not row.is_shipped or code in edited or code not in words:
            continue
        news = {name: text for name, text in words[code].items() if getattr(row, name) != text}
        if news:
            for name, text in news.items():
                setattr(row, name, text)
            changed.append(row)
    if changed:
        names = list(next(iter(words.values())))
        bulk_update_with_history(changed, model, names, default_change_reason=REASON, default_date=now)
    created = [model(**row, is_shipped=True) for code, row in rows.items() if code not in there]
    _create(model, created, now)
    return len(created), len(changed)


def _create(model: type[Model], rows: list[Any], now: datetime) -> None:
    if rows:
        bulk_create_with_history(rows, model, batch_size=100, default_change_reason=REASON, default_date=now)
