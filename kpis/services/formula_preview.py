"""Trying a formula on numbers before it is stored."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal, InvalidOperation

from kpis.calc.facts import Number, Rollup
from kpis.calc.formula import Formula, FormulaError
from kpis.services.definition_checks import read_formula, rollups_of_measures
from kpis.services.formula_wording import formula_refused

_WIDE = Context(prec=60)


@dataclass(frozen=True, slots=True)
class Preview:
    """What a formula comes to: ``value`` is null where a divisor is 0 or a measure is null."""

    value: Decimal | None
    measures: tuple[str, ...]
    denominator: str | None


def preview(formula: str, values: Mapping[str, Number | None], decimals: int = 2) -> Preview:
    """Evaluate ``formula`` over ``values``, rounded half-up to ``decimals``.

    Measures that are only in ``values`` may be named as well. Raises :class:`Invalid` with ``position``.
    """
    rollups = rollups_of_measures()
    parsed = read_formula(formula, {*rollups, *values})
    for code in parsed.measures:
        if code not in values:
            raise formula_refused(FormulaError("missing_measure", _place(formula, code), name=code))
        if rollups.get(code) is Rollup.HISTOGRAM:
            raise formula_refused(FormulaError("histogram_in_formula", _place(formula, code), name=code))
    try:
        value = _rounded(parsed, values, decimals)
    except FormulaError as error:
        raise formula_refused(error) from None
    return Preview(value, parsed.measures, parsed.denominator.text if parsed.denominator else None)


def _rounded(formula: Formula, values: Mapping[str, Number | None], decimals: int) -> Decimal | None:
    value = formula.evaluate(values)
    if value is None:
        return None
    try:
        return value.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP, _WIDE)
    except InvalidOperation:
        raise FormulaError("overflow", 0) from None


def _place(text: str, code: str) -> int:
    match = re.search(rf"(?<![A-Za-z0-9_]){re.escape(code)}(?![A-Za-z0-9_])", text)
    return match.start() if match else 0
