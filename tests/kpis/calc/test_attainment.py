from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given

from kpis.calc.aggregation import aggregate
from kpis.calc.attainment import assess, attainment_of, score_of
from kpis.calc.facts import (
    AttainmentMode,
    BelowMinimum,
    Direction,
    Edges,
    KpiRule,
    PeriodKind,
    Rollup,
    Rounding,
    Status,
    TargetRule,
)
from kpis.calc.judge import judge
from kpis.calc.periods import Period
from tests.kpis.calc.figures import AFTER, MARCH, RATE, day, decimals, judged, open_in, target, tiers

SERVICE = target(80, "interpolate", minimum=75, stretch=90)
ABANDONMENT = target(5, "interpolate", minimum=8, stretch=2)
CSAT = target("4.5", "interpolate", minimum="3.5", score_at_minimum=0)
NPS = target(40, "interpolate", minimum=20, score_at_minimum=0)
OCCUPANCY = target(80, "band", target_upper=88, minimum=70, minimum_upper=92)
TIERS = target(95, "tiers", tiers=tiers((95, 100), (93, 95), (90, 90), (87, 80), (None, 60)))


def row(level, pairs):
    return [(level, *pair.split()) for pair in pairs.split(", ")]


class TestModes:
    @pytest.mark.parametrize(
        ("level", "value", "attainment"),
        [
            (target(80), "78", "97.5"),
            (target("4.5"), "4.0", "88.89"),
            (target(5, "inverse"), "6", "83.33"),
            (target(5, "inverse"), "4", "125"),
            (target(5, "inverse"), "10", "50"),
            (target(5, "inverse"), "0", "200"),
            (target(5, "linear_lower"), "6", "80"),
            (target(5, "linear_lower"), "4", "120"),
            (target(5, "linear_lower"), "10", "0"),
            (target(5, "linear_lower"), "12", "0"),
            (target(5, "linear_lower"), "0", "200"),
            (target(5, "complement"), "6", "98.95"),
            (CSAT, "4.0", "50"),
            (NPS, "35", "75"),
            *row(SERVICE, "74.9 0, 75 60, 78 84, 80 100, 85 110, 92 120"),
            *row(ABANDONMENT, "8.1 0, 8 60, 6.5 80, 5 100, 3.5 110, 1 120"),
            *row(OCCUPANCY, "85 100, 90 50, 76 60, 60 0, 95 0"),
            *row(TIERS, "95 100, 94.95 95, 93 95, 92.99 90, 87 80, 50 60"),
            *row(target(0, "zero", step=40), "0 100, 1 60, 3 0"),
            (target(0, "zero"), "1", "0"),
            (target(0, "zero", tiers=tiers((2, 0), (1, 50), (0, 100))), "1", "50"),
        ],
    )
    def test_it_gives_the_attainment_of_each_mode(self, level, value, attainment):
        direction = Direction.LOWER if level is ABANDONMENT else Direction.HIGHER

        figure, _ = attainment_of(Decimal(value), level, direction)

        assert figure.quantize(Decimal(attainment)) == Decimal(attainment)

    @pytest.mark.parametrize(("value", "points"), [("75", "60"), ("72.5", "30"), ("70", "0"), ("60", "0")])
    def test_it_slides_below_the_minimum_where_agreed(self, value, points):
        level = replace(SERVICE, below_minimum=BelowMinimum.SLIDE)

        assert attainment_of(Decimal(value), level, Direction.HIGHER) == (Decimal(points), [])

    @pytest.mark.parametrize(
        ("share", "low", "high", "value", "points"),
        [
            ("24.0", 80, 95, "92", 30),
            ("17.0", 60, 80, "77", 20),
            ("22.5", 70, 90, "88", 25),
            ("10.0", 90, 98, "98.5", 10),
            ("10.5", "3.5", "4.5", "4.2", 15),
        ],
    )
    def test_it_gives_the_points_of_the_korean_form(self, share, low, high, value, points):
        level = TargetRule(Decimal(high), Decimal(low), mode=AttainmentMode.INTERPOLATE, score_at_minimum=Decimal(0))

        attainment, _ = attainment_of(Decimal(value), level, Direction.HIGHER)

        assert attainment * points / 100 == Decimal(share)

    @pytest.mark.parametrize("mode", ["ratio", "linear_lower", "inverse", "interpolate", "tiers"])
    def test_it_answers_all_or_nothing_where_a_mode_has_no_value(self, mode):
        direction = Direction.LOWER if mode in ("linear_lower", "inverse") else Direction.HIGHER
        bad = Decimal(1) if direction is Direction.LOWER else Decimal(-1)

        assert attainment_of(Decimal(0), target(0, mode), direction) == (100, ["mode_undefined"])
        assert attainment_of(bad, target(0, mode), direction) == (0, ["mode_undefined"])

    def test_it_takes_a_stretch_at_the_target_and_a_band_without_outer_levels_at_their_word(self):
        flat = target(80, "interpolate", minimum=75, stretch=80)
        cliff = target(80, "band", target_upper=88)

        assert [attainment_of(Decimal(value), flat, Direction.HIGHER)[0] for value in (79, 80)] == [92, 120]
        assert [attainment_of(Decimal(value), cliff, Direction.BAND)[0] for value in (79, 80, 88, 89)] == [
            0,
            100,
            100,
            0,
        ]

    def test_it_says_that_inverse_at_zero_has_no_bound(self):
        assert attainment_of(Decimal(0), target(5, "inverse"), Direction.LOWER) == (200, ["unbounded"])

    @given(decimals(0, 100, places=2), decimals(0, 100, places=2))
    def test_it_never_gives_less_for_a_better_value(self, one, other):
        worse, better = sorted((one, other))
        for level in (SERVICE, target(80), TIERS, replace(SERVICE, below_minimum=BelowMinimum.SLIDE)):
            assert attainment_of(worse, level, Direction.HIGHER)[0] <= attainment_of(better, level, Direction.HIGHER)[0]
        for level in (ABANDONMENT, target(5, "linear_lower"), target(5, "complement"), target(0, "zero", step=3)):
            assert attainment_of(worse, level, Direction.LOWER)[0] >= attainment_of(better, level, Direction.LOWER)[0]


