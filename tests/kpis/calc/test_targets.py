from dataclasses import replace
from datetime import date
from decimal import Decimal

from kpis.calc.facts import KpiRule, PeriodKind, QueueDay, Rollup, Status
from kpis.calc.judge import judge
from kpis.calc.periods import period_of
from kpis.calc.rounding import QUOTIENT
from kpis.calc.targets import blend, slices_of
from tests.kpis.calc.figures import AFTER, MARCH, RATE, day, open_in, target


def versions(*levels):
    """Targets of January, February and March."""
    return [
        replace(target(level, minimum=low), valid_from=date(2026, i + 1, 1), valid_until=date(2026, i + 2, 1))
        for i, (level, low) in enumerate(levels)
    ]


def month_rows(*rows):
    return [QueueDay(1, date(2026, i + 1, 1), {"hits": h, "cases": c}, True) for i, (h, c) in enumerate(rows)]


def test_it_weighs_target_and_minimum_by_the_denominator():
    quarter = period_of(PeriodKind.QUARTER, date(2026, 1, 1))
    days = month_rows((24_600, 30_000), (15_600, 20_000), (38_000, 50_000))
    levels = versions((80, 75), (80, 75), (75, 70))

    judgement = judge(RATE, levels, days, open_in(quarter), quarter, today=AFTER)

    assert (judgement.assessment.target, judgement.assessment.minimum) == (Decimal("77.5"), Decimal("72.5"))
    assert (judgement.assessment.value, judgement.assessment.status) == (Decimal("78.20"), Status.MET)
    assert "target_changed" in judgement.assessment.flags


def test_it_weighs_a_glidepath_by_volume_and_not_by_month():
    quarter = period_of(PeriodKind.QUARTER, date(2026, 1, 1))
    days = month_rows((660, 1000), (1320, 2000), (1980, 3000))

    assessment = judge(
        RATE, versions((60, 50), (65, 50), (70, 50)), days, open_in(quarter), quarter, today=AFTER
    ).assessment

    assert f"{assessment.target:.2f}" == "66.67"
    assert (assessment.value, assessment.status) == (66, Status.BELOW_TARGET)


def test_it_weighs_by_days_where_only_the_months_total_is_known():
    march = [replace(target(60), valid_until=date(2026, 3, 12)), replace(target(91), valid_from=date(2026, 3, 12))]
    days = [QueueDay(1, date(2026, 3, 1), {"hits": 700, "cases": 1000}, True)]

    assessment = judge(RATE, march, days, open_in(MARCH), MARCH, today=AFTER).assessment

    # 11 of 31 days at 60 and 20 at 91: the total says nothing of when its cases were.
    assert (assessment.target, assessment.status) == (80, Status.BELOW_TARGET)


def test_it_weighs_sums_by_days_and_takes_the_last_of_a_stock():
    quarter = period_of(PeriodKind.QUARTER, date(2026, 1, 1))
    levels = versions((31, 1), (28, 1), (31, 1))
    stock = KpiRule("open", "open_end", "last", rollups={"open_end": Rollup.STOCK})

    by_days = blend(slices_of(KpiRule("n", "n", "sum"), levels, [], open_in(quarter), quarter))
    last = blend(slices_of(stock, versions((1, 1), (2, 1), (3, 1)), [], open_in(quarter), quarter))

    assert by_days.target == QUOTIENT.divide(Decimal(31 * 31 + 28 * 28 + 31 * 31), Decimal(90))
    assert last.target == 3


def test_it_weighs_by_days_while_nothing_has_happened():
    levels = [replace(target(10), valid_until=date(2026, 3, 11)), replace(target(40), valid_from=date(2026, 3, 11))]

    assert blend(slices_of(RATE, levels, [], open_in(MARCH), MARCH)).target == QUOTIENT.divide(
        Decimal(10 * 10 + 40 * 21), Decimal(31)
    )


def test_it_has_no_target_where_none_holds():
    level = replace(target(10), valid_until=date(2026, 3, 1))

    judgement = judge(RATE, [level], [day(1, hits=1, cases=2)], open_in(MARCH), MARCH, today=AFTER)

    assert (judgement.assessment.target, judgement.assessment.status) == (None, None)
    assert judgement.assessment.value == 50
