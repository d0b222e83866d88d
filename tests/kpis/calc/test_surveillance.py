"""Has the process changed: the shipped pair of mathematics §5.2, and its limits."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from kpis.calc.facts import Direction
from kpis.calc.surveillance import (
    Baseline,
    Day,
    Rule,
    Shape,
    Signal,
    Standing,
    learn,
    rolling,
    standing,
    unusual_days,
    watch,
)

FIRST = date(2026, 1, 5)
"""A Monday."""
BASELINE = 84
LEVEL = 0.82


def days_from(first: date, values: list[tuple[float, float]]) -> list[Day]:
    """Return consecutive days of (amount, volume)."""
    return [Day(first + timedelta(days=number), *pair) for number, pair in enumerate(values)]


def steady(count: int = BASELINE, hits: int = 820, cases: int = 1000, stray: int = 20) -> list[Day]:
    """Return days around a level that stray by turns, so that the spread is known."""
    return days_from(FIRST, [(hits + (stray if number % 2 else -stray), cases) for number in range(count)])


def usual(shape: Shape = Shape.SHARE, **options: object) -> Baseline:
    found = learn(steady(), until=FIRST + timedelta(days=BASELINE), shape=shape, **options)  # type: ignore[arg-type]
    assert found is not None
    return found


def after(values: list[float], cases: float = 1000) -> list[Day]:
    """Return the days after the baseline, by their shares."""
    return days_from(FIRST + timedelta(days=BASELINE), [(value * cases, cases) for value in values])


# The baseline ---------------------------------------------------------------------------------------


def test_it_says_nothing_under_28_days_and_is_learning_under_42() -> None:
    until = FIRST + timedelta(days=BASELINE)
    found = {count: learn(steady(BASELINE)[-count:], until=until, shape=Shape.SHARE) for count in (27, 28, 41, 42)}

    assert found[27] is None
    assert [found[count].is_learning for count in (28, 41, 42)] == [True, True, False]  # type: ignore[union-attr]


def test_it_leaves_out_what_is_left_out_what_had_no_volume_and_what_is_too_long_ago() -> None:
    days = [*steady(), Day(FIRST - timedelta(days=1), 0, 1000)]
    until = FIRST + timedelta(days=BASELINE)
    odd = {FIRST + timedelta(days=number): Day(FIRST + timedelta(days=number), 0, 1000) for number in (3, 4)}
    spoilt = [odd.get(day.date, day) for day in days] + [Day(FIRST, 0, 0)]

    found = learn(spoilt, until=until, shape=Shape.SHARE, left_out=set(odd))

    assert found is not None
    assert found.days == BASELINE - 2
    assert all(abs(value - LEVEL) < 0.01 for value in found.by_weekday)


def test_each_weekday_has_its_own_value_unless_it_has_too_few_days() -> None:
    days = [day for day in steady() if day.date.weekday() != 6 or day.date < FIRST + timedelta(days=28)]
    on_sundays = [Day(day.date, 500, 1000) if day.date.weekday() == 6 else day for day in days]

    found = learn(on_sundays, until=FIRST + timedelta(days=BASELINE), shape=Shape.SHARE)

    assert found is not None
    assert found.by_weekday[0] == pytest.approx(LEVEL)
    assert found.by_weekday[6] == pytest.approx(sum(d.amount for d in on_sundays) / (1000 * len(on_sundays)))


def test_the_spread_is_never_less_than_chance() -> None:
    calm = learn(steady(stray=0), until=FIRST + timedelta(days=BASELINE), shape=Shape.SHARE)

    assert calm is not None
    assert calm.spread == 1
    assert usual().spread > 1.5


def test_the_robust_spread_is_not_moved_by_a_few_freak_days() -> None:
    until = FIRST + timedelta(days=BASELINE)
    mondays = {FIRST + timedelta(days=7 * number) for number in (2, 6, 10)}
    straying = days_from(FIRST, [(820 + 10 * (number * 2 % 5 - 2), 1000) for number in range(BASELINE)])
    days = [Day(day.date, 600, 1000) if day.date in mondays else day for day in straying]
    plain, robust = (learn(days, until=until, shape=Shape.SHARE, robust=robust) for robust in (False, True))

    assert plain is not None
    assert robust is not None
    assert robust.spread < 2 < 3 < plain.spread


def test_what_never_happened_is_not_impossible() -> None:
    days = days_from(FIRST, [(0, 1000)] * BASELINE)
    found = learn(days, until=FIRST + timedelta(days=BASELINE), shape=Shape.SHARE)

    assert found is not None
    assert found.expected(FIRST) == pytest.approx(0.5 / 84_000)
    assert [row.rule for row in watch(found, after([0.0, 0.001, 0.002]), Direction.LOWER)] == [Rule.RARE]


# The signals ----------------------------------------------------------------------------------------


def test_a_usual_day_gives_no_signal() -> None:
    assert watch(usual(), after([0.80, 0.84, 0.82]), Direction.HIGHER) == []


def test_one_day_beyond_three_deviations_is_sudden_and_does_not_linger() -> None:
    found = watch(usual(), after([0.82, 0.60, 0.82, 0.82, 0.82, 0.82, 0.82]), Direction.HIGHER)

    assert [(row.date.day, row.rule, row.is_bad, row.is_onset) for row in found][:1] == [(31, Rule.SUDDEN, True, True)]
    assert sum(row.is_onset for row in found) == 1
    assert found[-1].date < FIRST + timedelta(days=BASELINE + 4), "a freak day is clipped"


def test_a_small_lasting_shift_is_a_drift() -> None:
    found = watch(usual(), after([0.79] * 10), Direction.HIGHER)

    assert found[0].rule is Rule.DRIFT
    assert [row.is_onset for row in found] == [True] + [False] * (len(found) - 1)
    assert found[0].smoothed < 0


def test_direction_says_which_side_is_bad() -> None:
    low = watch(usual(), after([0.60]), Direction.LOWER)
    high = watch(usual(), after([0.99]), Direction.LOWER)
    band = watch(usual(), after([0.99]), Direction.BAND)

    assert [row.is_bad for row in (*low, *high, *band)] == [False, True, True]
    assert low[0].distance > 3
    assert high[0].distance < -3


def test_the_same_signal_is_new_again_after_three_normal_days() -> None:
    gaps = {gap: watch(usual(), after([0.62, *[0.83] * gap, 0.62]), Direction.HIGHER) for gap in (2, 3)}
    sudden = {gap: [row.is_onset for row in rows if row.rule is Rule.SUDDEN] for gap, rows in gaps.items()}

    assert sudden == {2: [True, False], 3: [True, sum(row.rule is Rule.DRIFT for row in gaps[3]) == 0]}


def test_the_smoothed_line_begins_anew_after_its_alert_was_closed() -> None:
    values = [0.79] * 8
    on = FIRST + timedelta(days=BASELINE + 6)
    going_on = watch(usual(), after(values), Direction.HIGHER)
    anew = watch(usual(), after(values), Direction.HIGHER, restarted_on=on)

    assert going_on[-1].date == on + timedelta(days=1)
    assert anew[-1].date < on


def test_holidays_are_passed_over_and_so_is_the_day_after_a_long_one() -> None:
    seollal = {date(2026, 2, 16), date(2026, 2, 17), date(2026, 2, 18)}
    hangul = {date(2026, 10, 9)}
    liberation = {date(2026, 5, 5)}

    assert unusual_days(seollal) == seollal | {date(2026, 2, 19)}
    assert unusual_days(hangul) == hangul | {date(2026, 10, 12)}, "a Friday makes a long weekend"
    assert unusual_days(liberation) == liberation
    assert watch(usual(), after([0.60]), Direction.HIGHER, left_out={FIRST + timedelta(days=BASELINE)}) == []


def test_few_cases_are_judged_by_exact_tails() -> None:
    base = Baseline(Shape.SHARE, (0.05,) * 7, 1.0, BASELINE)

    def given(hits: int, cases: int) -> list[Signal]:
        return watch(base, [Day(FIRST, hits, cases)], Direction.LOWER)

    assert given(5, 30) == []
    assert [(row.rule, row.is_bad) for row in given(6, 30)] == [(Rule.RARE, True)]
    assert [row.rule for row in watch(base, [Day(FIRST, 6, 30)], Direction.ZERO)] == [Rule.RARE]
    assert base.is_rare(Day(FIRST, 0, 105))
    assert not base.is_rare(Day(FIRST, 0, 106))


def test_too_few_are_unusual_too() -> None:
    base = Baseline(Shape.SHARE, (0.95,) * 7, 1.0, BASELINE)

    assert [(row.rule, row.is_bad) for row in watch(base, [Day(FIRST, 24, 30)], Direction.HIGHER)] == [
        (Rule.RARE, True)
    ]


def test_means_are_held_against_their_own_spread() -> None:
    """Handling times need no sums of squares: days stray by 10 s at 1,000 calls, and by twice that at 250."""
    days = days_from(FIRST, [((240 + (10 if n % 2 else -10)) * 1000, 1000) for n in range(BASELINE)])
    base = learn(days, until=FIRST + timedelta(days=BASELINE), shape=Shape.MEAN)
    assert base is not None

    far = {cases: base.distance(Day(FIRST, 280 * cases, cases)) for cases in (1000, 250)}

    assert far[1000] == pytest.approx(2 * far[250])
    assert [row.rule for row in watch(base, after([280]), Direction.LOWER)] == [Rule.SUDDEN]
    assert not base.is_rare(Day(FIRST, 1, 1))


def test_a_mean_that_never_moved_says_nothing() -> None:
    days = days_from(FIRST, [(240, 1)] * BASELINE)
    base = learn(days, until=FIRST + timedelta(days=BASELINE), shape=Shape.MEAN)

    assert base is not None
    assert watch(base, after([500]), Direction.LOWER) == []


# What stands ----------------------------------------------------------------------------------------


def test_signals_stand_until_three_normal_days_have_passed() -> None:
    def stands(values: list[float]) -> Standing | None:
        days = after(values)
        signals = watch(usual(), days, Direction.HIGHER)
        return standing(signals, [day.date for day in days], is_bad=True)

    begun_on = FIRST + timedelta(days=BASELINE)

    assert stands([0.82] * 4) is None
    found = stands([0.60, 0.83, 0.83])
    assert found is not None
    assert (found.begun_on, found.is_sudden) == (begun_on, True)
    assert stands([0.60, *[0.83] * 9]) is None


def test_a_drift_stands_as_one_from_its_first_day_and_the_good_side_is_another() -> None:
    days = after([0.79] * 10)
    signals = watch(usual(), days, Direction.HIGHER)
    dates = [day.date for day in days]
    found = standing(signals, dates, is_bad=True)

    assert found is not None
    assert (found.begun_on, found.is_sudden) == (signals[0].date, False)
    assert standing(signals, dates, is_bad=False) is None


def test_the_farthest_day_tells_of_what_stands_though_the_newest_lies_on_the_other_side() -> None:
    days = after([0.78] * 8 + [0.83])
    signals = watch(usual(), days, Direction.HIGHER)
    found = standing(signals, [day.date for day in days], is_bad=True)

    assert found is not None
    assert found.worst.distance < 0


# Counts without a volume ----------------------------------------------------------------------------


def complaints(*on: int, days: int = 40) -> list[Day]:
    """Return consecutive days with one complaint on some of them."""
    return days_from(FIRST, [(float(number in on), 1) for number in range(days)])


def test_four_weeks_of_complaints_are_counted_together() -> None:
    """Half a complaint in four weeks is usual: the fourth within them alarms, and no longer once one has left."""
    baseline = Baseline(Shape.COUNT, (0.5 / 28,) * 7, 1, BASELINE)

    days = rolling(complaints(30, 37, 44, 51, days=70), FIRST + timedelta(days=27))
    found = watch(baseline, days, Direction.ZERO)

    assert [signal.date for signal in found] == [FIRST + timedelta(days=number) for number in range(51, 58)]
    assert {(signal.rule, signal.is_bad) for signal in found} == {(Rule.RARE, True)}


def test_four_weeks_begin_before_the_first_day_that_is_watched() -> None:
    days = complaints(3, 10, 17, 24)

    found = rolling(days, FIRST + timedelta(days=30))

    assert [(day.date.day, day.amount, day.volume) for day in found[:2]] == [(4, 4, 28), (5, 3, 28)]


def test_the_usual_count_is_a_days_mean_and_never_nothing() -> None:
    until = FIRST + timedelta(days=BASELINE)

    none = learn(complaints(days=BASELINE), until=until, shape=Shape.COUNT)
    some = learn(complaints(*range(0, BASELINE, 4), days=BASELINE), until=until, shape=Shape.COUNT)

    assert none is not None
    assert some is not None
    assert none.by_weekday == (0.5 / BASELINE,) * 7
    assert some.by_weekday == (0.25,) * 7
    assert (none.spread, some.spread) == (1, 1)


def test_events_in_clusters_alarm_later() -> None:
    until = FIRST + timedelta(days=BASELINE)
    spread = learn(complaints(*range(0, BASELINE, 4), days=BASELINE), until=until, shape=Shape.COUNT)
    at_once = days_from(FIRST, [(5.0 if number % 20 == 0 else 0.0, 1) for number in range(BASELINE)])
    clustered = learn(at_once, until=until, shape=Shape.COUNT)
    assert spread is not None
    assert clustered is not None
    assert clustered.spread > 2
    fortnight = [Day(until, 17, 28)]

    assert [len(watch(one, fortnight, Direction.ZERO)) for one in (spread, clustered)] == [1, 0]


def test_fewer_events_than_chance_gives_are_the_good_side() -> None:
    baseline = Baseline(Shape.COUNT, (0.5,) * 7, 1, BASELINE)

    found = watch(baseline, [Day(FIRST, 3, 28), Day(FIRST + timedelta(days=1), 14, 28)], Direction.ZERO)

    assert [(signal.rule, signal.is_bad) for signal in found] == [(Rule.RARE, False)]
