"""Small builders the tests of the arithmetic share."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

from hypothesis import strategies as st

from kpis.calc.facts import AttainmentMode, Direction, KpiRule, PeriodKind, QueueDay, TargetRule
from kpis.calc.judge import judge
from kpis.calc.periods import period_of

MARCH = period_of(PeriodKind.MONTH, date(2026, 3, 1))
AFTER = date(2026, 5, 1)
RATE = KpiRule("rate", "100 * hits / cases")
LOWER = replace(RATE, direction=Direction.LOWER)
_PLAIN = ("decimals", "tiers", "rounding", "below_minimum")


def target(level, mode="ratio", **fields):
    """Make a target; levels may be given as numbers or text."""
    values = {name: value if name in _PLAIN else Decimal(str(value)) for name, value in fields.items()}
    return TargetRule(target=Decimal(str(level)), mode=AttainmentMode(mode), **values)


def tiers(*rows):
    return tuple((None if edge is None else Decimal(edge), Decimal(score)) for edge, score in rows)


def day(number, queue=1, **measures):
    return QueueDay(queue, date(2026, 3, number), measures)


def open_in(period, *queues):
    return {queue: frozenset(period.dates()) for queue in queues or (1,)}


def decimals(low, high, places):
    """Draw every decimal of ``[low, high]`` with so many places; ``st.decimals`` takes ten times as long to."""
    scale = 10**places
    return st.integers(int(low * scale), int(high * scale)).map(lambda number: Decimal(number).scaleb(-places))


def judged(value, level, rule=RATE, today=AFTER, cases=10_000):
    """Judge a month in which ``value`` percent of the cases were hits."""
    days = [day(1, hits=Decimal(str(value)) * cases / 100, cases=cases)]
    return judge(rule, [level], days, {1: {date(2026, 3, 1)}}, MARCH, today=today).assessment
