from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kpis.calc.aggregation import Tally, aggregate, figure_of, merge, tally
from kpis.calc.daytable import DayTable
from kpis.calc.facts import Edges, KpiRule, PeriodKind, QueueDay, Rollup
from kpis.calc.periods import period_of
from tests.kpis.calc.figures import decimals

MARCH = period_of(PeriodKind.MONTH, date(2026, 3, 1))
SERVICE_LEVEL = KpiRule("service_level", "100 * answered_within_threshold / offered")
BACKLOG_DAYS = KpiRule(
    "bo_backlog_days",
    "work_open_end * calendar_days / work_completed",
    "flow_over_end_stock",
    rollups={"work_open_end": Rollup.STOCK, "calendar_days": Rollup.CALENDAR},
)
HEADCOUNT = KpiRule("headcount_eop", "headcount_end", "last", rollups={"headcount_end": Rollup.STOCK})
FTE = KpiRule("fte_average", "fte_days / calendar_days", "time_average", rollups={"calendar_days": Rollup.CALENDAR})
TAT_EDGES = tuple(Decimal(edge) for edge in (0, 1, 2, 4, 8, 12, 24, 36, 48, 72, 120, 168, 336))
TAT = KpiRule("tat_p90", "hist", "percentile:90", rollups={"hist": Rollup.HISTOGRAM}, edges=(Edges(TAT_EDGES),))


def day(number, queue=1, **measures):
    return QueueDay(queue, date(2026, 3, number), measures)


def month_row(queue=1, first=date(2026, 3, 1), **measures):
    return QueueDay(queue, first, measures, is_month=True)


def open_in(period, *queues):
    return {queue: frozenset(period.dates()) for queue in queues or (1,)}


def value_of(rule, *days, period=MARCH, expected=None):
    return aggregate(rule, days, expected or open_in(period), period).value


class TestPooling:
    def test_it_pools_two_days_instead_of_averaging_them(self):
        days = [
            day(1, answered_within_threshold=950, offered=1000),
            day(2, answered_within_threshold=2880, offered=4000),
        ]

        assert value_of(SERVICE_LEVEL, *days) == Decimal("76.60")

    def test_it_sums_forecast_errors_that_were_taken_at_their_own_grain(self):
        # Five intervals of 610 forecast and 610 offered in all, off by 74 in sum: no error of the totals, 12.13 %.
        wape = KpiRule("forecast_wape", "100 * forecast_abs_error / offered")
        days = [
            day(n, forecast_abs_error=error, offered=offered)
            for n, error, offered in [(1, 20, 120), (2, 14, 130), (3, 10, 110), (4, 20, 150), (5, 10, 100)]
        ]

        assert round(value_of(wape, *days), 2) == Decimal("12.13")

    def test_it_shows_what_one_leaver_of_a_small_team_does_to_a_rate(self):
        attrition = KpiRule("attrition_monthly", "100 * (365 / 12) * leavers / headcount_days", "person_time_rate")
        days = [day(n, leavers=int(n == 1), headcount_days=12) for n in range(1, 31)]

        assert round(value_of(attrition, *days), 2) == Decimal("8.45")

    def test_it_pools_two_centres(self):
        days = [
            day(1, 1, answered_within_threshold=7380, offered=9000),
            day(1, 2, answered_within_threshold=600, offered=1000),
        ]

        assert value_of(SERVICE_LEVEL, *days) == Decimal("79.8")

    def test_it_pools_handle_times_by_calls(self):
        aht = KpiRule("aht", "(talk_s + hold_s + acw_s) / answered")
        days = [day(1, talk_s=60_000, hold_s=0, acw_s=0, answered=200)]
        days += [day(2, talk_s=200_000, hold_s=10_000, acw_s=30_000, answered=1000)]

        assert value_of(aht, *days) == 250

    def test_it_rolls_months_up_to_a_quarter(self):
        quarter = period_of(PeriodKind.QUARTER, date(2026, 1, 1))
        months = [(1, 30_000, 24_600), (2, 20_000, 15_600), (3, 50_000, 38_000)]
        days = [
            month_row(first=date(2026, month, 1), offered=offered, answered_within_threshold=hits)
            for month, offered, hits in months
        ]

        figure = aggregate(SERVICE_LEVEL, days, open_in(quarter), quarter)

        assert figure.value == Decimal("78.2")
        assert figure.flags == ("month_rows",)

    @pytest.mark.parametrize(
        ("formula", "value"),
        [
            ("100 * answered_in / answered", "86.00"),
            ("100 * (answered_in + abandoned_in) / offered", "83.02"),
            ("100 * answered_in / (offered - abandoned_in)", "82.69"),
            ("100 * (answered_in + short) / offered", "82.08"),
            ("100 * answered_in / (offered - short)", "81.90"),
            ("100 * answered_in / offered", "81.13"),
        ],
    )
    def test_it_computes_each_definition_of_service_level(self, formula, value):
        one_day = day(1, answered=1000, offered=1060, answered_in=860, abandoned_in=20, short=10)

        assert f"{value_of(KpiRule('sl', formula), one_day):.2f}" == value

    @pytest.mark.parametrize(
        ("formula", "measures", "value"),
        [
            ("100 * (365 / 12) * leavers / headcount_days", {"leavers": 4, "headcount_days": 2940}, "4.138"),
            ("100 * 365 * leavers / headcount_days", {"leavers": 4, "headcount_days": 2940}, "49.660"),
            ("100 * (365 / 12) * leavers / headcount_days", {"leavers": 1, "headcount_days": 360}, "8.449"),
            ("100 * (p - d) / n", {"p": 75, "d": 30, "n": 150}, "30.000"),
        ],
    )
    def test_it_computes_person_time_rates_and_nps(self, formula, measures, value):
        assert f"{value_of(KpiRule('kpi', formula), day(1, **measures)):.3f}" == value

    def test_it_keeps_a_reversal_of_weekday_and_weekend_apart_from_the_whole(self):
        # X is better on both kinds of day, worse overall, because it carries mostly weekends.
        ours = [
            day(2, offered=2000, answered_within_threshold=1800),
            day(7, offered=8000, answered_within_threshold=5600),
        ]
        theirs = [
            day(2, offered=8000, answered_within_threshold=7040),
            day(7, offered=2000, answered_within_threshold=1360),
        ]

        assert value_of(SERVICE_LEVEL, *ours) == 74
        assert value_of(SERVICE_LEVEL, *theirs) == 84

    def test_it_sums_decimals_of_any_length_exactly(self):
        cost = KpiRule("cost", "fee")
        fees = [Decimal("123456789012345678.000001"), Decimal("0.000009"), Decimal(-1)]

        figure = aggregate(cost, [day(i + 1, fee=fee) for i, fee in enumerate(fees)], open_in(MARCH), MARCH)

        assert figure.sums["fee"] == Decimal("123456789012345677.000010")