class TestScores:
    @pytest.mark.parametrize(
        ("attainment", "cap", "score"),
        [("130", "120", "120"), ("130", None, "130"), ("-5", None, "0"), ("99", "100", "99")],
    )
    def test_it_caps_the_score_and_not_the_attainment(self, attainment, cap, score):
        assert score_of(Decimal(attainment), cap and Decimal(cap)) == Decimal(score)

    def test_it_keeps_attainment_uncapped_beside_the_capped_score(self):
        assessment = judged("96", target(60, cap=120))

        assert (assessment.attainment, assessment.score) == (160, 120)

    def test_it_answers_a_quarter_against_its_weighted_target(self):
        assessment = judged("78.2", target("77.5"))

        assert f"{assessment.attainment:.1f}" == "100.9"
        assert str(assessment.attainment) == "100.9032"

    def test_it_shows_that_scores_do_not_commute(self):
        # Months of 82, 78 and 76 % with (75, 80), (75, 80) and (70, 75), stretch 90, volumes 30k, 20k, 50k.
        levels = [target(80, "interpolate", minimum=75, stretch=90)] * 2 + [
            target(75, "interpolate", minimum=70, stretch=90)
        ]
        months = [judged(value, level).score for value, level in zip(("82", "78", "76"), levels, strict=True)]
        whole = judged("78.2", target("77.5", "interpolate", minimum="72.5", stretch=90)).score

        assert [f"{score:.2f}" for score in months] == ["104.00", "84.00", "101.33"]
        assert f"{sum(months) / 3:.2f}" == "96.44"
        assert f"{whole:.2f}" == "101.12"


class TestRoundingOnce:
    @pytest.mark.parametrize(
        ("decimals", "rounding", "status"),
        [(2, "half_up", Status.MET), (2, "truncate", Status.BELOW_TARGET), (3, "half_up", Status.BELOW_TARGET)],
    )
    def test_it_compares_the_rounded_value(self, decimals, rounding, status):
        assessment = judged("79.996", replace(target(80), decimals=decimals, rounding=Rounding(rounding)))

        assert assessment.status is status

    @pytest.mark.parametrize(("decimals", "points"), [(2, 95), (1, 100)])
    def test_it_scores_the_rounded_value(self, decimals, points):
        assert judged("94.95", replace(TIERS, decimals=decimals)).score == points

    def test_it_rounds_by_the_kpi_without_a_target(self):
        figure = aggregate(replace(RATE, decimals=1), [day(1, hits=2, cases=3)], open_in(MARCH), MARCH)

        assessment = assess(figure, replace(RATE, decimals=1), None, period=MARCH, today=AFTER)

        assert str(assessment.value) == "66.7"
        assert (assessment.attainment, assessment.score, assessment.status) == (None, None, None)


