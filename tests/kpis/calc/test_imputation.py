from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kpis.calc.facts import Direction, KpiRule, MissingDays, PeriodKind, QueueDay, Rollup, Status, TargetRule
from kpis.calc.imputation import median
from kpis.calc.judge import judge
from kpis.calc.periods import period_of
from tests.kpis.calc.figures import LOWER, RATE, open_in, target

APRIL = period_of(PeriodKind.MONTH, date(2026, 4, 1))
LATE = date(2026, 6, 1)


def april(hits=900, cases=1000, blank=30, queue=1):
    return [QueueDay(queue, day, {"hits": hits, "cases": cases}) for day in APRIL.dates() if day.day != blank]


def test_the_median_of_nothing_is_nothing():
    assert median([]) == 0
    assert median([Decimal(3), Decimal(1), Decimal(2)]) == 2
    assert median([Decimal(1), Decimal(2)]) == Decimal("1.5")


class TestMissingDays:
    level = target(90, minimum=75)

    def judge(self, days, policy, rule=RATE, level=None, **fields):
        expected = fields.pop("expected", open_in(APRIL))
        policy = MissingDays(policy)
        return judge(rule, [level or self.level], days, expected, APRIL, today=LATE, policy=policy, **fields)

    @pytest.mark.parametrize(("policy", "value", "status"), [
        ("exclude", "90.00", Status.MET),
        ("minimum", "89.50", Status.BELOW_TARGET),
        ("zero", "87.00", Status.BELOW_TARGET),
    ])  # fmt: skip
    def test_it_counts_a_blank_day_as_the_contract_says(self, policy, value, status):
        assessment = self.judge(april(), policy).assessment

        assert (str(assessment.value), assessment.status) == (value, status)

    def test_it_computes_the_whole_month_from_what_was_reported(self):
        days = [*april(), QueueDay(1, date(2026, 4, 30), {"hits": 1500, "cases": 3000})]

        judgement = self.judge(days, "zero")

        assert (judgement.assessment.value, judgement.figure.imputation) == (Decimal("86.25"), None)

    def test_days_that_lack_a_measure_say_nothing_of_the_usual_volume(self):
        days = [QueueDay(1, day.date, {"cases": 9_000}) if day.date.day < 3 else day for day in april()]

        assert self.judge(days, "zero").figure.imputation.added_volume == 3000

    def test_it_records_what_it_made_up(self):
        imputation = self.judge(april(), "minimum").figure.imputation

        assert (imputation.level, imputation.days, imputation.added_volume) == (75, 1, 1000)
        assert (imputation.value_before, imputation.clamped) == (90, False)

    def test_it_waits_for_the_grace_period(self):
        def imputation(today):
            policy = {"policy": MissingDays.ZERO, "grace_days": 3}
            return judge(RATE, [self.level], april(), open_in(APRIL), APRIL, today=today, **policy).figure.imputation

        assert imputation(date(2026, 5, 3)) is None
        assert imputation(date(2026, 5, 4)).days == 1

    def test_it_takes_the_median_of_the_same_weekday(self):
        # 30 April 2026 is a Thursday: 2, 9, 16 and 23 April carry 2,000, every other day 1,000.
        days = [
            one._replace(measures={"hits": 1800, "cases": 2000}) if one.date.weekday() == 3 else one for one in april()
        ]

        assert self.judge(days, "minimum").figure.imputation.added_volume == 2000

    def test_it_takes_other_days_then_other_queues_for_want_of_the_weekday(self):
        expected = {1: {date(2026, 4, 1), date(2026, 4, 2)}, 2: {date(2026, 4, 1)}}
        days = [QueueDay(1, date(2026, 4, 1), {"hits": 90, "cases": 100})]

        imputation = self.judge(days, "minimum", expected=expected).figure.imputation

        assert (imputation.days, imputation.added_volume) == (2, 200)

    def test_it_cannot_count_days_without_any_volume(self):
        days = [QueueDay(1, date(2026, 4, 1), {"hits": 0, "cases": 0})]

        judgement = self.judge(days, "zero")

        assert (judgement.assessment.status, judgement.figure.imputation) == (Status.NO_VOLUME, None)

    def test_it_never_turns_nothing_reported_into_a_figure(self):
        assert self.judge([], "zero").assessment.status is Status.NO_DATA

    @pytest.mark.parametrize(
        ("bounds", "policy", "value"),
        [((0, 100), "minimum", "10.00"), ((0, 100), "zero", "13.00"), ((None, None), "zero", "10.13")],
    )
    def test_it_does_not_let_a_lower_is_better_kpi_gain(self, bounds, policy, value):
        rule = replace(LOWER, bounds=tuple(bound if bound is None else Decimal(bound) for bound in bounds))
        level = target(5, "linear_lower", minimum=7)

        # 10 % are bad: the minimum of 7 % would flatter, so the figure stays as it is; twice 7 is 14.
        judgement = self.judge(april(hits=100), policy, rule, level)

        assert str(judgement.assessment.value) == value
        assert judgement.figure.imputation.clamped == (policy == "minimum")

    def test_it_adds_a_days_share_of_the_minimum_to_a_sum(self):
        rule = KpiRule("complaints", "hits", "sum", Direction.LOWER)
        level = target(10, "linear_lower", minimum=30)

        assert self.judge(april(hits=1), "minimum", rule, level).assessment.value == 30
        assert self.judge(april(hits=1), "zero", rule, level).assessment.value == 31

    def test_it_leaves_a_sum_that_should_be_high_as_it_is(self):
        rule = KpiRule("sales", "hits", "sum")

        judgement = self.judge(april(hits=1), "minimum", rule, target(60, minimum=30))

        assert (judgement.assessment.value, judgement.figure.imputation.clamped) == (29, True)

    def test_it_takes_the_worse_side_of_a_band(self):
        rule = replace(RATE, direction=Direction.BAND, bounds=(Decimal(0), Decimal(100)))
        level = target(80, "band", target_upper=85, minimum=70, minimum_upper=95)

        assert self.judge(april(), "minimum", rule, level).figure.imputation.level == 95
        assert self.judge(april(hits=600), "minimum", rule, level).figure.imputation.clamped

    def test_it_flags_stocks_and_percentiles_instead(self):
        rule = KpiRule("open", "hits", "last", rollups={"hits": Rollup.STOCK})

        assert self.judge(april(), "zero", rule).assessment.flags == ("not_imputed",)

    def test_it_counts_nothing_achieved_where_the_target_has_no_minimum(self):
        judgement = self.judge(april(), "minimum", level=target(90))

        assert (judgement.assessment.value, judgement.figure.flags) == (87, ("no_minimum_level", "imputed"))

    def test_it_does_not_touch_months_that_came_as_totals(self):
        quarter = period_of(PeriodKind.QUARTER, date(2026, 4, 1))
        rows = [QueueDay(1, date(2026, month, 1), {"hits": 9, "cases": 10}, True) for month in (5, 6)]
        expected = open_in(quarter)

        judgement = judge(
            RATE, [self.level], [*april(), *rows], expected, quarter, today=date(2026, 8, 1), policy=MissingDays.ZERO
        )

        assert judgement.figure.imputation.days == 1

    @given(
        st.lists(st.tuples(st.integers(0, 100), st.integers(0, 50)), min_size=1, max_size=20),
        st.sampled_from([Direction.HIGHER, Direction.LOWER, Direction.BAND, Direction.ZERO]),
        st.sampled_from([MissingDays.MINIMUM, MissingDays.ZERO]),
        st.sampled_from(["100 * hits / cases", "hits"]),
        st.integers(0, 100),
        st.integers(0, 100),
        st.booleans(),
    )
    def test_it_never_makes_a_figure_better(self, reports, direction, policy, formula, level, minimum, is_bounded):
        bounds = (Decimal(0), Decimal(100)) if is_bounded else (None, None)
        rule = KpiRule("kpi", formula, direction=direction, bounds=bounds)
        goal = TargetRule(Decimal(level), Decimal(minimum), target_upper=Decimal(100), minimum_upper=Decimal(120))
        days = [
            QueueDay(1, date(2026, 4, i + 1), {"hits": hits, "cases": hits + more})
            for i, (hits, more) in enumerate(reports)
        ]

        without = judge(rule, [goal], days, open_in(APRIL), APRIL, today=LATE).figure.value
        with_days = judge(rule, [goal], days, open_in(APRIL), APRIL, today=LATE, policy=policy).figure.value

        assert (without is None) == (with_days is None)
        if without is not None:
            assert not self.is_better(with_days, without, direction, goal)

    @staticmethod
    def is_better(one, other, direction, goal):
        if direction is Direction.BAND:
            return max(goal.target - one, one - goal.target_upper, 0) < max(
                goal.target - other, other - goal.target_upper, 0
            )
        return one > other if direction is Direction.HIGHER else one < other