class TestCompleteness:
    def test_it_leaves_a_day_with_a_missing_measure_out_of_both_sides(self):
        days = [
            day(1, answered_within_threshold=90, offered=100),
            day(2, offered=900),
            day(3, answered_within_threshold=5, offered=None),
        ]

        figure = aggregate(SERVICE_LEVEL, days, {1: {date(2026, 3, n) for n in (1, 2, 3, 4)}}, MARCH)

        assert figure.value == 90
        assert (figure.days_expected, figure.days_reported, figure.missing_count) == (4, 1, 3)
        assert figure.missing == ((1, date(2026, 3, 2)), (1, date(2026, 3, 3)), (1, date(2026, 3, 4)))

    def test_it_tells_nothing_reported_from_nothing_to_count(self):
        nothing = aggregate(SERVICE_LEVEL, [], open_in(MARCH), MARCH)
        quiet = aggregate(SERVICE_LEVEL, [day(1, answered_within_threshold=0, offered=0)], open_in(MARCH), MARCH)

        assert (nothing.value, nothing.has_reported) == (None, False)
        assert (quiet.value, quiet.has_reported, quiet.volume) == (None, True, 0)

    def test_it_says_no_data_not_zero_for_a_sum_without_reports(self):
        assert aggregate(KpiRule("incidents", "incidents", "sum"), [], open_in(MARCH), MARCH).value is None

    def test_it_counts_a_report_of_a_closed_day_but_never_more_than_expected(self):
        days = [day(1, answered_within_threshold=1, offered=2), day(2, answered_within_threshold=1, offered=2)]

        figure = aggregate(SERVICE_LEVEL, days, {1: {date(2026, 3, 1)}}, MARCH)

        assert (figure.volume, figure.days_expected, figure.days_reported) == (4, 1, 1)

    def test_it_ignores_days_outside_the_period(self):
        days = [QueueDay(1, date(2026, 4, 1), {"answered_within_threshold": 0, "offered": 50})]
        days += [day(31, answered_within_threshold=9, offered=10)]
        expected = {1: {date(2026, 3, 31), date(2026, 4, 1)}}

        figure = aggregate(SERVICE_LEVEL, days, expected, MARCH)

        assert (figure.value, figure.days_expected) == (90, 1)

    def test_it_counts_volume_and_the_minimum_measure(self):
        asa = KpiRule("asa", "wait_s / answered", min_measure="contacts")
        days = [day(1, wait_s=100, answered=10, contacts=12), day(2, wait_s=100, answered=10)]

        figure = aggregate(asa, days, open_in(MARCH), MARCH)

        assert (figure.volume, figure.n) == (20, 12)

    def test_it_takes_the_days_as_volume_where_nothing_is_divided(self):
        figure = aggregate(KpiRule("incidents", "incidents", "sum"), [day(1, incidents=0)], open_in(MARCH), MARCH)

        assert (figure.value, figure.volume, figure.n) == (0, 1, 1)