class TestStatus:
    def judge(self, days, rule=RATE, today=AFTER, level=SERVICE):
        return judge(rule, [level], days, open_in(MARCH), MARCH, today=today).assessment

    def test_it_says_no_data_before_anything_else(self):
        assessment = self.judge([], today=date(2026, 3, 5))

        assert (assessment.status, assessment.value) == (Status.NO_DATA, None)
        assert (assessment.attainment, assessment.score) == (None, None)
        assert assessment.target == 80

    def test_it_says_no_volume_before_provisional(self):
        assessment = self.judge([day(1, hits=0, cases=0)], today=date(2026, 3, 5))

        assert (assessment.status, assessment.value, assessment.score) == (Status.NO_VOLUME, None, None)

    def test_it_is_provisional_while_open_or_settling_and_still_has_a_score(self):
        days = [day(1, hits=50, cases=100)]
        settling = replace(RATE, settle_days=10)

        assert self.judge(days, today=date(2026, 3, 31)).status is Status.PROVISIONAL
        assert self.judge(days, settling, today=date(2026, 4, 10)).status is Status.PROVISIONAL
        assert self.judge(days, settling, today=date(2026, 4, 11)).status is Status.BELOW_MINIMUM
        assert self.judge(days, today=date(2026, 3, 31)).score == 0

    def test_it_says_low_volume_under_the_minimum_n_only(self):
        rule = replace(RATE, min_volume=Decimal(100))

        assert self.judge([day(1, hits=50, cases=99)], rule).status is Status.LOW_VOLUME
        assert self.judge([day(1, hits=50, cases=100)], rule).status is Status.BELOW_MINIMUM

    @pytest.mark.parametrize(
        ("direction", "level", "values"),
        [
            ("higher", SERVICE, "80 met, 79.99 below_target, 75 below_target, 74.99 below_minimum"),
            ("lower", ABANDONMENT, "5 met, 5.01 below_target, 8 below_target, 8.01 below_minimum"),
            ("band", OCCUPANCY, "80 met, 88 met, 79 below_target, 92 below_target, 69 below_minimum, 93 below_minimum"),
            ("zero", target(0, "zero", minimum=2), "0 met, 1 below_target, 3 below_minimum"),
            ("info", target(50), "1 met, 99 met"),
            ("higher", target(80), "1 below_target"),
        ],
    )
    def test_it_compares_in_the_direction_of_the_kpi(self, direction, level, values):
        rule = replace(RATE, direction=Direction(direction))

        for _, value, status in row(level, values):
            assert judged(value, level, rule).status == status

    def test_it_is_not_met_when_the_percentile_lies_beyond_a_target_at_the_last_edge(self):
        rule = KpiRule(
            "p90", "hist", "percentile:90", Direction.LOWER,
            rollups={"hist": Rollup.HISTOGRAM}, edges=(Edges((Decimal(10), Decimal(20))),),
        )  # fmt: skip
        level = target(20, "linear_lower")

        inside = judge(rule, [level], [day(1, hist=(5, 5, 0))], open_in(MARCH), MARCH, today=AFTER).assessment
        beyond = judge(rule, [level], [day(1, hist=(5, 0, 5))], open_in(MARCH), MARCH, today=AFTER).assessment

        assert (inside.value, inside.status) == (Decimal("18.00"), Status.MET)
        assert (beyond.value, beyond.status, beyond.flags) == (20, Status.BELOW_TARGET, ("above_last_edge",))
        assert (inside.score, beyond.score) == (Decimal("110.0000"), 0)


class TestUncertainty:
    def test_it_flags_a_sampled_kpi_whose_interval_holds_the_target(self):
        rule = replace(RATE, sampled=True)

        close = judged("90", target(92), rule, cases=200)
        clear = judged("60", target(92), rule, cases=200)

        assert (f"{close.half_width:.1f}", close.flags) == ("4.2", ("uncertain",))
        assert (clear.status, clear.flags) == (Status.BELOW_TARGET, ())
        assert close.status is Status.BELOW_TARGET

    def test_it_gives_an_nps_its_own_half_width(self):
        rule = KpiRule("nps", "100 * (p - d) / n", "nps", sampled=True)

        assessment = judge(
            rule, [target(35)], [day(1, p=75, d=30, n=150)], open_in(MARCH), MARCH, today=AFTER
        ).assessment

        assert (assessment.value, f"{assessment.half_width:.1f}") == (30, "12.5")

    @pytest.mark.parametrize("rule", [RATE, KpiRule("qa_score", "score_sum / hits", sampled=True)])
    def test_it_claims_none_for_a_census_or_a_mean(self, rule):
        days = [day(1, hits=50, cases=100, score_sum=4000)]

        assert judge(rule, [target(80)], days, open_in(MARCH), MARCH, today=AFTER).assessment.half_width is None


def test_it_assesses_a_period_of_any_length():
    fortnight = Period(PeriodKind.MONTH, date(2026, 3, 1), date(2026, 3, 15))

    figure = aggregate(RATE, [day(1, hits=8, cases=10)], open_in(fortnight), fortnight)

    assert assess(figure, RATE, SERVICE, period=fortnight, today=fortnight.end + timedelta(1)).status is Status.MET
