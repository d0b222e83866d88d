"""Why a number is what it is: everything that went in, as JSON-able values, and how to compute it again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from datetime import date
from decimal import Decimal
from enum import StrEnum
from operator import attrgetter
from typing import Any

from kpis.calc.aggregation import Imputation, PeriodFigure, formula_value, measures_of
from kpis.calc.attainment import Assessment, attainment_of, score_of
from kpis.calc.facts import AttainmentMode, BelowMinimum, Direction, Edges, KpiRule, Rollup, Rounding, TargetRule
from kpis.calc.imputation import with_missing
from kpis.calc.periods import Period
from kpis.calc.rounding import round_value, to_answer
from kpis.calc.targets import TargetSlice

FORMAT = 1
_OF_A_TARGET = tuple(one.name for one in fields(TargetRule))
_values_of_target = attrgetter(*_OF_A_TARGET)
_WORDS = {"mode": AttainmentMode, "below_minimum": BelowMinimum, "rounding": Rounding}


def explain(
    figure: PeriodFigure,
    rule: KpiRule,
    assessment: Assessment,
    *,
    period: Period,
    today: date,
    slices: Sequence[TargetSlice] = (),
) -> dict[str, Any]:
    """Return what a figure was made of, Decimals as strings, enough for :func:`recompute` and for a reader."""
    effective = assessment.effective
    return {
        **_of_rule(rule),
        "period": {"kind": period.kind.value, "start": period.start.isoformat(), "end": period.end.isoformat()},
        "as_of": today.isoformat(),
        "inputs": {code: plain(figure.sums[code]) for code in sorted(figure.sums)},
        "edges": {code: plain(figure.edges.bounds) for code in figure.sums} if figure.edges else {},
        "edges_version": figure.edges.version if figure.edges else None,
        "volume": plain(figure.volume),
        "n": plain(figure.n),
        "days": {
            "expected": figure.days_expected,
            "reported": figure.days_reported,
            "missing": figure.missing_count,
            "missing_days": [{"queue": queue, "date": day.isoformat()} for queue, day in figure.missing],
        },
        "imputation": _imputation(figure.imputation),
        "rounding": {
            "unrounded": plain(figure.value),
            "decimals": effective.decimals if effective else rule.decimals,
            "rounding": (effective.rounding if effective else Rounding.HALF_UP).value,
        },
        "target": _target(effective) if effective else None,
        "target_versions": [
            {
                "start": one.start.isoformat(),
                "end": one.end.isoformat(),
                "weight": plain(one.weight),
                "target": plain(one.rule.target),
                "minimum": plain(one.rule.minimum),
                "stretch": plain(one.rule.stretch),
            }
            for one in slices
        ],
        "result": {
            "value": plain(assessment.value),
            "attainment": plain(assessment.attainment),
            "score": plain(assessment.score),
            "status": assessment.status.value if assessment.status else None,
            "flags": list(assessment.flags),
            "half_width": plain(assessment.half_width),
        },
    }


def _of_rule(rule: KpiRule) -> dict[str, Any]:
    """Return what every explanation by this rule says alike; worked out once."""
    told: dict[str, Any] | None = rule.derived.get("explanation")
    if told is None:
        told = rule.derived["explanation"] = {
            "format": FORMAT,
            "kpi": rule.code,
            "formula": rule.formula,
            "aggregation": rule.aggregation,
            "direction": rule.direction.value,
            "rollups": {code: kind.value for kind, codes in measures_of(rule).items() for code in codes},
            "min_volume": plain(rule.min_volume),
            "min_measure": rule.min_measure,
            "bounds": plain(rule.bounds),
            "settle_days": rule.settle_days,
        }
    return told


def recompute(explanation: Mapping[str, Any]) -> dict[str, str | None]:
    """Compute value, attainment and score again from an explanation alone."""
    rule = _rule_in(explanation)
    value, beyond = _value_in(explanation, rule)
    if value is None:
        return {"value": None, "attainment": None, "score": None}
    steps = explanation["rounding"]
    rounded = round_value(value, steps["decimals"], Rounding(steps["rounding"]))
    if explanation["target"] is None:
        return {"value": str(rounded), "attainment": None, "score": None}
    target = _target_in(explanation["target"])
    attainment, _ = attainment_of(rounded, target, rule.direction, beyond=beyond)
    score = score_of(attainment, target.cap)
    return {"value": str(rounded), "attainment": str(to_answer(attainment)), "score": str(to_answer(score))}


def plain(value: Any) -> Any:
    """Return a value as JSON has it: Decimals as strings without exponent, dates ISO, words as text."""
    if value is None or type(value) is int:
        return value
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, StrEnum):
        return value.value
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, tuple | list):
        return [plain(one) for one in value]
    return value


def _imputation(imputation: Imputation | None) -> dict[str, Any] | None:
    return {name: plain(one) for name, one in asdict(imputation).items()} if imputation else None


def _target(target: TargetRule) -> dict[str, Any]:
    values = zip(_OF_A_TARGET, _values_of_target(target), strict=True)
    return {name: value if value is None else plain(value) for name, value in values}


def _rule_in(explanation: Mapping[str, Any]) -> KpiRule:
    low, high = (None if bound is None else Decimal(bound) for bound in explanation["bounds"])
    return KpiRule(
        code=explanation["kpi"],
        formula=explanation["formula"],
        aggregation=explanation["aggregation"],
        direction=Direction(explanation["direction"]),
        bounds=(low, high),
        rollups={code: Rollup(kind) for code, kind in explanation["rollups"].items()},
        edges=tuple(Edges(tuple(Decimal(edge) for edge in edges)) for edges in explanation["edges"].values()),
    )


def _value_in(explanation: Mapping[str, Any], rule: KpiRule) -> tuple[Decimal | None, bool]:
    """Return the unrounded figure, the formula of the sums and then the missing days; and whether it is beyond."""
    if explanation["result"]["status"] in ("no_data", "no_volume"):
        return None, False
    sums = {
        code: tuple(value) if isinstance(value, list) else Decimal(value)
        for code, value in explanation["inputs"].items()
    }
    value, beyond = formula_value(rule, sums, rule.edges[0] if rule.edges else None)
    made_up = explanation["imputation"]
    if value is None or made_up is None or made_up["clamped"]:
        return value, beyond
    volume, level, added = (Decimal(one) for one in (explanation["volume"], made_up["level"], made_up["added_volume"]))
    return with_missing(value, volume, level, added, made_up["days"], explanation["days"]["expected"], rule), beyond


def _target_in(target: Mapping[str, Any]) -> TargetRule:
    values: dict[str, Any] = {}
    for name, value in target.items():
        if name in _WORDS:
            values[name] = _WORDS[name](value)
        elif name == "tiers":
            values[name] = tuple((None if edge is None else Decimal(edge), Decimal(score)) for edge, score in value)
        elif name in ("valid_from", "valid_until"):
            values[name] = None if value is None else date.fromisoformat(value)
        else:
            values[name] = Decimal(value) if isinstance(value, str) else value
    return TargetRule(**values)
