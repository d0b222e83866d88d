"""The target levels and weights of a wish: what differs from the target set, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from bpo.calc.weights import to_hundred
from bpo.services.programme.wishes import Wish
from kpis.services.target_set_items import Item
from kpis.services.target_values import DECIMAL_FIELDS, LEVELS, Unreadable, plain, read_decimal
from kpis.services.targets import refuse
from vendors.errors import RowError


def levels_of(wish: Wish, items: Mapping[str, Sequence[Item]]) -> dict[Any, dict[str, dict[str, Any] | None]]:
    """Return what differs from the set, by set and place of the vendor; raise Invalid with every fault.

    A KPI that a vendor does without stands there as null; one whose weight was emptied counts for nobody.
    """
    found: dict[Any, dict[str, dict[str, Any] | None]] = {}
    errors: list[RowError] = []
    for code, of_set in items.items():
        weights = {item.kpi.code: _weight(wish, code, item, errors) for item in of_set}
        for place in range(len(wish.vendors)):
            if wish.uses(code, place):
                found[code, place] = {
                    item.kpi.code: None
                    if wish.weights.get((code, item.kpi.code)) == ""
                    else _own_levels(wish, code, place, item, weights[item.kpi.code], errors)
                    for item in of_set
                }
                if not any(fields is not None for fields in found[code, place].values()):
                    text = _("%(name)s: at least one KPI must have a target.")
                    errors.append(RowError("no_target", text % {"name": wish.vendors[place]}, f"{code}||{place}"))
                _share_out(found[code, place], of_set)
    refuse(errors)
    return {key: {kpi: fields for kpi, fields in row.items() if fields != {}} for key, row in found.items()}


def _share_out(chosen: dict[str, dict[str, Any] | None], items: Sequence[Item]) -> None:
    """Bring the weights of the KPIs that count for a vendor to 100, or no card of it could be made final."""
    weights = {
        item.kpi.code: Decimal(weight)
        for item in items
        if (fields := chosen[item.kpi.code]) is not None
        and (weight := fields.get("weight", item.values["weight"])) is not None
    }
    for code, weight in to_hundred(weights).items():
        if weight != weights[code]:
            chosen[code] = {**(chosen[code] or {}), "weight": plain(weight)}


def _weight(wish: Wish, code: str, item: Item, errors: list[RowError]) -> Decimal | None:
    """Return the weight of a KPI in a set where it is another one; note what cannot be read."""
    text = wish.weights.get((code, item.kpi.code))
    if not text:
        return None
    try:
        weight = read_decimal(text, *DECIMAL_FIELDS["weight"])
        if weight <= 0:
            raise Unreadable(_("A weight is a number above 0; a KPI that does not count has no target."))
    except Unreadable as error:
        errors.append(RowError("weight", f"{item.kpi.label}: {error}", f"w|{code}|{item.kpi.code}"))
        return None
    return None if weight == item.values["weight"] else weight


def _own_levels(
    wish: Wish, code: str, place: int, item: Item, weight: Decimal | None, errors: list[RowError]
) -> dict[str, Any] | None:
    """Return the fields of one vendor's target that differ from the set's, null where it does without the KPI."""
    fields: dict[str, Any] = {} if weight is None else {"weight": plain(weight)}
    text = wish.targets.get((code, item.kpi.code, place))
    if text is None:
        return fields
    if not text:
        return None
    where, field_name = f"{wish.vendors[place]} · {item.kpi.label}", f"{code}|{item.kpi.code}|{place}"
    try:
        target = read_decimal(text, *DECIMAL_FIELDS["target"])
    except Unreadable as error:
        errors.append(RowError("number", f"{where}: {error}", field_name))
        return fields
    if not _is_within(item, target):
        outside = _("this lies outside of what the KPI can be.")
        errors.append(RowError("out_of_bounds", f"{where}: {outside}", field_name))
    return fields if target == item.values["target"] else fields | _moved(item, target)


def _is_within(item: Item, level: Decimal) -> bool:
    low, high = item.scale.low, item.scale.high
    return (low is None or level >= low) and (high is None or level <= high)


def _moved(item: Item, target: Decimal) -> dict[str, Any]:
    """Return the levels of an item around another target: minimum and stretch keep their distance to it.

    A minimum stops at the end of the KPI's scale; a stretch level that would lie there or beyond is left out.
    """
    by = target - item.values["target"]
    moved: dict[str, Any] = {}
    for name in LEVELS:
        level = item.values[name]
        if level is None:
            continue
        shifted = level + by
        if name == "stretch" and (not _is_within(item, shifted) or shifted == target):
            moved[name] = None
        else:
            moved[name] = plain(_stopped(item, shifted))
    return moved


def _stopped(item: Item, level: Decimal) -> Decimal:
    low, high = item.scale.low, item.scale.high
    held = level if low is None else max(level, low)
    return held if high is None else min(held, high)
