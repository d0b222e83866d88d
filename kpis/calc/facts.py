"""The words of the arithmetic: plain values that go in and come out. No Django, no clock, no I/O."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any, NamedTuple

Number = int | Decimal
Value = int | Decimal | tuple[int, ...]
"""One reported value: a whole number, a decimal, or the bucket counts of a histogram."""


class Rollup(StrEnum):
    """How a measure adds up over days and queues (design §4.2)."""

    ADDITIVE = "additive"
    STOCK = "stock"
    CALENDAR = "calendar"
    HISTOGRAM = "histogram"


class Direction(StrEnum):
    """Which way is better."""

    HIGHER = "higher"
    LOWER = "lower"
    BAND = "band"
    ZERO = "zero"
    INFO = "info"


class PeriodKind(StrEnum):
    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"


class AttainmentMode(StrEnum):
    """How a value is held against its target (mathematics §4.1)."""

    RATIO = "ratio"
    LINEAR_LOWER = "linear_lower"
    INVERSE = "inverse"
    COMPLEMENT = "complement"
    INTERPOLATE = "interpolate"
    TIERS = "tiers"
    BAND = "band"
    ZERO = "zero"


class Rounding(StrEnum):
    HALF_UP = "half_up"
    TRUNCATE = "truncate"


class BelowMinimum(StrEnum):
    """What interpolation gives beyond the minimum: nothing, or a slide from it to zero."""

    ZERO = "zero"
    SLIDE = "slide"


class Status(StrEnum):
    """State of a figure; the first that fits, in this order (design §4.4)."""

    NO_DATA = "no_data"
    NO_VOLUME = "no_volume"
    PROVISIONAL = "provisional"
    LOW_VOLUME = "low_volume"
    BELOW_MINIMUM = "below_minimum"
    BELOW_TARGET = "below_target"
    MET = "met"


class MissingDays(StrEnum):
    """What an unreported open day counts as (design §4.3)."""

    EXCLUDE = "exclude"
    MINIMUM = "minimum"
    ZERO = "zero"


class QueueDay(NamedTuple):
    """What one queue reported for one day: the unit of completeness.

    ``is_month`` marks a month total of closed history; its ``date`` is the first of that month.
    A measure that is absent was not reported, which is not zero.
    """

    queue: int
    date: date
    measures: Mapping[str, Value]
    is_month: bool = False


@dataclass(frozen=True, slots=True)
class Edges:
    """The upper bucket edges of a histogram, in force from a date on (null: for ever back); the last bucket is open."""

    bounds: tuple[Decimal, ...]
    version: str = ""
    valid_from: date | None = None


@dataclass(frozen=True, slots=True)
class KpiRule:
    """The arithmetic of one KPI version.

    ``aggregation`` is one of the catalogue's kinds, percentiles as ``percentile:90``. ``bounds`` are
    hard outer limits (low, high). ``min_volume`` counts ``min_measure``, or the denominator if null.
    """

    code: str
    formula: str
    aggregation: str = "ratio_of_sums"
    direction: Direction = Direction.HIGHER
    decimals: int = 2
    min_volume: Decimal = Decimal(0)
    min_measure: str | None = None
    sampled: bool = False
    settle_days: int = 0
    bounds: tuple[Decimal | None, Decimal | None] = (None, None)
    rollups: Mapping[str, Rollup] = field(default_factory=dict)
    edges: tuple[Edges, ...] = ()
    """The versions of its histogram's edges, the first one first; none where it is no percentile."""
    derived: dict[str, Any] = field(default_factory=dict, init=False, repr=False, compare=False)
    """What the arithmetic has worked out about the rule itself, once for all the figures it is used for."""


@dataclass(frozen=True, slots=True)
class TargetRule:
    """One version of a target: the levels and how a value is scored against them.

    Levels are on the KPI's own scale; ``minimum``/``minimum_upper`` and ``target``/``target_upper`` are
    the outer and inner band where the mode is ``band``. ``tiers`` are rows (from, score), highest first;
    a row from None is the open one below all others.
    """

    target: Decimal
    minimum: Decimal | None = None
    stretch: Decimal | None = None
    target_upper: Decimal | None = None
    minimum_upper: Decimal | None = None
    mode: AttainmentMode = AttainmentMode.RATIO
    score_at_minimum: Decimal = Decimal(60)
    score_at_target: Decimal = Decimal(100)
    score_at_stretch: Decimal = Decimal(120)
    below_minimum: BelowMinimum = BelowMinimum.ZERO
    step: Decimal | None = None
    tiers: tuple[tuple[Decimal | None, Decimal], ...] = ()
    cap: Decimal | None = None
    decimals: int = 2
    rounding: Rounding = Rounding.HALF_UP
    valid_from: date | None = None
    valid_until: date | None = None
