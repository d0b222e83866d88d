"""What state a queue-day is in: each is in exactly one."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class DayState(StrEnum):
    """State of a queue-day."""

    CLOSED = "closed"
    EXPECTED = "expected"
    REPORTED = "reported"
    CORRECTED = "corrected"
    LATE = "late"
    AWAITING = "awaiting"
    PARTIAL = "partial"
    MISSING = "missing"
    REJECTED = "rejected"


class ClosedBy(StrEnum):
    """Why nothing is expected on a queue-day."""

    NOT_OPENED = "not_opened"
    ENDED = "ended"
    WEEKDAY = "weekday"
    HOLIDAY = "holiday"
    EXCUSED = "excused"


COMPLETE = frozenset({DayState.REPORTED, DayState.CORRECTED, DayState.LATE})


@dataclass(frozen=True, slots=True)
class DayFacts:
    """What is known of one queue-day.

    ``measures`` are those reported, null where there is no row at all; ``asked`` those the contract asks of
    whoever reports; ``held`` those that wait for a second person's confirmation and count nowhere yet.
    """

    day: date
    today: date
    closed_by: ClosedBy | None
    measures: AbstractSet[str] | None
    asked: AbstractSet[str]
    is_corrected: bool = False
    is_late: bool = False
    is_refused: bool = False
    held: AbstractSet[str] = frozenset()

    @property
    def is_expected(self) -> bool:
        """Whether the day counts in ``days_expected``: open and over, or today once there is a row of it."""
        if self.closed_by is not None:
            return False
        return self.day < self.today or (self.day == self.today and self.measures is not None)

    @property
    def missing(self) -> AbstractSet[str]:
        """The measures that were asked for and are not there."""
        return self.asked - (self.measures or frozenset())

    @property
    def is_complete(self) -> bool:
        """Whether something was reported and nothing that was asked for is missing."""
        return bool(self.measures) and not self.missing

    @property
    def is_awaiting(self) -> bool:
        """Whether only a confirmation is wanting: of all the day has, or of all that it still lacks."""
        return bool(self.held) and (not self.measures or self.missing <= self.held)


def state_of(day: DayFacts) -> DayState:
    """Return the one state the queue-day is in; the first that fits, in this order.

    Figures on a closed day are kept and count, and the day stays closed.
    """
    if day.closed_by is not None:
        return DayState.CLOSED
    if day.is_complete:
        if day.is_late:
            return DayState.LATE
        return DayState.CORRECTED if day.is_corrected else DayState.REPORTED
    if day.is_awaiting:
        return DayState.AWAITING
    if day.measures:
        return DayState.PARTIAL
    if day.is_refused:
        return DayState.REJECTED
    return DayState.MISSING if day.is_expected else DayState.EXPECTED
