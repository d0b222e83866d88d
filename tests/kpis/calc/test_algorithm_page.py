"""The algorithm page is executed: every table under a ``check`` comment is a set of cases."""

import re
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from bpo.calc.composite import CompositeLine, compose
from bpo.calc.gates import apply_gates, gate_from
from kpis.calc.aggregation import aggregate
from kpis.calc.attainment import attainment_of
from kpis.calc.comparison import level_status
from kpis.calc.facts import (
    AttainmentMode,
    BelowMinimum,
    Direction,
    KpiRule,
    MissingDays,
    PeriodKind,
    QueueDay,
    Rounding,
)
from kpis.calc.intervals import wilson
from kpis.calc.judge import judge
from kpis.calc.percentiles import percentile
from kpis.calc.periods import period_of
from kpis.calc.rounding import round_value, to_answer
from kpis.calc.targets import TargetSlice, blend
from tests.kpis.calc.figures import MARCH, RATE, open_in, target, tiers

PAGE = Path(__file__).parents[3] / "kpis" / "calc" / "README.md"


def tables():
    """Yield (kind, cells of one row) for every checked table of the page."""
    for kind, table in re.findall(r"<!-- check: (\w+) -->\n((?:\|.*\n)+)", PAGE.read_text(encoding="utf-8")):
        for line in table.splitlines()[2:]:
            yield kind, [cell.strip() for cell in line.strip("|").split("|")]


def decimals(text):
    return [Decimal(part) for part in text.split()]


def target_of(text, mode="ratio"):
    """Read ``target=80 minimum=75 …``."""
    fields = dict(part.split("=") for part in text.split())
    if "tiers" in fields:
        rows = (row.split(":") for row in fields["tiers"].split(","))
        fields["tiers"] = tiers(*((None if edge == "else" else edge, score) for edge, score in rows))
    if "below_minimum" in fields:
        fields["below_minimum"] = BelowMinimum(fields["below_minimum"])
    return target(fields.pop("target"), mode, **fields)


def check_pooled(formula, queue_days, answer):
    days = [
        QueueDay(1, MARCH.start + timedelta(i), {k: int(v) for k, v in (pair.split("=") for pair in text.split())})
        for i, text in enumerate(queue_days.split(";"))
    ]
    figure = aggregate(KpiRule("kpi", formula), days, open_in(MARCH), MARCH)
    told = "no volume" if figure.has_reported else "no data"
    assert (told if figure.value is None else str(round_value(figure.value, 2))) == answer


def check_percentile(edges, counts, share, value, beyond):
    found = percentile([int(count) for count in counts.split()], decimals(edges), Decimal(share))
    assert found == (Decimal(value), beyond == "yes")


def check_beyond(direction, mode, text, value, status, attainment):
    edge, direction, level = Decimal(value.removeprefix("> ")), Direction(direction), target_of(text, mode)
    assert level_status(edge, level, direction, beyond=True) == status
    assert attainment_of(edge, level, direction, beyond=True) == (Decimal(attainment), [])


def check_period(kind, day, start, end):
    period = period_of(PeriodKind(kind), date.fromisoformat(day))
    assert (period.start.isoformat(), period.end.isoformat()) == (start, end)


def check_missing(policy, value):
    april = period_of(PeriodKind.MONTH, date(2026, 4, 1))
    days = [QueueDay(1, day, {"hits": 900, "cases": 1000}) for day in list(april.dates())[:-1]]
    level = target(90, minimum=75)
    judgement = judge(
        RATE, [level], days, open_in(april), april, today=date(2026, 6, 1), policy=MissingDays(policy), grace_days=3
    )
    assert str(judgement.assessment.value) == value


def check_rounding(value, places, rounding, answer):
    assert str(round_value(Decimal(value), int(places), Rounding(rounding))) == answer


def check_status(direction, text, value, status):
    assert level_status(Decimal(value), target_of(text), Direction(direction)) == status


def check_wilson(hits, cases, low, high):
    interval = wilson(Decimal(hits) / Decimal(cases), Decimal(cases))
    assert (f"{100 * interval.low:.1f}", f"{100 * interval.high:.1f}") == (low, high)


def check_attainment(mode, text, value, attainment):
    figure, _ = attainment_of(Decimal(value), target_of(text, AttainmentMode(mode)), Direction.HIGHER)
    assert to_answer(figure) == Decimal(attainment)


def check_weighted(pairs, answer):
    slices = [
        TargetSlice(replace(target(level), decimals=2), MARCH.start, MARCH.end, Decimal(volume))
        for level, volume in (pair.split(":") for pair in pairs.split())
    ]
    assert str(round_value(blend(slices).target, 2)) == answer


def check_composite(weights, scores, policy, total, coverage):
    lines = [
        CompositeLine(str(i), weight, None if score == "-" else Decimal(score), "no_volume")
        for i, (weight, score) in enumerate(zip(decimals(weights), scores.split(), strict=True))
    ]
    composite = compose(lines, policy={"no_volume": policy})
    assert (composite.score, composite.coverage) == (Decimal(total), Decimal(coverage))


def check_grade(total, gate, after, grade):
    gates = [] if gate == "-" else [gate_from(dict(zip(("kind", "value"), gate.split(), strict=True)))]
    outcome = apply_gates(Decimal(total), gates)
    assert (outcome.score, outcome.grade) == (Decimal(after), grade)


CHECKS = {name.removeprefix("check_"): check for name, check in list(globals().items()) if name.startswith("check_")}


@pytest.mark.parametrize(("kind", "cells"), [pytest.param(*row, id=f"{row[0]}-{i}") for i, row in enumerate(tables())])
def test_it_says_what_the_code_does(kind, cells):
    CHECKS[kind](*cells)


def test_it_has_a_table_for_every_check():
    assert {kind for kind, _ in tables()} == set(CHECKS)
