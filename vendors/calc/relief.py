"""What relief of external factors a contract agrees to: windows in business days, methods, and caps of a month."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, fields
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from vendors.calc.closing import ONE_DAY, business_day

DEFAULT_CLAIM_DAYS = 5
"""Business days after an event in which relief is claimed, where no terms say so (contract_mechanics §5)."""


@dataclass(frozen=True, slots=True)
class ReliefRules:
    """A contract's terms; null is "off", and null methods are all of them.

    ``most_days`` are queue-days of a month, ``most_points`` points of a KPI in per cent, ``most_share`` per cent of
    a KPI's volume of a month.
    """

    claim_days: int = DEFAULT_CLAIM_DAYS
    answer_days: int | None = None
    decision_days: int | None = None
    methods: tuple[str, ...] | None = None
    most_days: int | None = None
    most_points: Decimal | None = None
    most_share: Decimal | None = None

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> ReliefRules:
        """Return the rules of a stored document ``{"claim_days": 5, "most_points": "2.5", …}``."""
        known = {field.name for field in fields(cls)}
        values: dict[str, Any] = {name: value for name, value in document.items() if name in known}
        if "methods" in values:
            values["methods"] = tuple(values["methods"])
        for name in ("most_points", "most_share"):
            if name in values:
                values[name] = Decimal(values[name])
        return cls(**values)

    @property
    def has_caps(self) -> bool:
        return self.most_days is not None or self.most_points is not None or self.most_share is not None

    def allows(self, method: str) -> bool:
        """Say whether relief by this method is agreed."""
        return self.methods is None or method in self.methods


def within_business_days(day: date, number: int, holidays: Collection[date]) -> date:
    """Return the last day of ``number`` business days after ``day``."""
    return business_day(day + ONE_DAY, number, holidays)


def longest_window(number: int) -> timedelta:
    """Return within how many days after a day its ``number``-th business day lies, whatever the holidays."""
    return timedelta(days=30 + 3 * number)
