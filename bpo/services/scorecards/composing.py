"""From the facts of a month to the figures of its card: lines, composite, gates, grade."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import msgspec

from bpo.calc.composite import Adjustment, Composite, CompositeLine, Treatment, compose
from bpo.calc.gates import Gate, GateOutcome, GateStep, apply_gates, gate_from
from bpo.calc.grades import DEFAULT_GRADES, GradeTable, grade_table
from bpo.choices import LineKind
from bpo.models import JudgedItem, ScorecardLine
from bpo.queries.card_facts import TAKEN_OVER, Entry, KpiFacts, MonthFacts
from bpo.queries.cards import FIGURE, completeness_of
from bpo.queries.numbers import plain
from kpis.calc.formula import parse
from kpis.choices import StatusChoice

SCORED, NOT_SCORED = "scored", "not_scored"
NOT_COMPUTED = "not_computed"
UNREADABLE_TERMS = "unreadable_terms"
FIGURES_OF_A_LINE = ("value", "adjusted_value", "target", "minimum", "attainment", "score", *TAKEN_OVER)
CARRIED = "carried"
"""The status of a line that counts next month."""
SETTLES_LATER = "settles_later"
ABSENT = frozenset({StatusChoice.NO_DATA, StatusChoice.NO_VOLUME})


class LineRow(msgspec.Struct, gc=False):
    """One line as it is stored: the columns of :class:`bpo.models.ScorecardLine`."""

    kind: str
    weight: Decimal | None
    explanation: dict[str, Any]
    position: int = 0
    series_id: int | None = None
    item_id: int | None = None
    value: Decimal | None = None
    adjusted_value: Decimal | None = None
    target: Decimal | None = None
    minimum: Decimal | None = None
    attainment: Decimal | None = None
    score: Decimal | None = None
    effective_weight: Decimal | None = None
    points: Decimal | None = None
    status: str = ""
    flags: list[str] = []
    days_expected: int = 0
    days_reported: int = 0
    evidence: str = ""
    comment: str = ""
    entered_by: str = ""
    scorecard_id: int | None = None
    id: int | None = None


@dataclass(slots=True)
class Composed:
    """The figures of a card before they are stored; ``lines`` in the order they are read."""

    lines: list[LineRow]
    card: dict[str, Any] = field(default_factory=dict)


def composed(month: MonthFacts, *, with_figures: bool) -> Composed:
    """Compute the card of ``month``. Pure: reads nothing and writes nothing.

    ``with_figures`` has each line keep its own copy of its attainment's explanation; a draft refers to it.
    """
    lines = [_kpi_line(row, with_figures) for row in month.kpis]
    lines += [_carried_line(row) for row in month.carried]
    lines += [_item_line(item, month.entries.get(item.pk, Entry())) for item in month.items]
    for position, line in enumerate(lines, start=1):
        line.position = position
    gates = _gates(month)
    rules = _rules(month.terms, gates)
    composite = compose(
        [_weighed(line, month) for line in lines if line.kind != LineKind.ADJUSTMENT and line.weight],
        _adjustments(lines, month.items),
        rules.missing,
    )
    _give_points(lines, composite)
    outcome = None
    if composite.score is not None:
        outcome = apply_gates(composite.score, rules.gates, rules.grades)
    return Composed(lines, _card(month, lines, composite, gates, outcome, rules.faults))


@dataclass(slots=True)
class _Rules:
    """The contract's terms as the arithmetic reads them. A term it cannot read blocks finalising, not the drain."""

    missing: dict[str, str] = field(default_factory=dict)
    grades: GradeTable = DEFAULT_GRADES
    gates: list[Gate] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)


def _rules(terms: Mapping[str, Any], gates: Iterable[Mapping[str, Any]]) -> _Rules:
    rules = _Rules()
    for cause, treatment in terms["missing_policy"].items():
        try:
            rules.missing[cause] = Treatment(treatment)
        except ValueError:
            rules.faults.append(f"missing_policy.{cause}")
    try:
        rules.grades = grade_table(terms["grades"])
    except ValueError:
        rules.faults.append("grades")
    for gate in gates:
        try:
            rules.gates += [gate_from(gate, rules.grades)] if gate["holds"] else []
        except ValueError:
            rules.faults.append(f"gates.{gate['kind']}")
    return rules


