from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bpo.calc.composite import Adjustment, CompositeLine, Treatment, compose
from bpo.calc.grades import grade_of


def lines(weights, scores, cause="no_volume"):
    return [
        CompositeLine(
            f"k{i}", Decimal(weight), None if score is None else Decimal(str(score)), cause if score is None else ""
        )
        for i, (weight, score) in enumerate(zip(weights, scores, strict=True))
    ]


FIVE = lines((30, 25, 20, 15, 10), (84, 96, None, 110, 60))
KOREAN_WEIGHTS = (30, 20, 25, 10, 15)
KOREAN_SCORES = ("80", "85", "90", "100", "70")


class TestMissingKpis:
    @pytest.mark.parametrize(
        ("policy", "score"),
        [("renormalise", "89.625"), ("zero", "71.7"), ("minimum", "83.7"), ("full", "91.7")],
    )
    def test_it_follows_the_policy_of_the_cause(self, policy, score):
        composite = compose(FIVE, policy={"no_volume": policy})

        assert composite.score == Decimal(score)
        assert composite.coverage == 80

    def test_it_spreads_the_weight_of_a_missing_kpi(self):
        composite = compose(FIVE)

        assert [line.effective_weight for line in composite.lines] == [
            Decimal(weight) for weight in ("37.5", "31.25", "0", "18.75", "12.5")
        ]
        assert (composite.lines[2].score, composite.lines[2].points) == (None, None)
        assert composite.lines[2].treatment is Treatment.RENORMALISE

    def test_it_compensates_less_when_scores_are_capped_first(self):
        capped = lines((30, 25, 20, 15, 10), (84, 96, None, 100, 60))

        assert compose(capped).score == Decimal("87.75")

    @pytest.mark.parametrize(
        ("cause", "score", "grade"),
        [("no_volume", "83.75", "B"), ("no_data", "67.00", "D"), ("unheard_of", "67.00", "D")],
    )
    def test_it_tells_causes_apart_by_default(self, cause, score, grade):
        scores = [None if i == 1 else score for i, score in enumerate(KOREAN_SCORES)]

        composite = compose(lines(KOREAN_WEIGHTS, scores, cause))

        assert composite.score == Decimal(score)
        assert grade_of(composite.score) == grade

    def test_it_can_count_a_missing_kpi_in_full(self):
        scores = [None if i == 1 else score for i, score in enumerate(KOREAN_SCORES)]

        assert compose(lines(KOREAN_WEIGHTS, scores, "no_data"), policy={"no_data": "full"}).score == 87

    def test_it_has_no_total_where_nothing_counts(self):
        composite = compose(lines((50, 50), (None, None)))

        assert (composite.score, composite.coverage) == (None, 0)
        assert compose([]).score is None


class TestTotal:
    def test_it_adds_up_the_points_of_the_korean_form(self):
        composite = compose(lines(KOREAN_WEIGHTS, KOREAN_SCORES))

        assert [line.points for line in composite.lines] == [24, 17, Decimal("22.5"), 10, Decimal("10.5")]
        assert (composite.score, grade_of(composite.score)) == (84, "B")
        assert composite.warnings == ()

    def test_it_normalises_weights_and_says_so(self):
        composite = compose(lines((3, 1), (100, 60)))

        assert composite.score == 90
        assert [line.weight for line in composite.lines] == [75, 25]
        assert composite.warnings == ("weights_not_100", "dominant:k0")

    def test_it_warns_of_little_coverage(self):
        assert "low_coverage" in compose(lines((31, 69), (None, 100))).warnings
        assert "low_coverage" not in compose(lines((30, 70), (None, 100))).warnings

    def test_it_caps_plus_and_minus_points(self):
        plus = [Adjustment("idea", Decimal(9), Decimal(3)), Adjustment("late", Decimal(-5), Decimal(2))]

        composite = compose(lines((100,), (80,)), plus)

        assert composite.score == 81
        assert [one.points for one in composite.adjustments] == [3, -2]

    def test_it_never_falls_below_zero(self):
        assert compose(lines((100,), (1,)), [Adjustment("late", Decimal(-5))]).score == 0

    @given(
        st.lists(st.tuples(st.integers(1, 100), st.none() | st.integers(0, 120)), min_size=1, max_size=8),
        st.sampled_from(Treatment),
        st.integers(2, 9),
    )
    def test_it_lies_between_the_scores_and_does_not_depend_on_the_scale_of_weights(self, rows, policy, times):
        weights, scores = zip(*rows, strict=True)
        composite = compose(lines(weights, scores), policy={"no_volume": policy})
        scaled = compose(lines([weight * times for weight in weights], scores), policy={"no_volume": policy})

        counted = [line for line in composite.lines if line.score is not None]
        assert scaled.score == composite.score
        if composite.score is not None:
            assert min(line.score for line in counted) <= composite.score <= max(line.score for line in counted)
            assert abs(sum(line.points for line in counted) - composite.score) <= Decimal("0.001")
            assert abs(sum(line.effective_weight for line in counted) - 100) <= Decimal("0.001")
