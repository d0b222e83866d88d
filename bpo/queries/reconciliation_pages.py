"""What the pages of reconciliation show: the list of items, and one of them with its provenance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Count, QuerySet

from kpis.calc.reconciliation import difference, percent_of
from kpis.choices import ReconciliationStatus
from kpis.models import Measure, Reconciliation, SourceFigure, Submission
from vendors.actors import Actor

MOST_SHOWN = 200


@dataclass(frozen=True, slots=True)
class Item:
    """One item with the name of its measure and how far its sources are apart."""

    row: Reconciliation
    name: str

    @property
    def first(self) -> Any:
        return self.row.figures["first"]

    @property
    def second(self) -> Any:
        return self.row.figures["second"]

    @property
    def decided(self) -> Any:
        return self.row.figures.get("decided")

    @property
    def difference(self) -> Decimal | None:
        return difference(self.first, self.second)

    @property
    def percent(self) -> Decimal | None:
        return percent_of(self.first, self.second)


@dataclass(frozen=True, slots=True)
class ListPage:
    """The items of one status, and how many there are of each."""

    items: Sequence[Item]
    status: str
    counts: Sequence[tuple[str, str, int]]
    is_cut: bool


@dataclass(frozen=True, slots=True)
class ItemPage:
    """One item, and what each source said over time."""

    item: Item
    figures: Sequence[tuple[SourceFigure, Submission]]


def list_page(actor: Actor, status: str) -> ListPage:
    """Return the items of ``status`` (open where it is none), the latest day first."""
    rows = Reconciliation.objects.visible_to(actor)
    chosen = status if status in ReconciliationStatus.values else ReconciliationStatus.OPEN.value
    counts = dict(rows.order_by().values_list("status").annotate(number=Count("pk")))
    found = list(
        rows.filter(status=chosen)
        .select_related("queue__centre__vendor", "contract")
        .order_by("-date", "-id")[: MOST_SHOWN + 1]
    )
    return ListPage(
        items=_named(found[:MOST_SHOWN], _names(found[:MOST_SHOWN])),
        status=chosen,
        counts=[(value, str(label), counts.get(value, 0)) for value, label in ReconciliationStatus.choices],
        is_cut=len(found) > MOST_SHOWN,
    )


def items_of(rows: QuerySet[Reconciliation], names: Mapping[str, str] | None = None) -> list[Item]:
    """Return items with the names of their measures: two queries, or one where the ``names`` are known already."""
    found = list(rows.select_related("queue__centre__vendor", "contract"))
    return _named(found, _names(found) if names is None else names)


def item_page(row: Reconciliation) -> ItemPage:
    """Return one item with every figure its sources reported, the latest first."""
    rows = SourceFigure.objects.filter(queue=row.queue_id, date=row.date, is_month=row.is_month, measure=row.measure)
    figures = [(figure, figure.submission) for figure in rows.select_related("submission")[:MOST_SHOWN]]
    return ItemPage(Item(row, _names([row]).get(row.measure, row.measure)), figures)


def _named(rows: Sequence[Reconciliation], names: Mapping[str, str]) -> list[Item]:
    return [Item(row, names.get(row.measure, row.measure)) for row in rows]


def _names(rows: Sequence[Reconciliation]) -> dict[str, str]:
    measures = Measure.objects.filter(code__in={row.measure for row in rows})
    return {measure.code: measure.label for measure in measures}