def key_of(line: LineRow | ScorecardLine) -> str:
    """Return what makes a line the same line in every refresh and version of a month's card."""
    if line.series_id is None:
        return f"item:{line.item_id}"
    return f"carried:{line.series_id}" if line.kind == LineKind.CARRIED else f"kpi:{line.series_id}"


def _kpi_line(row: KpiFacts, with_figure: bool) -> LineRow:
    line = LineRow(LineKind.KPI, row.weight, _kpi_explanation(row), series_id=row.target.series_id)
    if row.is_carried:
        # Whatever it comes to belongs to the next month's card.
        line.target, line.minimum = row.target.target, row.target.minimum
        line.status, line.flags = CARRIED, [SETTLES_LATER]
        line.explanation["label"]["volume"] = None
        line.explanation[FIGURE] = {}
        return line
    _take_over(line, row)
    if with_figure:
        line.explanation[FIGURE] = row.explanation
    return line


def _carried_line(row: KpiFacts) -> LineRow:
    """Return a line of the month before with its settled figure, and its own copy of what that was made of."""
    line = LineRow(LineKind.CARRIED, row.weight, _kpi_explanation(row), series_id=row.target.series_id)
    _take_over(line, row)
    line.explanation |= {FIGURE: row.explanation, "carried_from": row.start.isoformat()}
    return line


def _take_over(line: LineRow, row: KpiFacts) -> None:
    """Give the line the figures of its attainment; a target without one is not computed yet."""
    stored = row.attainment
    if stored is None:
        line.target, line.minimum = row.target.target, row.target.minimum
        line.status, line.flags = StatusChoice.NO_DATA, [NOT_COMPUTED]
    else:
        for name in FIGURES_OF_A_LINE:
            setattr(line, name, getattr(stored, name))


def _kpi_explanation(row: KpiFacts) -> dict[str, Any]:
    kpi, version, target = row.kpi, row.version, row.target
    return {
        "label": {
            "name": kpi.name,
            "name_ko": kpi.name_ko,
            "unit": version.unit if version else "",
            "direction": version.direction if version else "",
            "decimals": target.decimals,
            "parameters": target.parameters,
            "volume": plain(row.attainment.volume) if row.attainment else None,
        },
        "versions": {
            "definition": version.number if version else None,
            "definition_valid_from": _iso(version.valid_from) if version else None,
            "target": target.id,
            "target_valid_from": _iso(target.valid_from),
            "measures": list(parse(version.formula).measures) if version else [],
        },
    }


def _iso(day: Any) -> str | None:
    return day.isoformat() if day else None


def _item_line(item: JudgedItem, entry: Entry) -> LineRow:
    is_judged = item.kind == LineKind.JUDGED
    given = entry.score if is_judged else entry.points
    return LineRow(
        kind=item.kind,
        item_id=item.pk,
        weight=item.weight if is_judged else None,
        score=entry.score if is_judged else None,
        points=None if is_judged else entry.points,
        status=NOT_SCORED if given is None else SCORED,
        evidence=entry.evidence,
        comment=entry.comment,
        entered_by=entry.entered_by,
        explanation={"label": {"name": item.name, "name_ko": item.name_ko}},
    )


def _weighed(line: LineRow, month: MonthFacts) -> CompositeLine:
    minimum = month.scores_at_minimum.get(line.series_id or 0, Decimal(60))
    is_extra = line.kind == LineKind.CARRIED
    return CompositeLine(key_of(line), line.weight or Decimal(0), line.score, _cause(line), minimum, is_extra)


def _cause(line: LineRow) -> str:
    """Return why a line has no score, as the missing policies name it (mathematics §4.4)."""
    if line.score is not None:
        return ""
    if "client_caused" in line.flags:
        return "client_caused"
    return str(line.status) if line.status in (*ABSENT, CARRIED) else "not_judged"


def _adjustments(lines: Iterable[LineRow], items: Iterable[JudgedItem]) -> list[Adjustment]:
    caps = {item.pk: item.cap for item in items}
    return [
        Adjustment(key_of(line), line.points, caps[line.item_id])
        for line in lines
        if line.kind == LineKind.ADJUSTMENT and line.points is not None and line.item_id
    ]


