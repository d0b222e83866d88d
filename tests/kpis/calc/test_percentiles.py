"""Percentiles: read from merged buckets, exact at every edge, never merged over different edges."""

from __future__ import annotations

from bisect import bisect_left
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kpis.calc.aggregation import Tally, aggregate, figure_of, merge, tally
from kpis.calc.explanation import recompute
from kpis.calc.facts import Direction, Edges, KpiRule, PeriodKind, QueueDay, Rollup, Status
from kpis.calc.judge import judge
from kpis.calc.percentiles import crossing, edges_on, percentile
from kpis.calc.periods import period_of
from tests.kpis.calc.figures import MARCH, decimals, open_in, target

OLD = Edges((Decimal(10), Decimal(20)), "v1")
NEW = Edges((Decimal(5), Decimal(10), Decimal(20)), "v2", date(2026, 3, 1))
P90 = KpiRule(
    "p90", "hist", "percentile:90", Direction.LOWER, rollups={"hist": Rollup.HISTOGRAM}, edges=(OLD, NEW), decimals=2
)
QUARTER = period_of(PeriodKind.QUARTER, date(2026, 1, 1))
AFTER = date(2026, 5, 1)


def counted(day, *counts, queue=1, **options):
    return QueueDay(queue, date.fromisoformat(day), {"hist": counts}, **options)


def test_it_interpolates_inside_the_bucket():
    assert percentile((0, 80, 20), (Decimal(10), Decimal(20)), Decimal(40)) == (Decimal(15), False)


def test_it_does_not_interpolate_in_the_open_bucket():
    assert percentile((50, 0, 50), (Decimal(10), Decimal(20)), Decimal(90)) == (Decimal(20), True)


def test_it_agrees_with_counting_at_every_edge():
    # p90 <= edge exactly when at least 90 % of the items lie in the buckets up to it.
    counts = (10, 50, 29, 1, 10)
    edges = tuple(Decimal(edge) for edge in (5, 10, 20, 40))

    value, _ = percentile(counts, edges, Decimal(90))

    for position, edge in enumerate(edges):
        assert (value <= edge) == (sum(counts[: position + 1]) >= 90)


def test_it_reads_edges_with_and_without_the_leading_zero():
    with_zero = percentile((4, 6), (Decimal(0), Decimal(10)), Decimal(20))

    assert with_zero == percentile((4, 6), (Decimal(10),), Decimal(20)) == (Decimal(5), False)


def test_it_answers_nothing_of_nothing_and_refuses_a_wrong_shape():
    assert percentile((0, 0), (Decimal(1),), Decimal(90)) == (None, False)
    with pytest.raises(ValueError, match="do not fit"):
        percentile((1, 2, 3, 4), (Decimal(1),), Decimal(90))


items = st.lists(decimals(Decimal("0.01"), 60, places=2), min_size=1, max_size=60)
bounds = st.lists(st.integers(1, 60), min_size=1, max_size=8, unique=True).map(lambda edges: tuple(sorted(edges)))
shares = st.integers(1, 100).map(Decimal)


def buckets(values, edges):
    counts = [0] * (len(edges) + 1)
    for value in values:
        counts[bisect_left(edges, value)] += 1
    return counts


