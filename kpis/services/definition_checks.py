"""What a measure or a KPI must fulfil before it is stored; every refusal says the cure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal, InvalidOperation
from itertools import pairwise
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Model
from django.utils.translation import gettext as _

from kpis.calc.doubling import RollupRefusal, check
from kpis.calc.facts import Rollup
from kpis.calc.formula import RESERVED, Formula, FormulaError, parse
from kpis.calc.relations import RelationError, parse_relations
from kpis.catalogue import EDGES
from kpis.models import Kpi, Measure
from kpis.services.formula_wording import formula_refused, relation_refused, rollup_refused
from vendors.errors import Invalid, RowError

MAX_DECIMALS = 8
MAX_EDGES = 64
HOURS = frozenset({"h", "hour", "hours", "시간"})
"""Units of a histogram whose buckets are hours."""
RESERVED_KPI_CODES = frozenset({"preview"})
"""Codes that are addresses of the API."""


def rollups_of_measures() -> dict[str, Rollup]:
    """Return how every measure there is rolls up."""
    return {code: Rollup(rollup) for code, rollup in Measure.objects.values_list("code", "rollup").order_by()}


def read_formula(text: str, known: Iterable[str]) -> Formula:
    """Return the parsed formula over the measures ``known``; raise :class:`Invalid` with ``position``."""
    try:
        return parse(text, frozenset(known))
    except FormulaError as error:
        kpis = Kpi.objects.values_list("code", flat=True) if error.code == "unknown_name" else ()
        raise formula_refused(error, frozenset(kpis)) from None


def settled_arithmetic(fields: Mapping[str, Any], *, may_choose: bool) -> dict[str, Any]:
    """Return the arithmetic of a KPI with its aggregation settled by the doubling test and its bounds normalised.

    ``fields`` holds the formula and any other arithmetic field. With ``may_choose`` an aggregation that is absent
    or does not fit gives way to the one that fits. Raises :class:`Invalid`.
    """
    rollups = rollups_of_measures()
    formula = read_formula(fields["formula"], rollups)
    result = check(formula, rollups, fields.get("aggregation"))
    if isinstance(result, RollupRefusal) and may_choose:
        result = check(formula, rollups, None)
    if isinstance(result, RollupRefusal):
        raise rollup_refused(result)
    settled = {**fields, "formula": formula.text, "aggregation": result.aggregation}
    if "bounds" in fields:
        settled["bounds"] = settled_bounds(fields["bounds"])
    check_min_measure(fields.get("min_measure") or "", rollups)
    if fields.get("decimals", 0) > MAX_DECIMALS:
        raise refused("decimals", "decimals", _("A figure has at most %(limit)d decimals.") % {"limit": MAX_DECIMALS})
    return settled


def check_min_measure(code: str, rollups: Mapping[str, Rollup]) -> None:
    """Raise unless ``code`` is empty or a measure that can be counted."""
    if code and code not in rollups:
        raise refused("unknown_measure", "min_measure", _("There is no measure “%(code)s”.") % {"code": code[:64]})
    if code and rollups[code] is Rollup.HISTOGRAM:
        raise refused("min_measure", "min_measure", _("A histogram cannot be counted; leave this field out."))


def settled_bounds(bounds: Any) -> list[str | None] | None:
    """Return ``[lowest, highest]`` as decimal strings (null = open); raise unless lowest < highest."""
    if bounds is None:
        return None
    if not isinstance(bounds, list | tuple) or len(bounds) != 2:
        raise refused("bounds", "bounds", _("Give two numbers: [lowest, highest]; null leaves a side open."))
    low, high = (None if bound is None else _number(bound, "bounds") for bound in bounds)
    if low is not None and high is not None and low >= high:
        raise refused("bounds", "bounds", _("The lowest possible value must be below the highest."))
    if low is None and high is None:
        return None
    return [None if bound is None else f"{bound:f}" for bound in (low, high)]


def check_code(code: str, taken: bool, reserved: frozenset[str]) -> None:
    """Raise where the code of a new measure or KPI is taken or has another meaning."""
    if taken:
        raise refused("duplicate", "code", _("There is already “%(code)s”; codes are unique.") % {"code": code})
    if code in reserved or code in RESERVED:
        raise refused(
            "reserved_code", "code", _("“%(code)s” has a meaning of its own; use another code.") % {"code": code}
        )


def settled_edges(rollup: str, edges: Any, *, unit: str = "") -> list[int | str] | None:
    """Return the upper bucket edges of a histogram, null for every other measure; raise :class:`Invalid`.

    A histogram without edges gets those of mathematics §2.3: of hours where its ``unit`` says so, else of seconds.
    """
    if rollup != Rollup.HISTOGRAM:
        if edges:
            raise refused("edges", "edges", _("Only a histogram has bucket edges."))
        return None
    if edges is None:
        return list(EDGES["tat_h_v1" if unit.strip().lower() in HOURS else "wait_s_v1"])
    if not isinstance(edges, list | tuple) or not 1 <= len(edges) <= MAX_EDGES:
        raise refused("edges", "edges", _("A histogram needs its upper bucket edges, for example [1, 2, 4, 8]."))
    numbers = [_number(edge, "edges") for edge in edges]
    if numbers[0] <= 0 or any(low >= high for low, high in pairwise(numbers)):
        raise refused("edges", "edges", _("Bucket edges are above 0 and grow from one to the next."))
    return [int(number) if number == number.to_integral_value() else f"{number:f}" for number in numbers]


def check_relations(text: str, rollups: Mapping[str, Rollup]) -> None:
    """Raise :class:`Invalid` where the relations cannot be read or name nothing known."""
    try:
        parse_relations([text], rollups)
    except RelationError as error:
        raise relation_refused(error) from None


def check_fields(row: Model, exclude: Iterable[str] = ()) -> None:
    """Raise :class:`Invalid` where a field breaks its model's rules (length, choice, range)."""
    try:
        row.clean_fields(exclude=set(exclude))
    except ValidationError as error:
        errors = [
            RowError(inner.code or "invalid", " ".join(inner.messages), field)
            for field, inners in error.error_dict.items()
            for inner in inners
        ]
        raise Invalid(errors[0].code, errors[0].detail, errors) from None


def refused(code: str, field: str, detail: str) -> Invalid:
    """Return the refusal of one field."""
    return Invalid(code, detail, [RowError(code, detail, field)])


def _number(value: Any, field: str) -> Decimal:
    try:
        number = value if isinstance(value, Decimal) else Decimal(str(value))
    except InvalidOperation:
        number = Decimal("NaN")
    if isinstance(value, bool) or not number.is_finite() or abs(number) >= 10**15 or number.adjusted() < -9:
        raise refused("not_a_number", field, _("“%(value)s” is no usable number.") % {"value": str(value)[:50]})
    return number.normalize() if number else Decimal(0)
