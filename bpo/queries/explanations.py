"""Why a card says what it says: inputs, exclusions, formula, rounding, versions and the submissions behind them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db.models import Q

from bpo.choices import OF_A_KPI
from bpo.models import Scorecard, ScorecardLine
from bpo.queries.cards import figure_of, frozen_document, line_view, living, utc
from kpis.calc.facts import Rollup
from kpis.models import DailyMetric, Submission
from vendors.calc.months import month_after
from vendors.models import ContractQueue

MOST_SUBMISSIONS = 100
RECIPE = {
    "value": "the formula over the sums in inputs, rounded once to rounding.decimals by rounding.mode",
    "score": "min(attainment, cap), floor 0; attainment by target.mode from the rounded value",
    "effective_weight": "weight ÷ sum of the weights of the lines not left out × 100",
    "points": "score × effective_weight ÷ 100",
    "score_before_gates": "sum of the points, plus adjustments, each within its cap; 0 at least; 4 decimals half up",
    "grade": "the first row of terms.grades the score, rounded to 2 decimals half up, reaches",
    "carried": "a line with status carried counts on the next month's card, there as a line of kind carried",
    "gates": "after the composite, in order: cap_grade, cap_score, multiply, zero_incentive",
    "sha256": "SHA-256 of the previous card's sha256 followed by this card's canonical JSON",
}


def explained(card: Scorecard) -> dict[str, Any]:
    """Return what recomputes the card line by line; of a final card, as it was frozen."""
    frozen = frozen_document(card)
    return frozen["explanation"] if frozen else explain_living(card)


def explain_living(card: Scorecard) -> dict[str, Any]:
    """Return the explanation as figures stand now (three queries for the submissions)."""
    lines = list(card.lines.all())
    view = living(card)
    sources = _origins_of(card, lines)
    head = ("contract", "vendor", "period", "start", "end", "version", "score_before_gates", "score")
    return {
        "card": {name: view[name] for name in (*head, "grade_before_gates", "grade", "completeness")},
        "lines": [_line(line, sources) for line in lines],
        "composition": view["composition"],
        "gates": view["gates"],
        "terms": view["terms"],
        "recipe": RECIPE,
    }


@dataclass(frozen=True, slots=True)
class _Sources:
    """What a line's figure came from: its submissions, what of its formula came at all, and the queues of totals."""

    submissions: Mapping[str, Any]
    measures: Mapping[str, list[str]]
    month_totals: Sequence[str]


NO_SOURCES = _Sources({"count": 0, "rows": []}, {"reported": [], "missing": []}, ())


def _line(line: ScorecardLine, sources: Mapping[int, _Sources]) -> dict[str, Any]:
    view = line_view(line)
    shown = ("kind", "kpi", "item", "name", "queue", "value", "score", "weight", "effective_weight", "points", "status")
    entered = ("evidence", "comment", "entered_by", "cap")
    came = sources.get(line.pk, NO_SOURCES)
    return {
        "line": line.pk,
        "key": f"kpi:{line.series_id}" if line.series_id else f"item:{line.item_id}",
        **{name: view[name] for name in (*shown, "flags", "days_expected", "days_reported")},
        **({} if line.kind in OF_A_KPI else {name: view[name] for name in entered}),
        "treatment": line.explanation.get("treatment", ""),
        "versions": line.explanation.get("versions", {}),
        "figure": figure_of(line),
        "submissions": came.submissions,
        "measures": came.measures,
        "month_totals": came.month_totals,
    }


