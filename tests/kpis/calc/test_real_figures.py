"""Real months of 14 contracts, against figures that were computed independently."""

import csv
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path

import pytest

from kpis.calc.daytable import DayTable
from kpis.calc.facts import Direction, KpiRule, PeriodKind, QueueDay, Status
from kpis.calc.judge import judge
from kpis.calc.periods import period_of
from kpis.calc.rounding import to_answer
from tests.kpis.calc.figures import target

FOLDER = Path(__file__).parents[4] / "shared" / "data" / "nhs111_daily"
COLUMNS = {
    "service_level_60s_pct_of_answered": KpiRule("answered", "100 * within60 / answered"),
    "service_level_60s_pct_of_offered": KpiRule("offered", "100 * within60 / offered"),
    "abandonment_pct_of_offered": KpiRule("abandonment", "100 * abandoned / offered", direction=Direction.LOWER),
    "answer_rate_pct": KpiRule("answer_rate", "100 * answered / offered"),
}


def read(name):
    path = FOLDER / name
    if not path.exists():
        pytest.skip(f"{path} is not here: the real figures are not part of the product")
    with path.open(encoding="utf-8-sig", newline="") as lines:
        return list(csv.DictReader(lines))


@cache
def reported():
    """Queue-days by contract; a day with no call received was not reported."""
    tables = {}
    for row in read("nhs111_daily.csv"):
        received, answered, both = (int(row[f"calls_{name}"] or 0) for name in ("received", "answered", "abandoned"))
        within = int(row["calls_answered_60s"] or 0)
        values = {"offered": received, "answered": answered, "within60": within, "abandoned": both - answered}
        days = tables.setdefault(row["contract_code"], [])
        if received:
            days.append(QueueDay(1, date.fromisoformat(row["date"]), values))
    return {contract: DayTable(days) for contract, days in tables.items()}


def open_days(month):
    first, last = date(2025, 11, 24), date(2026, 4, 5)
    return {1: frozenset(day for day in month.dates() if first <= day <= last)}


def test_it_equals_every_expected_month():
    level = target(95, decimals=8)
    rows = read("expected_monthly.csv")
    assert len(rows) >= 14 * 5

    for row in rows:
        month = period_of(PeriodKind.MONTH, date.fromisoformat(f"{row['month']}-01"))
        for column, rule in COLUMNS.items():
            table = reported()[row["contract_code"]]
            judgement = judge(rule, [level], table, open_days(month), month, today=date(2026, 6, 1))

            assessment, figure = judgement.assessment, judgement.figure
            assert (figure.days_expected, figure.days_reported) == (
                int(row["days_expected"]),
                int(row["days_reported"]),
            )
            if not row[column]:
                assert (assessment.value, assessment.score, assessment.status) == (None, None, Status.NO_DATA)
                continue
            assert to_answer(assessment.value) == Decimal(row[column])
            if column == "service_level_60s_pct_of_answered":
                assert assessment.attainment == Decimal(row["attainment_vs_95pct"])
