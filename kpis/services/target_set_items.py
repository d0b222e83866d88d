"""The items of a target set: reading and checking its document, and changing its levels by a percentage."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.utils.translation import gettext as _

from kpis.calc.facts import AttainmentMode, PeriodKind
from kpis.models import Kpi
from kpis.services.target_checks import check_values, is_higher_better
from kpis.services.target_values import (
    DECIMAL_FIELDS,
    LEVELS,
    VALUE_FIELDS,
    Scale,
    Values,
    as_document,
    plain,
    read_values,
    scale_of,
    with_defaults,
)
from kpis.services.targets import WHOLE, refuse, weights_warning
from vendors.errors import RowError

MOST_ITEMS = 200


@dataclass(frozen=True, slots=True)
class Item:
    """One line of a set: a KPI, the period it is judged by, and complete target values."""

    kpi: Kpi
    period: str
    scale: Scale
    values: Values

    @property
    def key(self) -> tuple[int, str]:
        return self.kpi.pk, self.period

    def as_document(self) -> dict[str, Any]:
        return {"kpi": self.kpi.code, "period": self.period, **as_document(self.values)}


def read_items(raw: Any, day: date) -> list[Item]:
    """Read and check the items of a document, with the KPIs as defined on ``day``.

    Raise :class:`vendors.errors.Invalid` with every fault; ``row`` is the item's place, counted from 0.
    """
    if not isinstance(raw, Sequence) or isinstance(raw, str) or not 0 < len(raw) <= MOST_ITEMS:
        refuse([RowError("items", _('Give a list of at least one item, such as {"kpi": …, "target": …}.'), "items")])
    kpis = _kpis_of(raw)
    items: list[Item] = []
    errors: list[RowError] = []
    for row, fields in enumerate(raw):
        item, faults = _read_item(fields, kpis, day)
        if item and any(item.key == other.key for other in items):
            faults = [RowError("duplicate_item", _("This KPI stands twice; keep one of the two."), "kpi")]
        errors += [replace(fault, row=row) for fault in faults]
        items += [item] if item else []
    refuse(errors)
    return items


def overridden(item: Item, fields: Mapping[str, Any]) -> Item:
    """Return ``item`` with some fields of its own for one contract; raise ``Invalid`` where they do not fit."""
    unknown = [name for name in fields if name not in VALUE_FIELDS]
    refuse(
        RowError("unknown_field", _("A target has no such field."), f"overrides.{item.kpi.code}.{name}")
        for name in unknown
    )
    values, errors = read_values(fields)
    values = {**item.values, **values}
    refuse(errors or check_values(values, item.scale))
    return replace(item, values=values)


def changed_by(item: Item, percent: Decimal) -> tuple[Item, RowError | None]:
    """Return ``item`` with its levels ``percent`` % more demanding (negative: more lenient).

    Higher-is-better levels rise by that share of themselves and lower-is-better levels fall; a band narrows
    around its middle. Levels are rounded half up to the item's decimals. A level cannot leave the KPI's scale:
    a stretch level stops at its end; where the target or minimum would pass it the whole item stays as it was,
    and the second value says so.
    """
    if not percent:
        return item, None
    values = {**item.values, **_moved_levels(item, percent / WHOLE)}
    if values["stretch"] is not None:
        values["stretch"] = _stretch_within(values, item.scale)
    if not check_values(values, item.scale):
        return replace(item, values=values), None
    text = _("%(kpi)s stays as it is: %(percent)s %% more would leave its scale. Give it a level of its own.")
    return item, RowError("unchanged", text % {"kpi": item.kpi.code, "percent": plain(percent)}, "percent_change")


def warnings_of_items(items: Iterable[Item]) -> list[RowError]:
    """Return what a manager should know of a set: weights that miss 100, KPIs that count a vendor's people."""
    items = list(items)
    weights = [item.values["weight"] or Decimal(0) for item in items if item.period == PeriodKind.MONTH]
    found = [weights_warning(total) for total in [sum(weights, Decimal(0))] if weights and total != WHOLE]
    text = _("%(kpi)s counts a vendor's people: have labour law reviewed before it is agreed.")
    return found + [
        RowError("labour_review", text % {"kpi": item.kpi.code}, "kpi", row)
        for row, item in enumerate(items)
        if item.kpi.needs_labour_review
    ]