def _give_points(lines: Iterable[LineRow], composite: Composite) -> None:
    weighed = {result.key: result for result in composite.lines}
    added = {result.key: result.points for result in composite.adjustments}
    for line in lines:
        key = key_of(line)
        if key in weighed:
            line.points, line.effective_weight = weighed[key].points, weighed[key].effective_weight
            line.explanation["treatment"] = str(weighed[key].treatment or "")
        elif key in added:
            line.points = added[key]


def _gates(month: MonthFacts) -> list[dict[str, Any]]:
    """Return every gate of the contract and whether it holds: by a KPI's value, or as a manager approved it."""
    rules = [_automatic(rule, month.gate_values) for rule in month.terms["gates"] if rule.get("kpi")]
    return rules + [
        {
            **_rule(event.gate),
            "source": "approved",
            "evidence": event.evidence,
            "approved_by": event.approved_by,
            "event": event.pk,
            "holds": True,
        }
        for event in month.gate_events
    ]


def _automatic(rule: Mapping[str, Any], values: Mapping[str, Decimal]) -> dict[str, Any]:
    actual = values.get(rule["kpi"])
    holds = actual is not None and actual > Decimal(str(rule.get("above") or 0))
    return {**_rule(rule), "source": "automatic", "actual": plain(actual), "holds": holds}


def _rule(rule: Mapping[str, Any]) -> dict[str, Any]:
    return {name: rule.get(name) for name in ("kind", "value", "label", "kpi", "above")} | {
        "actual": None,
        "event": None,
        "evidence": "",
        "approved_by": "",
        "label": rule.get("label") or "",
    }


def _card(
    month: MonthFacts,
    lines: list[LineRow],
    composite: Composite,
    gates: list[dict[str, Any]],
    outcome: GateOutcome | None,
    faults: Iterable[str],
) -> dict[str, Any]:
    complete = [share for line in lines if (share := completeness_of(line)) is not None]
    return {
        "score_before_gates": composite.score,
        "score": outcome.score if outcome else None,
        "grade_before_gates": outcome.grade_before if outcome else "",
        "grade": outcome.grade if outcome else "",
        "completeness": min(complete, default=None),
        "weight_covered": composite.coverage,
        "composition": {
            "terms": dict(month.terms),
            "gates": gates,
            "warnings": [{"code": UNREADABLE_TERMS, "about": name} for name in faults] + _warnings(composite, gates),
            "steps": _steps(composite, {key_of(line): line for line in lines}, outcome),
        },
    }


def _warnings(composite: Composite, gates: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    warnings = [dict(zip(("code", "about"), text.split(":", 1), strict=False)) for text in composite.warnings]
    silent = [gate for gate in gates if gate["source"] == "automatic" and gate["actual"] is None]
    return warnings + [{"code": "gate_not_evaluated", "about": gate["kpi"]} for gate in silent]


def _steps(composite: Composite, lines: Mapping[str, LineRow], outcome: GateOutcome | None) -> dict[str, Any]:
    return {
        "weight_sum": plain(composite.weight_sum),
        "coverage": plain(composite.coverage),
        "lines": [
            {
                "key": row.key,
                "weight": plain(lines[row.key].weight),
                "score": plain(row.score),
                "treatment": str(row.treatment or ""),
                "effective_weight": plain(row.effective_weight),
                "points": plain(row.points),
            }
            for row in composite.lines
        ],
        "adjustments": [{"key": row.key, "points": plain(row.points)} for row in composite.adjustments],
        "score_before_gates": plain(composite.score),
        "gates": [_gate_step(step) for step in outcome.steps] if outcome else [],
        "incentive": outcome.has_incentive if outcome else True,
    }


def _gate_step(step: GateStep) -> dict[str, Any]:
    return {
        "kind": str(step.gate.kind),
        "label": step.gate.label,
        "value": step.gate.value,
        "score_before": plain(step.score_before),
        "score_after": plain(step.score_after),
        "grade_before": step.grade_before,
        "grade_after": step.grade_after,
    }