class TestMonthRows:
    def test_it_counts_a_month_total_as_all_its_open_days(self):
        weekdays = {day for day in MARCH.dates() if day.weekday() < 5}

        figure = aggregate(SERVICE_LEVEL, [month_row(answered_within_threshold=80, offered=100)], {1: weekdays}, MARCH)

        assert (figure.value, figure.month_rows) == (80, True)
        assert figure.days_reported == figure.days_expected == 22

    @pytest.mark.parametrize("kind", ["day", "week"])
    def test_it_keeps_month_totals_out_of_days_and_weeks(self, kind):
        period = period_of(PeriodKind(kind), date(2026, 3, 1))

        figure = aggregate(
            SERVICE_LEVEL, [month_row(answered_within_threshold=80, offered=100)], open_in(period), period
        )

        assert not figure.has_reported

    def test_it_gives_a_month_total_its_calendar_days(self):
        weekdays = {day for day in MARCH.dates() if day.weekday() < 5}

        assert aggregate(FTE, [month_row(fte_days=220)], {1: weekdays}, MARCH).value == 10
        assert aggregate(FTE, [month_row(fte_days=310)], {}, MARCH).value == 10


class TestRollups:
    def test_it_takes_each_queues_last_complete_day_of_a_stock(self):
        days = [
            day(1, 1, headcount_end=10),
            day(3, 1, headcount_end=12),
            day(2, 2, headcount_end=5),
            day(4, 2, other=1),
        ]

        figure = aggregate(HEADCOUNT, days, open_in(MARCH, 1, 2), MARCH)

        assert (figure.value, figure.flags) == (17, ())

    def test_the_stock_of_the_later_day_stands_whichever_part_is_joined_first(self):
        period = period_of(PeriodKind.MONTH, date(2026, 3, 1))
        parts = [
            tally(HEADCOUNT, [QueueDay(1, date(2026, 3, day), {"headcount_end": day})], period) for day in (30, 31)
        ]

        for joined in (merge(*parts), merge(*reversed(parts))):
            assert joined.stocks == {1: (date(2026, 3, 31), {"headcount_end": 31})}

    def test_it_flags_a_stock_that_lacks_a_queue(self):
        figure = aggregate(HEADCOUNT, [day(1, 1, headcount_end=10)], open_in(MARCH, 1, 2), MARCH)

        assert (figure.value, figure.flags) == (10, ("incomplete_stock",))

    def test_it_takes_a_month_total_of_a_stock_as_the_end_of_its_month(self):
        quarter = period_of(PeriodKind.QUARTER, date(2026, 3, 1))
        days = [month_row(headcount_end=20), QueueDay(1, date(2026, 2, 28), {"headcount_end": 3})]

        assert value_of(HEADCOUNT, *days, period=quarter) == 20

    def test_it_counts_calendar_days_once_however_many_queues(self):
        days = [day(n, queue, fte_days=5) for n in (1, 2, 3) for queue in (1, 2)]

        assert aggregate(FTE, days, open_in(MARCH, 1, 2), MARCH).value == 10

    def test_it_doubles_like_the_definition(self):
        one = [day(n, 1, work_open_end=40, work_completed=10) for n in (1, 2)]
        two_centres = [*one, *(day(n, 2, work_open_end=40, work_completed=10) for n in (1, 2))]
        two_spells = [day(n, 1, work_open_end=40, work_completed=10) for n in (1, 2, 3, 4)]

        assert (
            value_of(BACKLOG_DAYS, *one) == value_of(BACKLOG_DAYS, *two_centres) == value_of(BACKLOG_DAYS, *two_spells)
        )

    def test_it_reads_a_percentile_from_the_merged_buckets(self):
        days = [day(1, 1, hist=(0, 0, 0, 50, 30, 10, 0, 0, 0, 0, 0, 0, 0)), day(1, 2, hist=(0,) * 9 + (10, 0, 0, 0))]

        figure = aggregate(TAT, days, open_in(MARCH, 1, 2), MARCH)

        # 100 items, 90 of them up to the edge 24.
        assert (figure.value, figure.volume) == (24, 100)