def _kpis_of(raw: Iterable[Any]) -> dict[str, Kpi]:
    codes = [fields.get("kpi") for fields in raw if isinstance(fields, Mapping)]
    wanted = {code for code in codes if isinstance(code, str)}
    return {kpi.code: kpi for kpi in Kpi.objects.filter(code__in=wanted).prefetch_related("versions")}


def _read_item(fields: Any, kpis: Mapping[str, Kpi], day: date) -> tuple[Item | None, list[RowError]]:
    if not isinstance(fields, Mapping):
        return None, [RowError("items", _("Each item is an object of a KPI and its target fields."), "items")]
    unknown = [name for name in fields if name not in ("kpi", "period", *VALUE_FIELDS)]
    if unknown:
        return None, [RowError("unknown_field", _("An item has no such field."), str(name)) for name in unknown]
    code, period = fields.get("kpi"), fields.get("period", PeriodKind.MONTH.value)
    kpi = kpis.get(code) if isinstance(code, str) else None
    if kpi is None:
        return None, [RowError("unknown_kpi", _("There is no KPI with this code."), "kpi")]
    if period not in list(PeriodKind):
        text = _("Choose one of: %(words)s.") % {"words": ", ".join(PeriodKind)}
        return None, [RowError("choice", text, "period")]
    scale = scale_of(kpi, day)
    values, errors = read_values(fields)
    values = with_defaults(values, scale)
    errors = errors or check_values(values, scale)
    return (None, errors) if errors else (Item(kpi, str(period), scale, values), [])


def _moved_levels(item: Item, share: Decimal) -> Values:
    values = item.values
    if values["attainment_mode"] == AttainmentMode.BAND:
        return _rounded({**_narrowed(values, "minimum", share), **_narrowed(values, "target", share)}, values)
    sign = 1 if is_higher_better(values, item.scale) else -1
    moved: Values = {name: _moved(values[name], sign * share) for name in LEVELS}
    if values["tiers"]:
        moved["tiers"] = [_moved_tier(row, sign * share, values["decimals"]) for row in values["tiers"]]
    return _rounded(moved, values)


def _moved(level: Decimal | None, share: Decimal) -> Decimal | None:
    return None if level is None else level + abs(level) * share


def _moved_tier(row: Sequence[str | None], share: Decimal, decimals: int) -> list[str | None]:
    start = _moved(None if row[0] is None else Decimal(row[0]), share)
    return [None if start is None else plain(_quantized(start, decimals)), row[1]]


def _narrowed(values: Values, name: str, share: Decimal) -> Values:
    low, high = values[name], values[f"{name}_upper"]
    if low is None or high is None:
        return {}
    inward = (high - low) / 2 * share
    return {name: low + inward, f"{name}_upper": high - inward}


def _rounded(moved: Values, values: Values) -> Values:
    """Round levels half up to the decimals of the item, as its value will be."""
    return {
        name: _quantized(level, values["decimals"]) if isinstance(level, Decimal) and name in DECIMAL_FIELDS else level
        for name, level in moved.items()
    }


def _quantized(level: Decimal, decimals: int) -> Decimal:
    return level.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)


def _stretch_within(values: Values, scale: Scale) -> Decimal | None:
    stretch: Decimal = values["stretch"]
    low, high = scale.low, scale.high
    held = max(stretch, low) if low is not None else stretch
    held = min(held, high) if high is not None else held
    return None if held == values["target"] else held
