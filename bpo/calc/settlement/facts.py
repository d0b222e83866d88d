"""What a settlement reads of a month, and the steps it leaves behind."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

from bpo.calc.grades import DEFAULT_GRADES, GradeTable


class Outcome(StrEnum):
    """What a KPI's month is to the scheme by KPI. Only ``default`` is reduced; ``met`` ends a chain of defaults."""

    DEFAULT = "default"
    MET = "met"
    NOT_REPORTED = "not_reported"
    NO_VOLUME = "no_volume"
    LOW_VOLUME = "low_volume"
    EXCUSED = "excused"
    CARRIED = "carried"
    NO_MINIMUM = "no_minimum"


@dataclass(frozen=True, slots=True)
class LineFact:
    """One KPI of the card as it was judged: ``value`` after relief, rounded; the status words are the card's.

    ``is_lower_better`` is null where no direction says which side of the minimum is the bad one.
    """

    kpi: str
    queue: str | None
    value: Decimal | None
    minimum: Decimal | None
    is_lower_better: bool | None
    status: str
    is_excused: bool = False

    def outcome(self, *, is_over: bool) -> Outcome:
        """Return what the month is to the scheme; what was not reported is a default once the month is over."""
        if self.is_excused:
            return Outcome.EXCUSED
        if self.status in (Outcome.NO_VOLUME, Outcome.LOW_VOLUME, Outcome.CARRIED):
            return Outcome(self.status)
        if self.value is None:
            return Outcome.DEFAULT if is_over else Outcome.NOT_REPORTED
        if self.minimum is None or self.is_lower_better is None:
            return Outcome.NO_MINIMUM
        is_bad = self.value > self.minimum if self.is_lower_better else self.value < self.minimum
        return Outcome.DEFAULT if is_bad else Outcome.MET


def _alike(line: LineFact) -> Decimal:
    return Decimal(0)


Chains = Mapping[tuple[str, str | None], int]
"""By KPI and queue, how many months before this one were defaults in a row."""


@dataclass(frozen=True, slots=True)
class MonthFacts:
    """A month as its card has it. ``volumes`` are the month totals of measures; one that is unknown is not there."""

    score: Decimal | None
    grade: str
    grades: GradeTable = DEFAULT_GRADES
    has_incentive: bool = True
    lines: Sequence[LineFact] = ()
    volumes: Mapping[str, Decimal] = field(default_factory=dict)
    chains: Chains = field(default_factory=dict)
    is_over: bool = True

    def line(self, kpi: str, queue: str | None, severity: Callable[[LineFact], Decimal] = _alike) -> LineFact | None:
        """Return the line of a KPI: that of the queue, or the pooled one; of queues alone all are looked at.

        A card may judge a KPI twice: as the month before carried it here, and as the month itself came to. The worst
        judged is returned, of defaults the one that costs most by ``severity``; what counts next month is not judged.
        """
        mine = [line for line in self.lines if line.kpi == kpi]
        named = [line for line in mine if line.queue == queue]
        found = named if named or queue is not None else mine
        judged = [line for line in found if line.status != Outcome.CARRIED]
        order = list(Outcome)
        return min(
            judged or found,
            key=lambda line: (order.index(line.outcome(is_over=self.is_over)), -severity(line)),
            default=None,
        )


@dataclass(frozen=True, slots=True)
class Step:
    """One step: its ``code``, what it is about, what went in, and the exact amount that came out (null: none)."""

    code: str
    about: str = ""
    inputs: Mapping[str, Decimal | str | None] = field(default_factory=dict)
    amount: Decimal | None = None


def chain_of(outcomes: Iterable[Outcome | None]) -> int:
    """Return how many months, the latest first, were defaults in a row.

    A month that was met ends the chain; an excused one, one without volume and one without a card (null) neither
    count nor end it.
    """
    count = 0
    for outcome in outcomes:
        if outcome is Outcome.MET:
            break
        count += outcome is Outcome.DEFAULT
    return count
