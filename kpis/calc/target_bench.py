"""Replaying a proposed level on months that are over: how often it would have been met, and the closest miss."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from kpis.calc.facts import Status

_TELLING = frozenset({Status.MET, Status.BELOW_TARGET, Status.BELOW_MINIMUM})


@dataclass(frozen=True, slots=True)
class Replay:
    """One month judged anew. ``value`` is null where nothing was reported or nothing happened.

    ``attainment`` is on the 0–100 scale (100 = on target) against the proposed level.
    """

    month: date
    value: Decimal | None
    attainment: Decimal | None
    status: Status | None
    status_now: Status | None

    @property
    def is_met(self) -> bool:
        return self.status == Status.MET

    @property
    def was_met(self) -> bool:
        return self.status_now == Status.MET

    @property
    def is_known(self) -> bool:
        """Whether it can be told: reported, with volume enough, and over."""
        return self.status in _TELLING


@dataclass(frozen=True, slots=True)
class Tally:
    """How often a level was met in the months that can be told, by today's target and by the proposed one."""

    known: int
    met: int
    met_now: int
    closest_miss: Replay | None


def tally(months: Sequence[Replay]) -> Tally:
    """Count the months that can be told; the closest miss has the highest attainment, of equals it is the latest."""
    known = [one for one in months if one.is_known]
    missed = [(one.attainment, one.month, one) for one in known if not one.is_met and one.attainment is not None]
    closest = max(missed)[2] if missed else None
    return Tally(len(known), sum(one.is_met for one in known), sum(one.was_met for one in known), closest)