@given(items, bounds, shares)
def test_it_is_off_by_no_more_than_the_width_of_the_bucket(values, edges, share):
    exact = sorted(values)[-(-int(share) * len(values) // 100) - 1]

    read, beyond = percentile(buckets(values, edges), list(map(Decimal, edges)), share)

    if beyond:
        assert read == edges[-1] < exact
    else:
        found = crossing(buckets(values, edges), list(map(Decimal, edges)), share)
        assert found.low < read <= found.high
        assert found.low < exact <= found.high


@given(items, bounds, shares, st.data())
def test_reaching_an_edge_is_the_same_as_counting_up_to_it(values, edges, share, data):
    level = data.draw(st.sampled_from(edges))
    counts = buckets(values, edges)

    read, beyond = percentile(counts, list(map(Decimal, edges)), share)

    within = sum(counts[: edges.index(level) + 1])
    assert (read <= level and not beyond) == (100 * within >= share * len(values))
    assert within == sum(value <= level for value in values)


def test_it_takes_the_edges_in_force_on_a_day():
    assert [edges_on((OLD, NEW), date(2026, *day)).version for day in [(2, 28), (3, 1), (12, 31)]] == ["v1", "v2", "v2"]


def test_it_never_merges_counts_of_different_edges():
    days = [counted("2026-02-28", 0, 0, 10), counted("2026-03-01", 9, 1, 0, 0), counted("2026-03-02", 9, 1, 0, 0)]

    judged = judge(P90, [target(10, "linear_lower")], days, open_in(QUARTER), QUARTER, today=AFTER)

    assert (judged.assessment.value, judged.assessment.status) == (5, Status.MET)
    assert judged.assessment.flags == ("mixed_edges",)
    assert (judged.figure.days_reported, judged.figure.volume) == (2, 20)
    explanation = judged.explanation()
    assert (explanation["edges"], explanation["edges_version"]) == ({"hist": ["5", "10", "20"]}, "v2")
    assert recompute(explanation)["value"] == "5.00"


def test_it_keeps_to_the_old_edges_until_a_day_of_the_new_ones_is_there():
    figure = aggregate(P90, [counted("2026-02-28", 9, 1, 0)], open_in(QUARTER), QUARTER)

    assert (figure.value, figure.edges, figure.flags) == (10, OLD, ())


def test_a_month_total_has_the_edges_of_its_first_day():
    days = [counted("2026-02-01", 9, 1, 0, is_month=True), counted("2026-03-01", 5, 4, 1, 0, is_month=True)]

    figure = aggregate(P90, days, open_in(QUARTER), QUARTER)

    assert (figure.value, figure.flags) == (10, ("month_rows", "mixed_edges"))
    assert figure.days_reported == 31


@given(st.dictionaries(st.tuples(st.integers(1, 3), st.integers(1, 3)), st.integers(0, 9), max_size=9), st.randoms())
def test_the_order_in_which_parts_are_joined_never_matters(counts, chance):
    days = [
        counted(f"2026-0{month}-15", *[count] * (4 if month == 3 else 3), queue=queue)
        for (queue, month), count in counts.items()
    ]
    merged = Tally()
    for day in chance.sample(days, len(days)):
        merged = merge(merged, tally(P90, [day], QUARTER))

    expected = open_in(QUARTER, 1, 2, 3)
    whole, parts = aggregate(P90, days, expected, QUARTER), figure_of(P90, merged, expected, QUARTER)
    assert parts == whole or not days


def test_parts_of_other_edges_are_not_joined_but_said_to_be_mixed():
    before, after = (
        tally(P90, [one], QUARTER) for one in (counted("2026-02-15", 1, 2, 3), counted("2026-03-15", *[4] * 4))
    )

    for joined in (merge(before, after), merge(after, before)):
        assert (joined.edges, joined.sums, joined.is_mixed) == (NEW, {"hist": (4, 4, 4, 4)}, True)


def test_parts_of_the_same_edges_are_joined_bucket_by_bucket_and_nothing_has_no_edges():
    one, other = (tally(P90, [counted("2026-02-15", *counts)], QUARTER) for counts in ((1, 2, 3), (4, 5, 6)))
    nothing = tally(P90, [], QUARTER)

    assert nothing.edges is None
    assert merge(one, other).sums == {"hist": (5, 7, 9)}
    assert merge(nothing, one).sums == {"hist": (1, 2, 3)}


def test_a_percentile_beyond_the_last_edge_is_recomputed_like_that():
    days = [counted("2026-03-02", 1, 0, 0, 9)]

    judged = judge(P90, [target(20, "linear_lower", cap=120)], days, open_in(MARCH), MARCH, today=AFTER)

    assert (judged.assessment.value, judged.assessment.score, judged.assessment.status) == (20, 0, Status.BELOW_TARGET)
    assert recompute(judged.explanation()) == {"value": "20.00", "attainment": "0.0000", "score": "0.0000"}