def _origins_of(card: Scorecard, lines: Iterable[ScorecardLine]) -> dict[int, _Sources]:
    """Return, by line, what its figures came from: how many submissions, and the latest of them."""
    kpi_lines = [line for line in lines if line.series is not None]
    queues = {start: set(_queues(card, start)) for start in {month_of(card, line) for line in kpi_lines}}
    by_queue = {start: _origins(start, of_month) for start, of_month in queues.items()}
    came, totals = {}, {}
    for line in kpi_lines:
        start, own = month_of(card, line), line.series.queue_id if line.series else None
        of_line = [by_queue[start][queue] for queue in ([own] if own else queues[start]) if queue in by_queue[start]]
        came[line] = {pair for origins in of_line for pair in _pairs(line, origins.days)}
        totals[line] = sorted(origins.code for origins in of_line if origins.has_total)
    wanted = {key for pairs in came.values() for _code, key in pairs}
    rows = {str(row.pk): row for row in Submission.objects.filter(pk__in=wanted).defer("result")}
    return {
        line.pk: _Sources(_submission_list(pairs, rows), _measures(line, {code for code, _ in pairs}), totals[line])
        for line, pairs in came.items()
    }


def _measures(line: ScorecardLine, came: Collection[str]) -> dict[str, list[str]]:
    """Return which measures of the line's formula came on any day of the month, and which on none."""
    kinds = figure_of(line).get("rollups", {})
    # Calendar days are counted here; nobody reports them.
    asked = [code for code in _named(line) if kinds.get(code) != Rollup.CALENDAR]
    return {
        "reported": [code for code in asked if code in came],
        "missing": [code for code in asked if code not in came],
    }


def month_of(card: Scorecard, line: ScorecardLine) -> date:
    """Return the first day of the month a line's figure is of: its card's, or what it was carried from."""
    carried = line.explanation.get("carried_from")
    return date.fromisoformat(carried) if carried else card.start


def _queues(card: Scorecard, start: date) -> Collection[int]:
    links = ContractQueue.objects.filter(contract=card.contract_id)
    return list(links.overlapping(start, month_after(start)).values_list("queue_id", flat=True))


@dataclass(slots=True)
class _Origins:
    """What one queue reported in a month: a mapping a row from measure to the submission it came with."""

    code: str
    days: list[dict[str, Any]] = field(default_factory=list)
    has_total: bool = False
    """Whether one of the rows is the total of the month."""


def _origins(start: date, queues: Collection[int]) -> dict[int, _Origins]:
    """Return, by queue, where its figures of the month came from."""
    rows = DailyMetric.objects.filter(Q(date__gte=start) & Q(date__lt=month_after(start)), queue__in=queues)
    names = ("queue_id", "queue__code", "is_month", "measures", "submission_id", "origins")
    found: dict[int, _Origins] = {}
    for queue, code, is_month, measures, submission, origins in rows.values_list(*names).iterator(chunk_size=2_000):
        later = {name: given for given, revisions in origins.items() for name in revisions}
        of_queue = found.setdefault(queue, _Origins(code))
        of_queue.days.append({name: later.get(name, str(submission)) for name in measures})
        of_queue.has_total |= is_month and bool(measures)
    return found


def _pairs(line: ScorecardLine, days: Iterable[Mapping[str, Any]]) -> set[tuple[str, str]]:
    """Return the measures of a line with the submissions their values came with."""
    return {(code, day[code]) for day in days for code in _named(line) if code in day}


def _named(line: ScorecardLine) -> list[str]:
    """Return the measures the line's formula names."""
    named: list[str] = line.explanation.get("versions", {}).get("measures", [])
    return named


def _submission_list(pairs: Collection[tuple[str, str]], known: Mapping[str, Submission]) -> dict[str, Any]:
    """Return the submissions, newest first, and the measures that were derived from percentages or means."""
    rows = [known[key] for key in {key for _code, key in pairs}]
    rows.sort(key=lambda row: (row.received_at, str(row.pk)), reverse=True)
    return {
        "count": len(rows),
        "derived": sorted({code for code, key in pairs if code in (known[key].derived or ())}),
        "rows": [
            {
                "id": str(row.pk),
                "received_at": utc(row.received_at),
                "submitted_by": row.submitted_by,
                "way": row.way,
                "note": row.note,
                "reason": row.reason,
                "sha256": row.body_hash,
            }
            for row in rows[:MOST_SUBMISSIONS]
        ],
    }