TINY = Decimal("1E-25")
KPIS = (SERVICE_LEVEL, BACKLOG_DAYS, HEADCOUNT, FTE, TAT)
NAMES = ("answered_within_threshold", "offered", "work_open_end", "work_completed", "headcount_end", "fte_days")
numbers = st.none() | st.integers(0, 10**6) | decimals(0, 10**6, places=3)
documents = st.fixed_dictionaries(
    dict.fromkeys(NAMES, numbers)
    | {
        "hist": st.none()
        | st.binary(min_size=13, max_size=13).map(lambda counts: tuple(count % 51 for count in counts))
    }
)
reports = st.dictionaries(st.tuples(st.integers(1, 4), st.integers(1, 28)), documents, max_size=14).map(
    lambda rows: [day(number, queue, **measures) for (queue, number), measures in rows.items()]
)


class TestParts:
    def test_it_adds_counts_and_takes_the_later_stock_of_each_queue(self):
        days = [
            day(3, 1, work_open_end=9, work_completed=30),
            day(4, 1, work_open_end=5, work_completed=20),
            day(2, 2, work_open_end=7, work_completed=10),
        ]
        first, second, third = (tally(BACKLOG_DAYS, [one], MARCH) for one in days)

        for joined in (merge(merge(first, second), third), merge(third, merge(second, first))):
            found = figure_of(BACKLOG_DAYS, joined, open_in(MARCH, 1, 2), MARCH)
            assert found == aggregate(BACKLOG_DAYS, days, open_in(MARCH, 1, 2), MARCH)


class TestProperties:
    @given(reports, st.sampled_from(KPIS), st.randoms(use_true_random=False), st.integers(1, 5))
    def test_it_gives_the_same_figure_for_any_partition_and_order(self, days, rule, chance, parts):
        expected = open_in(MARCH, 1, 2, 3, 4)
        chunks = [[] for _ in range(parts)]
        for one in chance.sample(days, len(days)):
            chance.choice(chunks).append(one)

        merged = Tally()
        for chunk in chunks:
            merged = merge(merged, tally(rule, chunk, MARCH))

        whole = aggregate(rule, days, expected, MARCH)
        in_parts = figure_of(rule, merged, expected, MARCH)
        assert (in_parts.value, in_parts.volume, in_parts.n) == (whole.value, whole.volume, whole.n)
        assert in_parts.missing == whole.missing
        if whole.has_reported:
            assert in_parts == whole

    @given(reports, st.sampled_from(KPIS), st.randoms(use_true_random=False))
    def test_it_does_not_matter_in_which_order_days_come(self, days, rule, chance):
        shuffled = chance.sample(days, len(days))

        assert aggregate(rule, shuffled, open_in(MARCH, 1), MARCH) == aggregate(rule, days, open_in(MARCH, 1), MARCH)

    @given(reports)
    def test_it_keeps_a_quotient_and_doubles_a_sum_when_every_queue_is_there_twice(self, days):
        twice = [*days, *(QueueDay(one.queue + 10, one.date, one.measures) for one in days)]
        expected = open_in(MARCH, *{one.queue for one in twice})
        for rule, times in ((SERVICE_LEVEL, 1), (BACKLOG_DAYS, 1), (HEADCOUNT, 2), (FTE, 2)):
            single = aggregate(rule, days, expected, MARCH).value
            doubled = aggregate(rule, twice, expected, MARCH).value
            assert doubled == single if single is None else abs(doubled - single * times) <= abs(single) * TINY


class TestSpeed:
    def test_it_shares_the_columns_of_one_reading(self):
        reads = []

        class Watched(dict):
            def get(self, code, default=None):
                reads.append(code)
                return super().get(code, default)

        rows = [QueueDay(1, date(2026, 3, n), Watched(answered_within_threshold=1, offered=2)) for n in range(1, 11)]
        table = DayTable(rows)
        for kpi in ("100 * answered_within_threshold / offered", "offered", "answered_within_threshold / offered"):
            aggregate(KpiRule("kpi", kpi), table, open_in(MARCH), MARCH)

        assert len(reads) == 20
